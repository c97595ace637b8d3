"""A mask on its way into a format and back, without a dataset around it."""

from pathlib import Path

import numpy as np
from PIL import Image

from notebook_seg.data.classes import UNLABELLED, ClassLabel, make_classes
from notebook_seg.data.formats import FORMATS
from notebook_seg.data.formats.annotated import Drawing, Hints, Labelled
from notebook_seg.data.formats.exporting import Files
from notebook_seg.data.values import Meaning

CLASSES = (*make_classes(["fish", "long fin"]), ClassLabel(UNLABELLED, "unlabelled", "#808080"))
INDEXES = {label.name: label.index for label in CLASSES}
SIZE = (60, 80)


def three_shapes() -> np.ndarray:
    """Return a square fish, a fin over its corner and a round fish, drawn one after the other."""
    y, x = np.mgrid[: SIZE[0], : SIZE[1]] + 0.5
    mask = np.zeros(SIZE, np.uint8)
    mask[10:30, 10:30] = 1
    mask[25:40, 20:25] = 2
    mask[np.hypot(x - 60, y - 30) < 6] = 1
    return mask


THREE_SHAPES = three_shapes()


def write(kind: str, mask: np.ndarray, folder: Path) -> list[Path]:
    """Write a mask of fish and fins, and return the files."""
    photograph = folder / "fish_1.png"
    if not photograph.exists():
        Image.new("RGB", mask.shape[::-1]).save(photograph)
    files = Files(folder)
    FORMATS[kind].write(iter([Labelled("fish_1", photograph, mask, CLASSES)]), files)
    return files.written


def there_and_back(kind: str, mask: np.ndarray, folder: Path) -> np.ndarray:
    """Write a mask in a format, with nothing beside it, and paint what is read again."""
    read = [path for path in write(kind, mask, folder) if path.suffix != ".csv"]
    (picture,) = FORMATS[kind].read(read, Hints(tuple(INDEXES))).pictures
    if isinstance(picture, Drawing):
        return picture.paint(mask.shape, INDEXES)
    values = picture.read((mask.shape, mask.shape))
    if picture.names is None:
        return values
    return Meaning((), {0: 0} | {v: INDEXES[n] for v, n in picture.names.items()}).apply(values)
