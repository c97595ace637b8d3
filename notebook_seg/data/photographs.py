"""Which photographs are meant, and what the results of each are called."""

import glob
import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from notebook_seg.data.description import DESCRIPTION
from notebook_seg.data.files import natural_key
from notebook_seg.data.images import (
    IMAGE_SUFFIXES,
    Where,
    is_photograph,
    matching,
    photographs_in,
)
from notebook_seg.errors import ImageError, OptionError
from notebook_seg.model_files import OF_A_MODEL

__all__ = ["LEDGER", "Photograph", "find_photographs"]

LEDGER = "ledger.jsonl"
"""The file by which a folder of results is known."""

_IMAGES = "images"
_OURS = (DESCRIPTION, *OF_A_MODEL)


class Photograph(NamedTuple):
    """A photograph and the name of its results.

    Parameters
    ----------
    name : str
        Where its results go below each folder of results, without ending: ``"site_1/fish_3"``.
    path : Path
        The file.
    """

    name: str
    path: Path

    @property
    def file(self) -> str:
        """The name with the ending of the photograph, as ``"site_1/fish_3.jpg"``."""
        return self.name + self.path.suffix


def find_photographs(
    where: Where, out: str | Path, recursive: bool = False
) -> tuple[Photograph, ...]:
    """List photographs in the order in which people count.

    Parameters
    ----------
    where : str, Path or iterable of these
        Folders, files and patterns. In a pattern ``**`` stands for folders at any depth, whose
        structure is kept as with `recursive`. The photographs of a dataset are those in its
        ``images``.
    out : path
        The folder for the results, in which no photograph is looked for; nor is it in those of
        other runs and of trainings, where they are met below a folder or by a pattern.
    recursive : bool
        Whether to look in the folders below as well, and to name results after the place of a
        photograph below the folder that was given, or below the part of a pattern that is fixed;
        of several places, below the folder that all of them have in common.
        Links to folders are followed, each folder once.

    Raises
    ------
    ImageError
        If there is no photograph, or nothing at all at one of the places.
    OptionError
        If two photographs would have results of the same name, or results would lie among the
        photographs or in a dataset.

    Examples
    --------
    >>> import tempfile
    >>> folder = Path(tempfile.mkdtemp())
    >>> for name in ["site_10/fish.jpg", "site_2/fish.jpg", "pond.jpg"]:
    ...     (folder / name).parent.mkdir(exist_ok=True)
    ...     (folder / name).touch()
    >>> [found.name for found in find_photographs(folder, folder / "results", recursive=True)]
    ['pond', 'site_2/fish', 'site_10/fish']
    >>> [found.name for found in find_photographs(folder, folder / "results")]
    ['pond']
    """
    out = Path(out).expanduser()
    _check_no_dataset(out)
    places = [
        Path(place).expanduser() for place in ([where] if isinstance(where, str | Path) else where)
    ]
    above = _common_part(places) if recursive else None
    found = {
        photograph
        for place in places
        for photograph in _found_at(place, out, recursive, above or _base(place))
    }
    if not found:
        raise ImageError(
            f"No photographs in {where}{' and the folders below' if recursive else ''}: files "
            f"ending in {', '.join(IMAGE_SUFFIXES)} are looked for. Name the folder that holds "
            f"them{'' if recursive else ', or look in the folders below with recursive'}"
        )
    photographs = tuple(sorted(found, key=lambda photo: natural_key(photo.name)))
    _check_names(photographs)
    _check_apart(photographs, out)
    return photographs


def _common_part(places: Sequence[Path]) -> Path | None:
    """Return the folder below which results of several places are told apart."""
    if len(places) < 2:
        return None
    try:
        return Path(os.path.commonpath([_plain(_base(place)) for place in places]))
    except ValueError:  # On several drives of Windows.
        return None


def _base(place: Path) -> Path:
    if place.is_dir():
        return place
    return place.parent if place.is_file() else _fixed_part(place)


def _found_at(place: Path, out: Path, recursive: bool, base: Path) -> Iterator[Photograph]:
    # The name of a file may look like a pattern.
    if place.is_file():
        yield _named(place, base)
    elif not place.is_dir():
        yield from _found_by(place, out, recursive or "**" in place.parts, base)
    elif recursive:
        yield from _walk(place, base, out)
    else:
        yield from (_named(path, place) for path in _directly_in(place))


def _found_by(pattern: Path, out: Path, recursive: bool, base: Path) -> Iterator[Photograph]:
    for match in matching(pattern, ImageError):
        if _is_made(match, _fixed_part(pattern)):
            continue
        if recursive and match.is_dir():
            yield from _walk(match, base, out)
        elif is_photograph(match):
            yield _named(match, base if recursive else match.parent)


def _walk(folder: Path, base: Path, out: Path) -> Iterator[Photograph]:
    seen: set[tuple[int, int]] = set()
    for name, below, _ in os.walk(folder, followlinks=True):
        place = Path(name)
        status = place.stat()
        identity = status.st_dev, status.st_ino
        ends = identity in seen or place.resolve() == out.resolve() or _is_made_in(place)
        # Where a link leads to what is there anyway, its own name counts.
        below[:] = sorted(
            (name for name in below if not ends and not name.startswith(".")),
            key=lambda name: ((place / name).is_symlink(), name),
        )
        if identity not in seen and (place == base or not _holds(place, OF_A_MODEL)):
            yield from (_named(path, base) for path in _directly_in(place))
        seen.add(identity)


def _directly_in(folder: Path) -> list[Path]:
    if not _holds(folder, [DESCRIPTION]):
        return photographs_in(folder)
    return photographs_in(folder / _IMAGES) if (folder / _IMAGES).is_dir() else []


def _is_made_in(folder: Path) -> bool:
    """Whether the pictures below a folder were made by us; one beside the results is none."""
    return _holds(folder, [LEDGER, *_OURS])


def _holds(folder: Path, names: Iterable[str]) -> bool:
    return any((folder / name).exists() for name in names)


def _is_made(path: Path, base: Path) -> bool:
    folder = path if path.is_dir() else path.parent
    if folder != path and folder.is_relative_to(base) and _holds(folder, _OURS):
        return True
    holding = (above for above in folder.parents if above.is_relative_to(base))
    return any(_is_made_in(above) and not _is_images(folder, above) for above in holding)


def _is_images(folder: Path, dataset: Path) -> bool:
    return folder == dataset / _IMAGES and _holds(dataset, [DESCRIPTION])


def _fixed_part(pattern: Path) -> Path:
    return next(above for above in pattern.parents if not glob.has_magic(str(above)))


def _named(path: Path, base: Path) -> Photograph:
    folder = path.parent
    # The pictures of a dataset are called as it calls them.
    if folder != base and _is_images(folder, folder.parent):
        folder = folder.parent
    below = _plain(folder / path.name).relative_to(_plain(base))
    return Photograph(below.with_suffix("").as_posix(), path)


def _plain(path: Path) -> Path:
    # Path.resolve would follow links, and call results after what they lead to.
    return Path(os.path.abspath(path))  # noqa: PTH100


def _check_names(photographs: Iterable[Photograph]) -> None:
    seen: dict[str, Photograph] = {}
    for photograph in photographs:
        # On some systems capital letters make no other file.
        other = seen.setdefault(photograph.name.casefold(), photograph)
        if other != photograph:
            raise OptionError(
                f"Two photographs would write the same mask {photograph.name}.png: rename one of "
                f"them, or predict them into different folders, or keep their folders apart with "
                f"recursive. Received: {other.path} and {photograph.path}"
            )


def _check_apart(photographs: Iterable[Photograph], out: Path) -> None:
    # Results are photographs in shape, so a folder of them must not be taken for the input.
    if out.resolve() in {photograph.path.parent.resolve() for photograph in photographs}:
        raise OptionError(
            f"Results go to a folder of their own, apart from the photographs. Received: {out}"
        )


def _check_no_dataset(out: Path) -> None:
    # Its masks were drawn by somebody, and predictions beside them would count as drawn, too.
    if (out / DESCRIPTION).exists():
        beside = out.resolve().with_name(f"{out.resolve().name}_results")
        raise OptionError(
            f"Results go to a folder of their own, and {out} is a dataset, whose masks were drawn. "
            f"Give another folder, such as {beside}"
        )
