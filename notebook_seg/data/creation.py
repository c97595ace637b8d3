"""Making a dataset folder from photographs and other people's masks, wholly or not at all."""

import contextlib
import secrets
import shutil
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from notebook_seg.data.classes import make_classes
from notebook_seg.data.counting import Tally, count_objects, tally
from notebook_seg.data.decoding import size_of
from notebook_seg.data.description import DESCRIPTION, Description
from notebook_seg.data.files import saving
from notebook_seg.data.images import Where, by_stem, find_images, find_pictures, stored_layout
from notebook_seg.data.masks import MASK_SUFFIXES, encode_mask, read_values
from notebook_seg.data.splitting import Groups, group_stems
from notebook_seg.data.values import Meaning, Value, Values, decide_meaning, values_in
from notebook_seg.errors import DatasetError, MaskError

__all__ = ["create_dataset", "new_dataset_folder"]


def create_dataset(
    folder: Path,
    images: Where,
    classes: str | Sequence[str] | None,
    masks: Where | None,
    values: Values | None,
    groups: Groups | None,
) -> None:
    """Make a dataset folder; the arguments are those of `Dataset.create`."""
    photographs = by_stem(find_images(images))
    check_free(folder)
    found = {} if masks is None else _match_masks(photographs, masks)
    meaning = _understand(photographs, found, classes, values, masks)
    named_groups = {} if groups is None else group_stems(photographs, groups)
    description = Description(make_classes(meaning.names), named_groups)
    with new_dataset_folder(folder, description) as building:
        for path in photographs.values():
            shutil.copyfile(path, building / "images" / path.name)
        for stem, path in found.items():
            mask = meaning.apply(read_values(path))
            (building / "masks" / f"{stem}.png").write_bytes(encode_mask(mask, description.colors))


def check_free(folder: Path) -> None:
    """Raise a `DatasetError` if something is there already."""
    if (folder / DESCRIPTION).exists():
        raise DatasetError(
            f"{folder} already is a dataset. Open it with Dataset(...), or choose another folder"
        )
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise DatasetError(f"{folder} is not empty. Choose a folder that is not there yet")


@contextlib.contextmanager
def new_dataset_folder(folder: Path, description: Description) -> Iterator[Path]:
    """Give a hidden folder to build a dataset in, which gets its name once it is complete.

    Parameters
    ----------
    folder : Path
        The name it shall get; nothing may be there.
    description : Description
        What its `dataset.json` shall say.

    Yields
    ------
    Path
        With empty folders ``images`` and ``masks`` in it.

    Raises
    ------
    DatasetError
        If something is there already.
    SaveError
        If the disk is full; nothing is left behind.
    """
    folder = folder.absolute()
    check_free(folder)
    ancestor = next(parent for parent in folder.parents if parent.exists())
    building = ancestor / f".{folder.name}.{secrets.token_hex(4)}"
    with saving(folder):
        try:
            for name in ["images", "masks"]:
                (building / name).mkdir(parents=True)
            yield building
            (building / DESCRIPTION).write_bytes(description.to_json())
            _rename(building, folder)
        except BaseException:
            shutil.rmtree(building, ignore_errors=True)
            raise


def _rename(building: Path, folder: Path) -> None:
    folder.parent.mkdir(parents=True, exist_ok=True)
    if folder.exists():
        folder.rmdir()
    building.rename(folder)


def _match_masks(photographs: Mapping[str, Path], where: Where) -> dict[str, Path]:
    themselves = {path.resolve() for path in photographs.values()}
    paths = [p for p in find_pictures(where, "masks", MaskError) if p.resolve() not in themselves]
    lossless = _one_each([p for p in paths if p.suffix.lower() in MASK_SUFFIXES])
    matched = {stem: lossless[stem] for stem in photographs if stem in lossless}
    for path in paths:
        if path.stem in photographs and path.stem not in matched:
            # What is left are JPEGs, and reading one tells what is wrong with it.
            read_values(path)
    if not matched:
        raise MaskError(
            f"None of the {len(paths)} masks in {where} has the name of a photograph. A mask is "
            f"called like its photograph, for example {next(iter(photographs))}.png"
        )
    return matched


def _one_each(paths: Sequence[Path]) -> dict[str, Path]:
    found: dict[str, Path] = {}
    for path in paths:
        other = found.setdefault(path.stem, path)
        if other is not path:
            raise MaskError(f"Two masks for one photograph: {other} and {path}. Take one away")
    return found


def _understand(
    photographs: Mapping[str, Path],
    masks: Mapping[str, Path],
    classes: str | Sequence[str] | None,
    values: Values | None,
    where: object,
) -> Meaning:
    found: set[Value] = set()
    tallies: list[Tally | None] = []
    for stem, photograph in photographs.items():
        shape, orientation = stored_layout(photograph)
        if stem in masks:
            mask = read_values(masks[stem])
            _check_fits(masks[stem], mask.shape, photograph, shape, orientation)
            held = values_in(mask)
            found |= held
            tallies.append(tally(masks[stem], mask, held))
    return decide_meaning(found, classes, values, where, count_objects(tallies))


def _check_fits(
    path: Path,
    mask_shape: tuple[int, ...],
    photograph: Path,
    stored: tuple[int, int],
    orientation: int,
) -> None:
    height, width = size_of(stored, orientation)
    if mask_shape[:2] == (height, width):
        return
    message = (
        f"The mask {path} has {mask_shape[0]} x {mask_shape[1]} pixels, and its photograph "
        f"{photograph} has {height} x {width} (height x width, upright). "
    )
    if mask_shape[:2] == stored:
        raise MaskError(
            f"{message}It was drawn on the photograph as it lies in the file, before its EXIF "
            f"orientation ({orientation}) is applied: turn the mask as well"
        )
    raise MaskError(f"{message}Export it at the size of the photograph")
