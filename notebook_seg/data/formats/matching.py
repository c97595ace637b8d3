"""Which photograph an annotation belongs to, and whether it was drawn on it as it stands."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple, TypeAlias

import numpy as np

from notebook_seg.data.decoding import size_of, upright
from notebook_seg.data.formats.annotated import Annotated, LabelMap
from notebook_seg.data.images import stored_layout
from notebook_seg.errors import MaskError, check_choice

__all__ = ["DRAWN_ON", "Fit", "as_stored", "fit", "match_pictures", "turned_note"]

Size: TypeAlias = tuple[int, int]

DRAWN_ON = ("upright", "stored")

# What tools put behind the name of the photograph.
_ENDING = re.compile(
    r"[-_. ]?(cp_masks|masks?|labels?|labelmap|seg|segmentation|rois?|roiset|annotations?)$",
    re.IGNORECASE,
)
# Of letters: what comes behind the dot in fish_z_-2.5 is no ending.
_SUFFIX = re.compile(r"\.[a-z]{3,4}$")


class Fit(NamedTuple):
    """How an annotation lies on its photograph.

    Parameters
    ----------
    drawn : tuple of int
        Height and width of what was drawn on.
    orientation : int
        The EXIF orientation by which the mask is still to be turned; 1 leaves it.
    drawn_on : str
        Which of `DRAWN_ON` it was drawn on.
    doubtful : bool
        Whether the photograph is turned, and nothing tells which way it was drawn on.
    """

    drawn: Size
    orientation: int
    drawn_on: str
    doubtful: bool = False


def match_pictures(
    pictures: Sequence[Annotated], photographs: Mapping[str, Path]
) -> tuple[dict[str, Annotated], list[str]]:
    """Find the photograph of each annotation by its file name.

    Parameters
    ----------
    pictures : sequence of Drawing or LabelMap
    photographs : mapping of str to Path
        The photographs by their stems.

    Returns
    -------
    matched : dict of str to Drawing or LabelMap
        By stem, in the order of the photographs.
    missing : list of str
        The names of those whose photograph is not there.

    Raises
    ------
    MaskError
        If two belong to one photograph, or none to any.
    """
    stems = {stem.casefold(): stem for stem in photographs}
    files = {path.name.casefold(): stem for stem, path in photographs.items()}
    found: dict[str, Annotated] = {}
    missing: list[str] = []
    for picture in pictures:
        stem = _stem_of(picture.picture.casefold(), files, stems)
        if stem is None:
            missing.append(picture.picture)
        elif found.setdefault(stem, picture) is not picture:
            raise MaskError(
                f"Two annotations for the photograph {photographs[stem].name}: one in "
                f"{found[stem].source}, one in {picture.source}. Take one away"
            )
    if not found:
        raise MaskError(
            f"None of the {len(missing)} annotated pictures is among the photographs. Annotated "
            f"is, for example, {missing[0] if missing else 'nothing'}; a photograph is called "
            f"{next(iter(photographs.values())).name}"
        )
    return {stem: found[stem] for stem in photographs if stem in found}, missing


def _stem_of(name: str, files: Mapping[str, str], stems: Mapping[str, str]) -> str | None:
    for whole in (name, _SUFFIX.sub("", name)):
        for bare in (whole, _ENDING.sub("", whole)):
            for key in (bare, _SUFFIX.sub("", bare)):
                stem = files.get(key) or stems.get(key)
                if stem is not None:
                    return stem
    return None


def fit(
    picture: Annotated, photograph: Path, drawn_on: str | None, usual: str = DRAWN_ON[0]
) -> tuple[Fit, np.ndarray | None]:
    """Tell how an annotation lies on its photograph, and give the values of a label map.

    Parameters
    ----------
    picture : Drawing or LabelMap
    photograph : Path
    drawn_on : str or None
        ``'upright'`` or ``'stored'``, where the user says it.
    usual : str, optional
        What the tool shows, as a rule; it counts where the size does not tell.

    Raises
    ------
    MaskError
        If it was drawn on a picture of another size.
    """
    if drawn_on is not None:
        check_choice("drawn_on", drawn_on, DRAWN_ON)
    stored, orientation = stored_layout(photograph)
    standing = size_of(stored, orientation)
    values, drawn = None, None
    if isinstance(picture, LabelMap):
        sizes = (standing, stored)
        values = picture.read(sizes if (drawn_on or usual) == "upright" else sizes[::-1])
        drawn = values.shape[:2]
    elif picture.size is not None:
        drawn = picture.size
    choices = [Fit(standing, 1, "upright"), Fit(stored, orientation, "stored")]
    choices.sort(key=lambda choice: choice.drawn_on != (drawn_on or usual))
    if drawn_on is not None:
        del choices[1]
    fits = [choice for choice in choices if drawn in (None, choice.drawn)]
    if not fits:
        raise _other_size(picture, drawn, photograph, choices)
    turned = 2 <= orientation <= 8
    return fits[0]._replace(doubtful=turned and len(fits) > 1), values


def _other_size(
    picture: Annotated, drawn: Size | None, photograph: Path, choices: Sequence[Fit]
) -> MaskError:
    expected = " or ".join(dict.fromkeys("{} x {}".format(*choice.drawn) for choice in choices))
    height, width = drawn or (0, 0)
    return MaskError(
        f"{picture.source} was drawn on a picture {picture.picture} of {height} x {width} pixels, "
        f"and the photograph {photograph} has {expected} (height x width). Use the photograph "
        "that was annotated, or export the annotation at its size"
    )


def turned_note(done: str, drawn_on: str, count: int) -> str:
    """Return what is told of photographs that are turned, and may be shown either way.

    Examples
    --------
    >>> turned_note("written", "stored", 2)
    "Turned by their EXIF orientation, and written as they are stored: 2. If their masks lie \
wrong: drawn_on='upright' (--drawn-on)."
    """
    way = {"upright": "upright", "stored": "as they are stored"}[drawn_on]
    (other,) = set(DRAWN_ON) - {drawn_on}
    return (
        f"Turned by their EXIF orientation, and {done} {way}: {count}. If their masks lie wrong: "
        f"drawn_on={other!r} (--drawn-on)."
    )


def as_stored(mask: np.ndarray, orientation: int) -> np.ndarray:
    """Turn an upright mask to the order in which its photograph lies in the file.

    Examples
    --------
    >>> as_stored(upright(np.array([[1, 2, 3]]), 6), 6).tolist()
    [[1, 2, 3]]
    """
    return upright(mask, {6: 8, 8: 6}.get(orientation, orientation))
