"""What is written of a photograph beside its label map, and how it is encoded."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import reduce

import cv2
import numpy as np

from notebook_seg.data.box import Box
from notebook_seg.data.classes import BACKGROUND, color_to_rgb
from notebook_seg.data.masks import encode_mask
from notebook_seg.errors import ImageError, OptionError, check_choice
from notebook_seg.prediction.objects import FoundObject
from notebook_seg.prediction.result import Prediction

__all__ = ["OUTPUTS", "Outputs", "encoded_outputs"]

_JPEG = (cv2.IMWRITE_JPEG_QUALITY, 90)
# As small as with more effort within a few per cent, in half of the time.
_PNG = (cv2.IMWRITE_PNG_COMPRESSION, 1, cv2.IMWRITE_PNG_FILTER, cv2.IMWRITE_PNG_FILTER_UP)


@dataclass(frozen=True)
class Outputs:
    """What to write of each photograph, and what counts as an object in it.

    Parameters
    ----------
    write : sequence of str
        Of ``"masks"`` (always written), ``"overlays"``, ``"cutouts"``, ``"silhouettes"`` and
        ``"objects"``.
    crop : bool
        Whether a cut-out is only as large as the objects in it.
    background : str, optional
        The colour ``"#rrggbb"`` behind cut-outs and objects, which is transparent if not given.
    split : bool
        Whether a connected piece is split into objects that touch.
    together : bool
        Whether an object is a specimen of all classes that are connected, such as a leaf with its
        symptoms, rather than a piece of one class.
    smallest : float
        Objects of less are left out: from 1 on in pixels, below 1 as a share of the largest object
        of the same class in the picture.

    Raises
    ------
    OptionError
        If a value is not understood.

    Examples
    --------
    >>> Outputs(["cutouts"]).write
    ('masks', 'cutouts')
    """

    write: Sequence[str] = ("masks", "overlays")
    crop: bool = False
    background: str | None = None
    split: bool = True
    together: bool = False
    smallest: float = 0.01

    def __post_init__(self) -> None:
        given = [self.write] if isinstance(self.write, str) else self.write
        chosen = {check_choice("output", name, OUTPUTS) for name in given} | {"masks"}
        object.__setattr__(self, "write", tuple(name for name in OUTPUTS if name in chosen))
        if self.background is not None:
            color_to_rgb(self.background)
        if not self.smallest >= 0:
            raise OptionError(
                "The smallest object is a number of pixels, or below 1 a share of the largest. "
                f"Received: {self.smallest}"
            )


def encoded_outputs(
    prediction: Prediction, objects: Sequence[FoundObject], name: str, outputs: Outputs
) -> Iterator[tuple[str, bytes]]:
    """Yield the path below the folder of results, and the content, of each file.

    The label map comes last: where it lies, the others lie as well.

    Parameters
    ----------
    prediction : Prediction
    objects : sequence of FoundObject
        What was found in it.
    name : str
        Of the photograph, without ending.
    outputs : Outputs
    """
    for output in reversed(outputs.write):
        for ending, content in _ENCODERS[output](prediction, objects, outputs):
            yield f"{output}/{name}{ending}", content


_Encoded = Iterable[tuple[str, bytes]]


def _masks(prediction: Prediction, objects: Sequence[FoundObject], outputs: Outputs) -> _Encoded:
    yield ".png", encode_mask(prediction.labels, prediction.colors)


def _overlays(prediction: Prediction, objects: Sequence[FoundObject], outputs: Outputs) -> _Encoded:
    bgr = cv2.cvtColor(prediction.overlay(), cv2.COLOR_RGB2BGR)
    yield ".jpg", _encoded(".jpg", bgr, _JPEG)


def _silhouettes(
    prediction: Prediction, objects: Sequence[FoundObject], outputs: Outputs
) -> _Encoded:
    yield ".png", _png(np.where(prediction.labels == BACKGROUND, np.uint8(255), np.uint8(0)))


def _cutouts(prediction: Prediction, objects: Sequence[FoundObject], outputs: Outputs) -> _Encoded:
    box = _around(objects) if outputs.crop else Box.whole(prediction.labels.shape)
    if box.is_empty:
        return
    kept = prediction.labels[box.slices] != BACKGROUND
    yield ".png", _png(_cut_out(prediction.image[box.slices], kept, outputs.background))


def _objects(prediction: Prediction, objects: Sequence[FoundObject], outputs: Outputs) -> _Encoded:
    for number, found in enumerate(objects, 1):
        image = prediction.image[found.box.slices]
        yield f"_{number}.png", _png(_cut_out(image, found.mask, outputs.background))


_ENCODERS: dict[str, Callable[[Prediction, Sequence[FoundObject], Outputs], _Encoded]] = {
    "masks": _masks,
    "overlays": _overlays,
    "cutouts": _cutouts,
    "silhouettes": _silhouettes,
    "objects": _objects,
}
OUTPUTS = tuple(_ENCODERS)


def _around(objects: Sequence[FoundObject]) -> Box:
    """Return the box around all objects, so that a speck that is none does not widen it."""
    boxes = [found.box for found in objects]
    return reduce(Box.union, boxes) if boxes else Box(0, 0, 0, 0)


def _cut_out(image: np.ndarray, kept: np.ndarray, background: str | None) -> np.ndarray:
    """Return blue, green and red of what is kept, and the opacity where nothing lies behind."""
    behind = (0, 0, 0) if background is None else color_to_rgb(background)
    bgr = np.empty_like(image)
    bgr[:] = behind[::-1]
    cv2.copyTo(cv2.cvtColor(image, cv2.COLOR_RGB2BGR), kept.view(np.uint8), bgr)
    if background is not None:
        return bgr
    return np.dstack([bgr, kept.astype(np.uint8) * 255])


def _png(pixels: np.ndarray) -> bytes:
    return _encoded(".png", pixels, _PNG)


def _encoded(ending: str, pixels: np.ndarray, options: Sequence[int]) -> bytes:
    try:
        encoded, content = cv2.imencode(ending, pixels, options)
    except cv2.error:
        encoded = False
    if not encoded:
        height, width = pixels.shape[:2]
        raise ImageError(
            f"A picture of {width} x {height} pixels is too large for a {ending} file. Leave this "
            "output out, or scale the photograph down"
        )
    return content.tobytes()
