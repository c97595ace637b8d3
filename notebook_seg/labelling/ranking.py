"""Which picture to label next: the one that a model would learn most from."""

from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from typing import NamedTuple, Protocol, TypeVar

import numpy as np
import numpy.typing as npt

from notebook_seg.data.dataset import Dataset
from notebook_seg.errors import DatasetError, ImageError
from notebook_seg.labelling.looks import Look, Looks
from notebook_seg.progress import progress_bar

__all__ = ["Predictor", "Suggestion", "rank_looks", "rank_unlabelled", "unsure_share"]

Result = TypeVar("Result")

# Between the two most probable classes. Below it, one pixel in four or more is wrong.
_SURE = 0.5
# The rest is for what is unlike: uncertainty tells errors better, but chooses three of a kind.
_UNSURE_COUNTS = 2 / 3


class Predictor(Protocol):
    """Whatever says how probable each class is: a pixel classifier, or a trained model."""

    def probabilities(self, image: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
        """Return (h, w, C), 0 to 1, for a photograph (H, W, 3), at its size or smaller."""
        ...


@dataclass(frozen=True)
class Suggestion:
    """A picture that is worth labelling.

    Parameters
    ----------
    stem : str
        Which one.
    unsure : float or None
        The share of its pixels that the model is unsure of, 0 to 1; None without a model.
    unlike : float
        How unlike the picture is to the most alike of those that are labelled or come before it:
        0 is the same, 1 nothing in common.
    score : float
        Both together, 0 to 1, against the highest of each.
    why : str
        The same as a sentence.
    """

    stem: str
    unsure: float | None
    unlike: float
    score: float
    why: str


def rank_unlabelled(
    dataset: Dataset,
    predictor: Predictor | None = None,
    *,
    limit: int | None = None,
    looks: Looks | None = None,
    report: Callable[[int, int], None] | None = None,
    progress: bool = False,
) -> list[Suggestion]:
    """Order the pictures without a mask by how much a model would learn from their masks.

    A picture is worth more the more of its pixels the model is unsure of, and the less it looks
    like any picture that is labelled or comes before it. When nothing is labelled, the first is
    the one that is most like all others.

    Parameters
    ----------
    dataset : Dataset
    predictor : Predictor, optional
        What has been learned so far; without it, looks alone decide.
    limit : int, optional
        Rank only so many, the most different ones: predicting is what takes the time.
    looks : Looks, optional
        Of the dataset, if they are at hand from before.
    report : callable, optional
        Called with the number of steps done and of all. What it raises ends the ranking.
    progress : bool, optional
        Whether to show a bar.

    Returns
    -------
    list of Suggestion
        The best first; empty if everything is labelled. Photographs that cannot be read are left
        out.

    Notes
    -----
    Uncertainty by the margin between the two most probable classes; diversity by going to the
    farthest first, as in core-set selection. [1]_

    References
    ----------
    .. [1] Sener, Savarese, "Active learning for convolutional neural networks: a core-set
       approach", ICLR 2018, doi 10.48550/arXiv.1708.00489

    Examples
    --------
    >>> sample = Dataset.sample()
    >>> images = sample.folder / "images"
    >>> data = Dataset.create(sample.folder.parent / "unlabelled", images, ["coin"])
    >>> data.save_mask("coin_01", sample.mask("coin_01"))
    >>> ranked = rank_unlabelled(data, limit=3)
    >>> len(ranked), ranked[0].unlike >= ranked[1].unlike
    (3, True)
    """
    looks = looks or Looks(dataset)
    labelled, unlabelled = dataset.labelled, dataset.unlabelled
    if not unlabelled:
        return []
    wanted = len(unlabelled) if limit is None else min(limit, len(unlabelled))
    total = len(labelled) + len(unlabelled) + (wanted if predictor else 0)
    with _Steps(total, report, progress) as steps:
        known, others = _seen(looks, labelled, steps), _seen(looks, unlabelled, steps)
        wanted = min(wanted, len(others))
        if predictor is None:
            return rank_looks(others, known, {}, wanted)
        shares = {
            found.stem: steps.after(
                unsure_share(predictor.probabilities(dataset.image(found.stem)))
            )
            for found in rank_looks(others, known, {}, wanted)
        }
    return rank_looks({stem: others[stem] for stem in shares}, known, shares, wanted)


def _seen(looks: Looks, stems: Iterable[str], steps: "_Steps") -> dict[str, Look]:
    """Return the looks of those pictures that can be read."""
    seen = {}
    for stem in stems:
        with suppress(ImageError, DatasetError):
            seen[stem] = looks[stem]
        steps.after(None)
    return seen


def unsure_share(probabilities: npt.NDArray[np.float32]) -> float:
    """Return the share of the pixels, 0 to 1, whose two most probable classes are close.

    Parameters
    ----------
    probabilities : array (h, w, C) of float32

    Examples
    --------
    >>> unsure_share(np.array([[[0.9, 0.1], [0.6, 0.4]]], np.float32))
    0.5
    """
    best = np.partition(probabilities, -2, axis=-1)[..., -2:]
    return float((best[..., 1] - best[..., 0] < _SURE).mean())


class _Steps:
    """Counts what is done, for a bar and for whoever asked to be told."""

    def __init__(self, total: int, report: Callable[[int, int], None] | None, show: bool) -> None:
        self._done, self._total = 0, total
        self._report = report
        self._bar = progress_bar(total, "Looking for the next picture", "photo", show)

    def __enter__(self) -> "_Steps":
        return self

    def __exit__(self, *error: object) -> None:
        self._bar.close()

    def after(self, result: Result) -> Result:
        self._done += 1
        self._bar.update()
        if self._report is not None:
            self._report(self._done, self._total)
        return result


class _Near(NamedTuple):
    """The most alike of the pictures that are labelled or chosen."""

    unlike: float = 1.0
    stem: str = ""
    look: Look | None = None


class _Choice:
    """Chooses one picture after the other, each the one that is worth most beside those before.

    Parameters
    ----------
    looks, known : dict of str to Look
        Of the pictures to choose from, and of those that are labelled.
    unsure : dict of str to float
        The share of unsure pixels of each picture to choose from; empty without a model.
    """

    def __init__(
        self, looks: dict[str, Look], known: dict[str, Look], unsure: dict[str, float]
    ) -> None:
        self._looks = looks
        self._known = known
        self._unsure = unsure
        self._nearest = dict.fromkeys(looks, _Near())
        for stem, look in known.items():
            self._bring_near(stem, look)
        self._most_unsure = max(unsure.values(), default=0) or 1
        self._most_unlike = max((near.unlike for near in self._nearest.values()), default=0) or 1

    def next(self) -> Suggestion:
        if self._known or self._unsure or len(self._nearest) < len(self._looks):
            stem = max(self._nearest, key=self._score)
        else:
            stem = _most_typical(self._looks)
        score, near = self._score(stem), self._nearest.pop(stem)
        self._bring_near(stem, self._looks[stem])
        unsure = self._unsure.get(stem)
        return Suggestion(stem, unsure, near.unlike, score, self._why(stem, unsure, near))

    def _score(self, stem: str) -> float:
        unlike = self._nearest[stem].unlike / self._most_unlike
        if not self._unsure:
            return unlike
        unsure = self._unsure[stem] / self._most_unsure
        return _UNSURE_COUNTS * unsure + (1 - _UNSURE_COUNTS) * unlike

    def _bring_near(self, stem: str, look: Look) -> None:
        for other, near in self._nearest.items():
            unlike = self._looks[other].unlike(look)
            if unlike < near.unlike:
                self._nearest[other] = _Near(unlike, stem, look)

    def _why(self, stem: str, unsure: float | None, near: _Near) -> str:
        reasons = [] if unsure is None else [f"the model is unsure of {unsure:.0%} of its pixels"]
        if near.look is not None:
            reasons.append(self._difference(self._looks[stem], near.stem, near.look))
        elif unsure is None:
            reasons.append("nothing is labelled yet, and it is the most like all the others")
        sentence = "; ".join(reasons) or "it looks like none that is labelled"
        return sentence[0].upper() + sentence[1:]

    def _difference(self, look: Look, nearest: str, other: Look) -> str:
        colors, layout = look.colors_unlike(other), look.layout_unlike(other)
        what, share = ("colours", colors) if colors > layout else ("edges", layout)
        which = "is labelled" if nearest in self._known else "comes before it"
        return (
            f"{share:.0%} of its {what} are not those of {nearest}, the most similar that {which}"
        )


def rank_looks(
    looks: dict[str, Look], known: dict[str, Look], unsure: dict[str, float], count: int
) -> list[Suggestion]:
    """Order pictures as `rank_unlabelled` does, from what is known of them already.

    Parameters
    ----------
    looks, known : dict of str to Look
        Of the pictures to choose from, and of those that are labelled.
    unsure : dict of str to float
        The share of unsure pixels of each picture to choose from, 0 to 1; empty without a model.
    count : int
        How many are wanted, at most as many as there are.

    Examples
    --------
    >>> black, grey, white = (Look.of(np.full((9, 9, 3), v, np.uint8)) for v in (0, 128, 255))
    >>> looks = {"grey": grey, "white": white}
    >>> [s.stem for s in rank_looks(looks, {"black": black}, {"grey": 0.4, "white": 0.1}, 2)]
    ['grey', 'white']
    """
    choice = _Choice(looks, known, unsure)
    return [choice.next() for _ in range(count)]


def _most_typical(looks: dict[str, Look]) -> str:
    return min(looks, key=lambda stem: sum(looks[stem].unlike(other) for other in looks.values()))
