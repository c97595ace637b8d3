"""A classifier of single pixels, which learns in seconds from the first scribbles."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from notebook_seg.errors import MaskError, TrainingError
from notebook_seg.labelling.pixel_features import PixelFeatures, labels_in, shrink_labels
from notebook_seg.labelling.upsampling import upsample_labels, upsample_probabilities

if TYPE_CHECKING:
    from sklearn.ensemble import RandomForestClassifier

__all__ = ["PixelClassifier", "PixelSample"]

Picture = npt.NDArray[np.uint8]
Values = npt.NDArray[np.float32]

# Of one picture, and by one tree: more teach hardly more, and cost seconds.
_SAMPLED = 2000
_LEARNED_FROM = 8000
_TREES = 50
_SMALLEST_LEAF = 2


@dataclass(frozen=True)
class PixelSample:
    """Some pixels of one picture whose labels are known.

    Parameters
    ----------
    features : array (N, F) of float32
    labels : array (N,) of uint8
    weight : float, optional
        How much each of the pixels counts.
    """

    features: Values
    labels: npt.NDArray[np.uint8]
    weight: float = 1.0


class PixelClassifier:
    """Says of each pixel which class it shows, by how it and its surroundings look.

    Parameters
    ----------
    n_classes : int
        How many classes there are, background included.
    features : PixelFeatures, optional
        What computes the features of a picture; one that is shared is computed once.
    seed : int, optional
        Decides which pixels are sampled and how the trees grow.

    Notes
    -----
    A random forest on features at several scales, the way of ilastik. [1]_ It works at a bounded
    size, so that a large photograph takes no longer than a small one, and the result follows the
    edges of the photograph at full size.

    References
    ----------
    .. [1] Berg et al., "ilastik: interactive machine learning for (bio)image analysis", Nature
       Methods 16, 2019, doi 10.1038/s41592-019-0582-9

    Examples
    --------
    >>> image = np.zeros((60, 80, 3), np.uint8)
    >>> image[20:40, 20:60] = (200, 40, 40)
    >>> scribbles = np.full((60, 80), 255, np.uint8)
    >>> scribbles[30, 25:55], scribbles[5, 5:75] = 1, 0
    >>> classifier = PixelClassifier(n_classes=2).fit([(image, scribbles)])
    >>> found = classifier.labels(image)
    >>> int(found[30, 40]), int(found[50, 70])
    (1, 0)
    """

    def __init__(
        self, n_classes: int, features: PixelFeatures | None = None, seed: int = 0
    ) -> None:
        self.n_classes = n_classes
        self._features = features or PixelFeatures()
        self._seed = seed
        self._forest: RandomForestClassifier | None = None

    def fit(self, samples: Iterable[tuple[Picture, Picture]]) -> "PixelClassifier":
        """Learn from pictures with some or all of their pixels labelled.

        Parameters
        ----------
        samples : iterable of (image, labels)
            Photograph (H, W, 3) uint8 and class indexes (H, W) uint8, 255 where not known.

        Raises
        ------
        TrainingError
            If fewer than two different labels are there.
        MaskError
            If labels and photograph differ in size.
        """
        return self.learn([self.sample(image, labels) for image, labels in samples])

    def sample(self, image: Picture, labels: Picture) -> PixelSample:
        """Choose pixels of one picture to learn from; the arguments are those of `fit`.

        Raises
        ------
        MaskError
            If labels and photograph differ in size.
        """
        if labels.shape != image.shape[:2]:
            raise MaskError(
                "Labels have the height and width of their photograph. "
                f"Received: {labels.shape} for {image.shape[:2]}"
            )
        features = self._features.of(image)
        small = shrink_labels(labels, features.shape[:2]).ravel()
        chosen = _choose(small, np.random.default_rng(self._seed))
        return PixelSample(features.reshape(len(small), -1)[chosen], small[chosen])

    def learn(self, samples: Iterable[PixelSample]) -> "PixelClassifier":
        """Learn from pixels that `sample` has chosen.

        Raises
        ------
        TrainingError
            If fewer than two different labels are there.
        """
        # Here and not above: it takes a second, and a labeller is to open at once.
        from sklearn.ensemble import RandomForestClassifier

        kept = [sample for sample in samples if len(sample.labels)]
        labels = np.concatenate([sample.labels for sample in kept] or [np.empty(0, np.uint8)])
        said = np.unique(labels)
        if len(said) < 2:
            raise TrainingError(
                "Nothing to tell apart: pixels of at least two labels are needed, such as some of "
                f"a specimen and some of the background. Received: {len(said)}"
            )
        features = np.concatenate([sample.features for sample in kept])
        weights = np.concatenate([np.full(len(sample.labels), sample.weight) for sample in kept])
        share = min(1.0, _LEARNED_FROM / len(labels))
        forest = RandomForestClassifier(
            _TREES,
            min_samples_leaf=_SMALLEST_LEAF,
            max_samples=share,
            n_jobs=-1,
            random_state=self._seed,
        )
        self._forest = forest.fit(features, labels, weights)
        return self

    def probabilities(self, image: Picture) -> Values:
        """Return how probable each class is at each pixel.

        Parameters
        ----------
        image : array (H, W, 3) of uint8

        Returns
        -------
        array (H, W, C) of float32
            0 to 1; a class that was in no sample has 0.

        Raises
        ------
        TrainingError
            If nothing was learned yet.
        """
        return upsample_probabilities(self.working_probabilities(image), image)

    def labels(self, image: Picture) -> Picture:
        """Return the most probable class (H, W) uint8 of each pixel; see `probabilities`."""
        return upsample_labels(self.working_probabilities(image), image)

    def working_probabilities(self, image: Picture) -> Values:
        """Return the probabilities (h, w, C) at the size it works at; see `probabilities`."""
        if self._forest is None:
            raise TrainingError("The pixel classifier has not learned anything yet: call fit first")
        features = self._features.of(image)
        height, width, count = features.shape
        known = self._forest.predict_proba(features.reshape(-1, count))
        found = np.zeros((height * width, self.n_classes), np.float32)
        found[:, self._forest.classes_] = known
        return found.reshape(height, width, self.n_classes)


def _choose(labels: npt.NDArray[np.uint8], random: np.random.Generator) -> npt.NDArray[np.int64]:
    """Return places of known pixels, each class by the square root of how many it has.

    By its number a rare class would be left out, and in equal parts it would be seen everywhere.
    """
    places = {label: np.flatnonzero(labels == label) for label in labels_in(labels)}
    roots = {label: len(found) ** 0.5 for label, found in places.items()}
    wanted = {label: _SAMPLED * root / sum(roots.values()) for label, root in roots.items()}
    chosen = [
        random.choice(found, min(len(found), math.ceil(wanted[label])), replace=False)
        for label, found in places.items()
    ]
    return np.concatenate(chosen) if chosen else np.empty(0, np.int64)
