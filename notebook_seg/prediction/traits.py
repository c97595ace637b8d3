"""What is measured of a picture and of each object in it."""

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from notebook_seg.prediction.objects import SPECIMEN, FoundObject
from notebook_seg.prediction.result import Prediction

__all__ = ["Value", "object_columns", "object_traits", "picture_columns", "picture_traits"]

Value = str | int | float

_LENGTHS = ("perimeter", "length", "width")
_COLORS = tuple(
    f"{channel}_{what}" for what in ("mean", "spread") for channel in ("red", "green", "blue")
)
_DIGITS = 7


def picture_columns(class_names: Sequence[str], scaled: bool) -> list[str]:
    """Return the names of what `picture_traits` measures.

    Examples
    --------
    >>> picture_columns(["background", "leaf"], scaled=True)[:6]
    ['width', 'height', 'millimetres_per_pixel', 'objects', 'leaf_pixels', 'leaf_mm2']
    """
    of_class = ["pixels", *(["mm2"] if scaled else []), "share", "share_of_specimen", *_COLORS]
    return [
        *("width", "height", *(["millimetres_per_pixel"] if scaled else []), "objects"),
        *(f"{name}_{what}" for name in class_names[1:] for what in of_class),
    ]


def object_columns(class_names: Sequence[str], scaled: bool, together: bool) -> list[str]:
    """Return the names of what `object_traits` measures.

    Examples
    --------
    >>> object_columns(["background", "leaf"], scaled=False, together=True)[:4]
    ['object', 'class', 'area_pixels', 'perimeter_pixels']
    """
    of_class = ("share", *_COLORS)
    return [
        *("object", "class", "area_pixels", *(f"{name}_pixels" for name in _LENGTHS)),
        *(("area_mm2", *(f"{name}_mm" for name in _LENGTHS)) if scaled else ()),
        *("angle", "centroid_x", "centroid_y"),
        *("box_left", "box_top", "box_width", "box_height", "touches_border"),
        *("share_of_specimen", *_COLORS),
        *((f"{name}_{what}" for name in class_names[1:] for what in of_class) if together else ()),
    ]


def picture_traits(
    prediction: Prediction, objects: Sequence[FoundObject], scale: float | None = None
) -> dict[str, Value]:
    """Measure a picture and each class in it.

    Parameters
    ----------
    prediction : Prediction
    objects : sequence of FoundObject
        What was found in it.
    scale : float, optional
        Millimetres a pixel.

    Returns
    -------
    dict of str to number
        Width and height in pixels; the number of objects; of each class the area (pixels, and mm²
        where there is a scale), its share of the picture and of all that is no background (0 to 1),
        and mean and standard deviation of red, green and blue (0 to 255). Colours are left out of a
        class that the picture does not show.

    Notes
    -----
    Colours are those that the network sees: of samples of more than 8 bits, after each picture was
    stretched from its smallest to its largest value. Those of two such pictures are not comparable.
    """
    labels = prediction.labels
    specimen = int(np.count_nonzero(labels))
    traits: dict[str, Value] = {"width": labels.shape[1], "height": labels.shape[0]}
    traits["objects"] = len(objects)
    for label, name in enumerate(prediction.class_names[1:], 1):
        shown = labels == label
        area = int(np.count_nonzero(shown))
        of_class: dict[str, Value] = {"pixels": area, "share": area / labels.size}
        if scale is not None:
            of_class["mm2"] = area * scale**2
        if area:
            of_class["share_of_specimen"] = area / specimen
            of_class |= _colors(prediction.image, shown)
        traits |= {f"{name}_{what}": value for what, value in of_class.items()}
    return _rounded(traits) | ({} if scale is None else {"millimetres_per_pixel": scale})


def object_traits(
    prediction: Prediction, objects: Sequence[FoundObject], scale: float | None = None
) -> list[dict[str, Value]]:
    """Measure each object in a picture.

    Parameters
    ----------
    prediction : Prediction
    objects : sequence of FoundObject
        What was found in it.
    scale : float, optional
        Millimetres a pixel.

    Returns
    -------
    list of dict of str to number or str
        Of each its class. Its area and perimeter; its length along the principal axis and its
        width across (in pixels, and in mm² and mm where there is a scale). The angle of that axis:
        0 along the rows, up to 90° as it rises towards the right, down to -90°. Its centroid, x to
        the right and y downwards from the centre of the first pixel, and its box, in pixels.
        Whether it touches the border of the picture. Its share of all that is no background. Mean
        and standard deviation of its colours. Of a specimen of several classes, the share of each
        (0 to 1), and the colours of those that it shows.

    Notes
    -----
    The perimeter is that of the outer outline: holes count nothing, and the cut between two
    objects that touch counts for both. It is Crofton's in four directions [1]_, that of a disc
    within 2 %, that of a straight edge within 6 % however it is turned; length and width are right
    within little more than a pixel. The principal axis is that of the second moments; that of a
    disc or a square is any.

    References
    ----------
    .. [1] Legland et al. 2007, Computation of Minkowski measures on 2D and 3D binary images,
       doi:10.5566/ias.v26.p83-92

    Examples
    --------
    >>> image, working = np.zeros((50, 80, 3), np.uint8), np.zeros((50, 80, 2), np.float32)
    >>> working[10:30, 20:70, 1] = 1
    >>> prediction = Prediction(image, working, ("background", "ruler"), ("#000000", "#e6194b"))
    >>> from notebook_seg.prediction.objects import find_objects
    >>> (traits,) = object_traits(prediction, find_objects(prediction.labels), scale=0.5)
    >>> traits["length_pixels"], traits["width_pixels"], traits["length_mm"], traits["area_mm2"]
    (50.0, 20.0, 25.0, 250.0)
    """
    specimen = int(np.count_nonzero(prediction.labels))
    return [_traits_of(prediction, found, specimen, scale) for found in objects]


def _traits_of(
    prediction: Prediction, found: FoundObject, specimen: int, scale: float | None
) -> dict[str, Value]:
    labels, image = (array[found.box.slices] for array in (prediction.labels, prediction.image))
    size = {"area": found.area, **_shape(found)}
    traits: dict[str, Value] = {
        "class": "specimen" if found.label == SPECIMEN else prediction.class_names[found.label],
        **{f"{name}_pixels": size[name] for name in ("area", *_LENGTHS)},
        **{name: size[name] for name in ("angle", "centroid_x", "centroid_y")},
        **_place(found, prediction.labels.shape),
        "share_of_specimen": found.area / specimen,
        **_colors(image, found.mask),
    }
    if scale is not None:
        traits |= {"area_mm2": found.area * scale**2}
        traits |= {f"{name}_mm": size[name] * scale for name in _LENGTHS}
    if found.label == SPECIMEN:
        for label, name in enumerate(prediction.class_names[1:], 1):
            shown = found.mask & (labels == label)
            area = int(np.count_nonzero(shown))
            of_class = {"share": area / found.area, **(_colors(image, shown) if area else {})}
            traits |= {f"{name}_{what}": value for what, value in of_class.items()}
    return _rounded(traits)


def _shape(found: FoundObject) -> dict[str, float]:
    y, x = _outline(found.mask)
    moments = cv2.moments(found.mask.view(np.uint8), binaryImage=True)
    center_x, center_y = moments["m10"] / found.area, moments["m01"] / found.area
    # The direction of the largest spread.
    turn = 0.5 * np.arctan2(2 * moments["mu11"], moments["mu20"] - moments["mu02"])
    cos, sin = np.cos(turn), np.sin(turn)
    # Pixels have a size: their centres span a little less than they do.
    pixel = max(abs(cos), abs(sin))
    return {
        "perimeter": _perimeter(found.mask),
        "length": float(np.ptp(x * cos + y * sin) + pixel),
        "width": float(np.ptp(y * cos - x * sin) + pixel),
        "angle": float(-np.degrees(turn)),
        "centroid_x": found.box.left + center_x,
        "centroid_y": found.box.top + center_y,
    }


def _outline(mask: NDArray[np.bool_]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return rows and columns of the pixels that may lie farthest in some direction."""
    rows = np.flatnonzero(mask.any(1))
    first = mask[rows].argmax(1)
    last = mask.shape[1] - 1 - mask[rows, ::-1].argmax(1)
    return np.concatenate([rows, rows]), np.concatenate([first, last])


def _perimeter(mask: NDArray[np.bool_]) -> float:
    """Return Crofton's estimate: how often lines in four directions cross the outer outline."""
    around = np.pad(mask, 1).view(np.uint8)
    cv2.floodFill(around, None, (0, 0), 2)
    mask = around != 2
    straight = np.count_nonzero(mask[1:] != mask[:-1])
    straight += np.count_nonzero(mask[:, 1:] != mask[:, :-1])
    diagonal = np.count_nonzero(mask[1:, 1:] != mask[:-1, :-1])
    diagonal += np.count_nonzero(mask[1:, :-1] != mask[:-1, 1:])
    # Diagonal lines lie closer to each other.
    return float(np.pi / 8 * (straight + diagonal / np.sqrt(2)))


def _place(found: FoundObject, shape: tuple[int, ...]) -> dict[str, int]:
    top, left, bottom, right = found.box
    on_border = top == 0 or left == 0 or bottom == shape[0] or right == shape[1]
    return {
        "box_left": left,
        "box_top": top,
        "box_width": right - left,
        "box_height": bottom - top,
        "touches_border": int(on_border),
    }


def _colors(image: NDArray[np.uint8], mask: NDArray[np.bool_]) -> dict[str, float]:
    values = np.concatenate(cv2.meanStdDev(image, mask=mask.view(np.uint8))).ravel()
    return dict(zip(_COLORS, values.tolist(), strict=True))


def _rounded(traits: dict[str, Value]) -> dict[str, Value]:
    return {
        # A millimetre a pixel is much, a thousandth little: decimals would cut either short.
        name: float(f"{value:.{_DIGITS}g}") if isinstance(value, float) else value
        for name, value in traits.items()
    }
