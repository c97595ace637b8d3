"""Masks that do not look as their owner meant them: slips of the hand, and files that changed."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from notebook_seg.data.box import Box
from notebook_seg.labelling.mask_facts import MaskFacts, Patch
from notebook_seg.wording import counted

__all__ = ["KINDS", "Suspicion", "suspicions_in"]

# What is looked for, in the order in which it is told.
KINDS = {
    "unreadable": "cannot be read",
    "size": "another size than its photograph",
    "no picture": "a mask without a photograph",
    "photograph": "the photograph cannot be read",
    "changed": "the photograph changed after its mask",
    "empty": "nothing is drawn",
    "island": "tiny islands",
    "hole": "tiny holes",
    "border": "touches the border",
    "unused": "a class that is never used",
}

# Against the typical piece of the class: about an eighteenth of its diameter.
_TINY = 0.003
# What most pictures do is how these pictures are; what few do may be a slip.
_RARE = 0.1


@dataclass(frozen=True)
class Suspicion:
    """Something in a mask that may be a mistake.

    Attributes
    ----------
    stem : str or None
        The picture; None where the whole dataset is meant.
    kind : str
        One of `KINDS`.
    class_name : str or None
        Of which class.
    box : Box or None
        The place to look at, in pixels of the picture.
    message : str
        The same as a sentence.
    """

    stem: str | None
    kind: str
    class_name: str | None
    box: Box | None
    message: str

    def __str__(self) -> str:
        return self.message if self.stem is None else f"{self.stem}: {self.message}"


def suspicions_in(facts: Mapping[str, MaskFacts], class_names: Sequence[str]) -> list[Suspicion]:
    """Look for what may be a mistake in masks that can be read.

    Parameters
    ----------
    facts : mapping of str to MaskFacts
        Of the labelled pictures.
    class_names : sequence of str
        Background first.

    Notes
    -----
    Nothing is compared with a fixed number of pixels. Pieces and holes are tiny below 0.3 % of the
    typical piece of the class, which is the piece that the median pixel of the class lies in: many
    specks hold few pixels, and do not move it. Touching the border, and holding nothing, are told
    where at most one picture in ten does so. A class is unused if no mask has it.

    Examples
    --------
    >>> from notebook_seg.labelling.mask_facts import measure_mask
    >>> labels = np.zeros((60, 60), np.uint8)
    >>> labels[10:50, 10:50] = labels[2, 2] = 1
    >>> facts = {"pike": measure_mask(labels, n_classes=2)}
    >>> [str(found) for found in suspicions_in(facts, ["background", "fish"])]
    ['pike: A tiny island of fish: 1 pixel, at x 2, y 2.']
    """
    found = list(_empty(facts))
    for label, name in enumerate(class_names[1:], start=1):
        found += _of_class(facts, label, name)
    return found


def _of_class(facts: Mapping[str, MaskFacts], label: int, name: str) -> Iterator[Suspicion]:
    pieces = {stem: _with_label(mask.pieces, label) for stem, mask in facts.items()}
    holes = {stem: _with_label(mask.holes, label) for stem, mask in facts.items()}
    typical = typical_size(piece.n_pixels for found in pieces.values() for piece in found)
    if not typical:
        if facts:
            yield Suspicion(None, "unused", name, None, f"No mask has the class {name}.")
        return
    yield from _tiny("island", f"tiny island of {name}", pieces, name, typical)
    yield from _tiny("hole", f"tiny hole in {name}", holes, name, typical)
    yield from _at_border(facts, pieces, name, typical)


def typical_size(sizes: Iterable[int]) -> int:
    """Return the size of the piece that the median pixel lies in, 0 if there is none.

    Examples
    --------
    >>> typical_size([1] * 1000 + [90_000, 100_000, 110_000])
    100000
    """
    ordered = np.sort(np.fromiter(sizes, np.int64))
    if not len(ordered):
        return 0
    total = np.cumsum(ordered)
    return int(ordered[np.searchsorted(total, total[-1] / 2)])


def _with_label(patches: Iterable[Patch], label: int) -> list[Patch]:
    return [patch for patch in patches if patch.label == label]


def _tiny(
    kind: str, what: str, patches: Mapping[str, list[Patch]], name: str, typical: int
) -> Iterator[Suspicion]:
    for stem, found in patches.items():
        tiny = [patch for patch in found if patch.n_pixels < _TINY * typical]
        if tiny:
            largest = max(tiny, key=lambda patch: patch.n_pixels)
            yield Suspicion(stem, kind, name, largest.box, _tiny_message(what, tiny, largest))


def _tiny_message(what: str, tiny: list[Patch], largest: Patch) -> str:
    pixels = counted(largest.n_pixels, "pixel")
    place = f"x {largest.box.left}, y {largest.box.top}"
    if len(tiny) == 1:
        return f"A {what}: {pixels}, at {place}."
    many = what.replace("island", "islands").replace("hole", "holes")
    return f"{len(tiny)} {many}; the largest is {pixels}, at {place}."


def _at_border(
    facts: Mapping[str, MaskFacts], pieces: Mapping[str, list[Patch]], name: str, typical: int
) -> Iterator[Suspicion]:
    with_class = [stem for stem, found in pieces.items() if found]
    touching = {
        stem: [
            piece
            for piece in pieces[stem]
            if facts[stem].touches_border(piece) and piece.n_pixels >= _TINY * typical
        ]
        for stem in with_class
    }
    for stem in _rare(with_class, lambda stem: bool(touching[stem])):
        box = touching[stem][0].box
        message = f"{name} touches the border, as in few other pictures: was it cut off?"
        yield Suspicion(stem, "border", name, box, message[0].upper() + message[1:])


def _empty(facts: Mapping[str, MaskFacts]) -> Iterator[Suspicion]:
    message = "Nothing is drawn. If there is nothing to see in it, all is well."
    for stem in _rare(facts, lambda stem: facts[stem].is_empty):
        yield Suspicion(stem, "empty", None, None, message)


def _rare(stems: Iterable[str], holds: Callable[[str], bool]) -> list[str]:
    """Return the stems for which something holds, if it does so for few of them."""
    every = list(stems)
    found = [stem for stem in every if holds(stem)]
    return found if len(found) <= _RARE * len(every) else []
