"""What advice is drawn from: what a model says of every picture of a dataset, in numbers.

Nothing here knows the network; probabilities, masks and learning curves come as arrays and
numbers, so that each conclusion can be tested without a training.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, reduce
from operator import add
from typing import Any

import numpy as np
import numpy.typing as npt

from notebook_seg.data.overlays import Image, Mask, resized_mask
from notebook_seg.errors import MaskError
from notebook_seg.inspection.disagreement import (
    SURE,
    Disagreement,
    compare_confident,
    suspicious,
)
from notebook_seg.inspection.evaluation import Evaluation
from notebook_seg.inspection.likeness import Thumbprint, Twins, find_twins, thumbprint
from notebook_seg.inspection.metrics import Scores
from notebook_seg.inspection.object_sizes import ObjectSizes, object_sizes
from notebook_seg.inspection.rows import Row
from notebook_seg.inspection.seams import Seams, measure_seams
from notebook_seg.labelling.looks import Look
from notebook_seg.labelling.ranking import unsure_share

__all__ = ["PARTS", "Evidence", "PictureEvidence", "Seen", "picture_evidence"]

PARTS = ("train", "validation", "test", "new")
"""What a model did with a picture; new ones are in no part of its split."""

# The first of these that hold a labelled picture are what a model is judged on.
_JUDGED_ON = {
    ("test", "new"): "pictures that it has not learned from",
    ("validation",): "the pictures that its best epoch was chosen by",
    ("train",): "pictures that it has learned from",
}

Edges = tuple[Sequence[int], Sequence[int]]


@dataclass(frozen=True, eq=False)
class Seen:
    """A picture of a dataset and what a model says of it.

    Parameters
    ----------
    stem : str
        Its name.
    image : (H, W, 3) uint8 array
        The photograph.
    mask : (H, W) uint8 array or None
        What was drawn; None if nothing was.
    labels : (H, W) uint8 array
        The class of each pixel, as the model says.
    probabilities : (h, w, C) float32 array
        At the working scale of the model, 0 to 1.
    sure : float
        From which probability on the model counts as sure.
    """

    stem: str
    image: Image
    mask: Mask | None
    labels: Mask
    probabilities: npt.NDArray[np.float32]
    sure: float = SURE

    @cached_property
    def are_numbers(self) -> bool:
        """Whether each probability is a number; those of broken weights are none."""
        return bool(np.isfinite(self.probabilities).all())

    @cached_property
    def working_mask(self) -> Mask:
        """The mask at the working scale: ``(h, w)`` uint8.

        Raises
        ------
        MaskError
            If nothing is drawn.
        """
        if self.mask is None:
            raise MaskError(f"Nothing is drawn in the picture {self.stem}: draw its mask first.")
        height, width = self.probabilities.shape[:2]
        return resized_mask(self.mask, (height, width))


@dataclass(frozen=True, eq=False)
class PictureEvidence:
    """What is to be known of one picture.

    Parameters
    ----------
    stem : str
        Its name.
    part : str
        One of `PARTS`.
    factor : float
        How many pixels of the working scale one of its pixels is wide.
    look : Look
        Its colours and layout.
    thumb : (72, 72) float32 array
        By which its copies are known; see `notebook_seg.inspection.likeness`.
    unsure : float
        Share of its pixels that the model is unsure of, 0 to 1.
    seams : Seams
        How far the prediction jumps at the edges of tiles.
    scores : Scores or None
        None where nothing is drawn; so are the following.
    disagreement : Disagreement or None
        Where the model is sure of something else than the mask.
    sizes : tuple of ObjectSizes
        Of each foreground class, in pixels of the working scale.
    """

    stem: str
    part: str
    factor: float
    look: Look
    thumb: Thumbprint
    unsure: float
    seams: Seams
    scores: Scores | None = None
    disagreement: Disagreement | None = None
    sizes: tuple[ObjectSizes, ...] = ()

    def shows(self, label: int) -> bool:
        """Whether a class is drawn in it."""
        return self.scores is not None and bool(self.scores.pixels_truth[label])


def picture_evidence(
    seen: Seen, part: str, class_names: Sequence[str], edges: Edges = ((), ())
) -> PictureEvidence:
    """Measure what a model says of one picture.

    Parameters
    ----------
    seen : Seen
        The picture, its mask and what the model says.
    part : str
        One of `PARTS`.
    class_names : sequence of str
        Background first.
    edges : (sequence of int, sequence of int)
        Rows and columns of the working scale at which a tile begins or ends.

    Raises
    ------
    ImageError, MaskError
        If the arrays do not fit each other.

    Examples
    --------
    >>> image, mask = np.zeros((40, 60, 3), np.uint8), np.zeros((40, 60), np.uint8)
    >>> mask[10:30, 10:50] = 1
    >>> probabilities = np.stack([1 - mask, mask], axis=-1).astype(np.float32)
    >>> seen = Seen("pike", image, mask, mask, probabilities)
    >>> found = picture_evidence(seen, "test", ["background", "fish"])
    >>> found.scores.foreground_mean_iou, found.unsure, found.sizes[0].lengths
    (1.0, 0.0, array([40.]))
    """
    found = PictureEvidence(
        seen.stem,
        part,
        seen.probabilities.shape[0] / seen.image.shape[0],
        Look.of(seen.image),
        thumbprint(seen.image),
        unsure_share(seen.probabilities),
        measure_seams(seen.probabilities, *edges),
    )
    if seen.mask is None:
        return found
    return replace(
        found,
        scores=Scores.from_masks(seen.mask, seen.labels, class_names),
        disagreement=compare_confident(seen.working_mask, seen.probabilities, seen.sure),
        sizes=object_sizes(seen.mask, len(class_names), found.factor),
    )


@dataclass(frozen=True, eq=False)
class Evidence:
    """What is to be known of a model and a dataset.

    Parameters
    ----------
    class_names : tuple of str
        Background first.
    pictures : tuple of PictureEvidence
        Of all pictures, labelled or not.
    history : mapping of str to sequence of float
        Learning curves: ``loss``, ``iou``, ``val_loss``, ``val_iou``, a value per epoch.
    plan : mapping
        How the model was trained, as ``Plan.to_json`` tells: ``patch``, ``scale``, ``loss`` ...;
        and ``test``, the share of the pictures that was kept to test by, if any was.
    groups : mapping of str to str
        The group of each picture that has one.
    broken_layers : tuple of str
        Layers whose weights are no numbers or have run away.
    cross_validated : frozenset of str
        Pictures that a model of an ensemble was kept from, though others of it learned from them.
    unreadable : mapping of str to str
        Pictures that were left out because their file or mask cannot be read, and what is wrong.

    Examples
    --------
    >>> evidence = Evidence(("background", "fish"), ())
    >>> evidence.evaluation("test") is None, evidence.twins
    (True, ())
    """

    class_names: tuple[str, ...]
    pictures: tuple[PictureEvidence, ...]
    history: Mapping[str, Sequence[float]] = field(default_factory=dict)
    plan: Mapping[str, Any] = field(default_factory=dict)
    groups: Mapping[str, str] = field(default_factory=dict)
    broken_layers: tuple[str, ...] = ()
    cross_validated: frozenset[str] = frozenset()
    unreadable: Mapping[str, str] = field(default_factory=dict)

    @property
    def labelled(self) -> tuple[PictureEvidence, ...]:
        """The pictures that have a mask."""
        return tuple(p for p in self.pictures if p.scores is not None)

    @property
    def unlabelled(self) -> tuple[PictureEvidence, ...]:
        """The pictures that have none."""
        return tuple(p for p in self.pictures if p.scores is None)

    def part(self, *names: str) -> tuple[PictureEvidence, ...]:
        """Return the labelled pictures of some parts of the split."""
        return tuple(p for p in self.labelled if p.part in names)

    def evaluation(self, *names: str) -> Evaluation | None:
        """Return the scores of the labelled pictures of some parts; None if there are none."""
        scores = {p.stem: p.scores for p in self.part(*names) if p.scores is not None}
        return Evaluation(scores) if scores else None

    @cached_property
    def unseen(self) -> tuple[PictureEvidence, ...]:
        """The labelled pictures to judge by: not learned from, nor used to choose the epoch.

        Where there are none, those that the epoch was chosen by.
        """
        return self.part("test", "new") or self.part("validation")

    @cached_property
    def judged_parts(self) -> tuple[str, ...]:
        """The parts of the split that a model is judged on: unseen ones where there are any."""
        return next((parts for parts in _JUDGED_ON if self.part(*parts)), ())

    @property
    def is_cross_validated(self) -> bool:
        """Whether a cross-validation has scored every labelled picture by a model new to it."""
        stems = {picture.stem for picture in self.labelled}
        return bool(stems) and stems <= self.cross_validated

    @property
    def judged_on(self) -> str:
        """What `judged_parts` are, in words.

        Examples
        --------
        >>> Evidence(("background", "fish"), ()).judged_on
        'no labelled picture'
        """
        return _JUDGED_ON.get(self.judged_parts, "no labelled picture")

    @property
    def judgement(self) -> Evaluation | None:
        """The scores of the pictures that a model is judged on; None where none is labelled."""
        return self.evaluation(*self.judged_parts)

    @property
    def summary(self) -> str:
        """How good the model is, and on which pictures, in a few plain sentences.

        Examples
        --------
        >>> Evidence(("background", "fish"), ()).summary
        'No picture that was looked at is labelled.'
        """
        if self.judgement is None:
            return "No picture that was looked at is labelled."
        told = self.judgement.summary
        return f"On {self.judged_on}: {told[0].lower()}{told[1:]}{self._of_new_ones}"

    @property
    def _of_new_ones(self) -> str:
        if self.unseen:
            return ""
        if self.is_cross_validated:
            return " How good it is on new ones the scores of its cross-validation tell."
        return " How good it is on new ones is not known."

    def part_rows(self) -> list[Row]:
        """Return the ``part`` of each labelled picture, a row for each class as other scores."""
        return [
            {"picture": picture.stem, "class": name, "part": picture.part}
            for picture in self.labelled
            for name in self.class_names
        ]

    @cached_property
    def suspicious(self) -> tuple[str, ...]:
        """Pictures whose masks are probably wrong, the worst first."""
        found = {p.stem: p.disagreement for p in self.labelled if p.disagreement is not None}
        return suspicious(found)

    def scores(self, pictures: Sequence[PictureEvidence]) -> Scores | None:
        """Return the scores of some pictures together, those with suspicious masks left out."""
        found = [p.scores for p in pictures if p.scores and p.stem not in self.suspicious]
        return reduce(add, found) if found else None

    @cached_property
    def twins(self) -> tuple[Twins, ...]:
        """Pictures that were learned from and their doubles among those that were not."""
        learned, others = (
            {p.stem: p.thumb for p in pictures}
            for pictures in (self.part("train"), self.part("validation", "test", "new"))
        )
        return find_twins(learned, others)

    def sizes(self, label: int) -> ObjectSizes:
        """Return the drawn objects of a class in all pictures, at the working scale."""
        return ObjectSizes.together(p.sizes[label - 1] for p in self.labelled)
