"""A pixel classifier that keeps up with a dataset while it is being labelled."""

from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from notebook_seg.data.dataset import Dataset
from notebook_seg.errors import NotebookSegError
from notebook_seg.labelling.pixel_classifier import PixelClassifier, PixelSample
from notebook_seg.labelling.pixel_features import PixelFeatures

__all__ = ["DatasetLearner"]

Picture = npt.NDArray[np.uint8]

# Pictures to learn from: with more the forest takes longer and says the same.
_MOST = 12


class DatasetLearner:
    """Learns from the masks of a dataset, and from scribbles, what has not been learned yet.

    What was read of a picture is kept until its mask changes.

    Parameters
    ----------
    dataset : Dataset

    Examples
    --------
    >>> data = Dataset.sample()
    >>> learner = DatasetLearner(data)
    >>> classifier = learner.from_masks(["coin_01", "coin_02"])
    >>> classifier.labels(data.image("coin_03")).any()
    np.True_
    >>> learner.from_masks(["coin_01", "coin_02"]) is classifier
    True
    """

    def __init__(self, dataset: Dataset) -> None:
        self._dataset = dataset
        self._features = PixelFeatures()
        self._samples: dict[str, tuple[object, PixelSample]] = {}
        self._learned_from: object = None
        self._classifier: PixelClassifier | None = None

    def from_masks(
        self, stems: Iterable[str], report: Callable[[int, int], None] | None = None
    ) -> PixelClassifier:
        """Return a classifier that knows the masks of some pictures as they are on disk.

        Parameters
        ----------
        stems : iterable of str
            Of labelled pictures. Of many, some that lie evenly among them; those that cannot be
            read teach nothing.
        report : callable, optional
            Called with the number of pictures read and of all. What it raises ends the learning.

        Raises
        ------
        TrainingError
            If fewer than two different labels are in their masks.
        """
        chosen = _evenly(list(stems), _MOST)
        versions = tuple((stem, self._dataset.mask_version(stem)) for stem in chosen)
        if self._classifier is None or versions != self._learned_from:
            samples = self._of_masks(chosen, report)
            self._classifier = self._new().learn(samples)
            self._learned_from = versions
        return self._classifier

    def from_scribbles(
        self,
        image: Picture,
        scribbles: Picture,
        stems: Iterable[str] = (),
        report: Callable[[int, int], None] | None = None,
    ) -> PixelClassifier:
        """Return a classifier that knows scribbles, which weigh as much as all the masks.

        Parameters
        ----------
        image : array (H, W, 3) of uint8
            The picture that was scribbled on.
        scribbles : array (H, W) of uint8
            255 where nothing was said.
        stems, report
            As for `from_masks`.

        Raises
        ------
        TrainingError
            If fewer than two different labels are in scribbles and masks together.
        """
        samples = self._of_masks(_evenly(list(stems), _MOST), report)
        said = self._new().sample(image, scribbles)
        of_masks = sum(len(sample.labels) for sample in samples)
        weight = max(1.0, of_masks / max(1, len(said.labels)))
        return self._new().learn([*samples, replace(said, weight=weight)])

    def _new(self) -> PixelClassifier:
        return PixelClassifier(self._dataset.n_classes, self._features)

    def _of_masks(
        self, stems: list[str], report: Callable[[int, int], None] | None
    ) -> list[PixelSample]:
        samples = []
        for done, stem in enumerate(stems, start=1):
            with suppress(NotebookSegError):
                samples.append(self._of_mask(stem))
            if report is not None:
                report(done, len(stems))
        return samples

    def _of_mask(self, stem: str) -> PixelSample:
        version = self._dataset.mask_version(stem)
        known = self._samples.get(stem)
        if known is None or known[0] != version:
            mask = self._dataset.drawn_mask(stem)
            sample = self._new().sample(self._dataset.image(stem), mask)
            known = self._samples[stem] = (version, sample)
        return known[1]


def _evenly(stems: list[str], count: int) -> list[str]:
    """Return so many of a list that lie evenly in it.

    Examples
    --------
    >>> _evenly(list("abcdefg"), 3)
    ['a', 'd', 'g']
    """
    if len(stems) <= count:
        return stems
    return [stems[round(place)] for place in np.linspace(0, len(stems) - 1, count)]
