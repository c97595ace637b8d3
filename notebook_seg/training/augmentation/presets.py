"""What the presets do to a picture.

Masks are moved to the nearest pixel, never interpolated; what comes in from beyond a border is
mirrored in both, so that the mask stays right there.
"""

from collections.abc import Callable
from typing import Any

import cv2

from notebook_seg.training.augmentation.library import albumentations

__all__ = ["AUGMENTATIONS", "preset"]

Transforms = list[Any]

_MIRRORED = cv2.BORDER_REFLECT_101


def _mirror() -> Transforms:
    return [albumentations().HorizontalFlip(p=0.5)]


def _moves(rotation: float, zoom: tuple[float, float], shear: float) -> Transforms:
    return [
        albumentations().Affine(
            rotate=(-rotation, rotation),
            scale=zoom,
            shear=(-shear, shear),
            interpolation=cv2.INTER_LINEAR,
            mask_interpolation=cv2.INTER_NEAREST,
            border_mode=_MIRRORED,
            p=0.9,
        )
    ]


def _grid(limit: float, p: float) -> Any:
    return albumentations().GridDistortion(
        num_steps=5, distort_limit=limit, border_mode=_MIRRORED, p=p
    )


def _elastic(p: float) -> Any:
    # Smooth random displacements, as in doi 10.1007/978-3-319-24574-4_28.
    return albumentations().ElasticTransform(
        alpha=60, sigma=8, approximate=True, border_mode=_MIRRORED, p=p
    )


def _light(strength: float, gamma: tuple[int, int]) -> Transforms:
    a = albumentations()
    return [
        a.RandomBrightnessContrast(brightness_limit=strength, contrast_limit=strength, p=0.7),
        a.RandomGamma(gamma_limit=gamma, p=0.4),
    ]


def _hues(hue: int, saturation: int) -> Transforms:
    return [
        albumentations().HueSaturationValue(
            hue_shift_limit=hue, sat_shift_limit=saturation, val_shift_limit=10, p=0.5
        )
    ]


def _one_of(transforms: Transforms, p: float) -> Any:
    return albumentations().OneOf(transforms, p=p)


def _coarser(least: float, most: float) -> Any:
    # Pixels that are left out would move the picture against its mask; averages do not.
    how = {"downscale": cv2.INTER_AREA, "upscale": cv2.INTER_LINEAR}
    return albumentations().Downscale(scale_range=(least, most), interpolation_pair=how)


def _blur_and_noise(noise: float) -> Transforms:
    a = albumentations()
    return [a.GaussianBlur(blur_limit=(3, 5)), a.GaussNoise(std_range=(0.01, noise))]


def _none() -> Transforms:
    return []


def _gentle() -> Transforms:
    a = albumentations()
    brightness = a.RandomBrightnessContrast(brightness_limit=0.15, contrast_limit=0.15, p=0.5)
    return [*_mirror(), *_moves(10, (0.9, 1.1), 0), brightness]


def _medium() -> Transforms:
    colours = [*_light(0.25, (75, 135)), *_hues(8, 25)]
    faults = _one_of(_blur_and_noise(0.05), p=0.25)
    return [*_mirror(), *_moves(20, (0.75, 1.33), 6), *colours, faults]


def _strong() -> Transforms:
    a = albumentations()
    bends = _one_of([_elastic(1), _grid(0.3, 1), a.Perspective(border_mode=_MIRRORED)], p=0.4)
    colours = [*_light(0.35, (60, 160)), *_hues(15, 40), a.ToGray(p=0.1)]
    faults = [
        *_blur_and_noise(0.1),
        # Else the picture moves aside and its mask does not.
        a.MotionBlur(blur_limit=(3, 7), allow_shifted=False, direction_range=(0, 0)),
        _coarser(0.4, 0.8),
        a.ImageCompression(quality_range=(30, 80)),
    ]
    hidden = a.CoarseDropout(
        num_holes_range=(1, 4),
        hole_height_range=(0.05, 0.15),
        hole_width_range=(0.05, 0.15),
        fill="random_uniform",
        p=0.3,
    )
    moves = [*_mirror(), *_moves(45, (0.6, 1.6), 12), bends]
    return [*moves, *colours, _one_of(faults, p=0.5), hidden]


def _specimen() -> Transforms:
    # Colours stay about what they are: by them one class is told from another.
    moves = [*_mirror(), *_moves(20, (0.75, 1.33), 6), _grid(0.15, p=0.15)]
    colours = [*_light(0.25, (75, 135)), *_hues(8, 25)]
    faults = [*_blur_and_noise(0.05), albumentations().ImageCompression(quality_range=(50, 90))]
    return [*moves, *colours, _one_of(faults, p=0.25)]


def _microscopy() -> Transforms:
    flips = [*_mirror(), albumentations().VerticalFlip(p=0.5)]
    colours = [*_light(0.25, (75, 135)), *_hues(8, 25)]
    faults = _one_of(_blur_and_noise(0.05), p=0.25)
    return [*flips, *_moves(90, (0.8, 1.25), 6), *colours, faults]


def _microscopy_inverted() -> Transforms:
    # Dark and bright change places, so that shapes are learned rather than a kind of light.
    return [albumentations().InvertImg(p=0.3), *_microscopy()]


_PRESETS: dict[str, Callable[[], Transforms]] = {
    "none": _none,
    "light": _gentle,
    "medium": _medium,
    "strong": _strong,
    "microscopy": _microscopy,
    "microscopy_inverted": _microscopy_inverted,
    "specimen": _specimen,
}

AUGMENTATIONS = tuple(_PRESETS)
"""The names of the presets."""


def preset(name: str) -> Transforms:
    """Return the transforms of a preset, new ones at each call.

    Examples
    --------
    >>> len(preset("none")), len(preset("light"))
    (0, 3)
    """
    return _PRESETS[name]()
