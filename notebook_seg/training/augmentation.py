"""Augmentation of image and mask in step: the one door to `albumentations`."""

import functools
import os
import threading
from collections.abc import Callable
from types import ModuleType

import cv2
import numpy as np

from notebook_seg.errors import check_choice

__all__ = ["AUGMENTATIONS", "augmenter"]

Augment = Callable[[np.ndarray, np.ndarray, int], tuple[np.ndarray, np.ndarray]]

AUGMENTATIONS = ("none", "specimen", "microscopy")


# Two threads at once would each put back what the other has set.
_importing = threading.Lock()


def _albumentations() -> ModuleType:
    with _importing:
        return _import_quietly()


@functools.cache
def _import_quietly() -> ModuleType:
    # It asks the network for a newer version of itself when it is imported, unless told not to.
    switch = "NO_ALBUMENTATIONS_UPDATE"
    before = os.environ.get(switch)
    os.environ[switch] = "1"
    try:
        import albumentations
    finally:
        if before is None:
            del os.environ[switch]
        else:
            os.environ[switch] = before
    return albumentations


def _colours() -> list[object]:
    a = _albumentations()
    return [
        a.RandomBrightnessContrast(brightness_limit=0.25, contrast_limit=0.25, p=0.7),
        a.RandomGamma(gamma_limit=(75, 135), p=0.4),
        a.HueSaturationValue(hue_shift_limit=8, sat_shift_limit=25, val_shift_limit=10, p=0.5),
        a.OneOf([a.GaussianBlur(blur_limit=(3, 5)), a.GaussNoise(std_range=(0.01, 0.05))], p=0.25),
    ]


def _moves(rotation: float, zoom: tuple[float, float]) -> list[object]:
    return [
        _albumentations().Affine(
            rotate=(-rotation, rotation),
            scale=zoom,
            shear=(-6, 6),
            interpolation=cv2.INTER_LINEAR,
            mask_interpolation=cv2.INTER_NEAREST,
            border_mode=cv2.BORDER_REFLECT_101,
            p=0.9,
        )
    ]


def _transforms(name: str) -> list[object]:
    a = _albumentations()
    if name == "specimen":
        return [a.HorizontalFlip(p=0.5), *_moves(20, (0.75, 1.33)), *_colours()]
    if name == "microscopy":
        flips = [a.HorizontalFlip(p=0.5), a.VerticalFlip(p=0.5)]
        return [*flips, *_moves(90, (0.8, 1.25)), *_colours()]
    return []


def augmenter(name: str) -> Augment:
    """Return a function that changes an image and its mask alike.

    Parameters
    ----------
    name : {"none", "specimen", "microscopy"}
        ``"specimen"`` keeps what is up roughly up; ``"microscopy"`` turns every way.

    Returns
    -------
    callable
        ``(image, mask, seed) -> (image, mask)``: image ``(H, W, 3)`` uint8 and mask ``(H, W)``
        uint8 of the same size as before; masks keep their values, none is interpolated. The
        same seed gives the same change. It may be called from several threads.

    Raises
    ------
    OptionError
        If the name is not known.

    Examples
    --------
    >>> image, mask = np.zeros((64, 64, 3), np.uint8), np.eye(64, dtype=np.uint8)
    >>> image, mask = augmenter("specimen")(image, mask, seed=1)
    >>> image.shape, mask.shape, sorted(set(mask.ravel().tolist()))
    ((64, 64, 3), (64, 64), [0, 1])
    """
    check_choice("augmentation", name, AUGMENTATIONS)
    own = threading.local()

    def augment(image: np.ndarray, mask: np.ndarray, seed: int) -> tuple[np.ndarray, np.ndarray]:
        if not hasattr(own, "compose"):
            own.compose = _albumentations().Compose(_transforms(name))
        own.compose.set_random_seed(seed)
        changed = own.compose(image=image, mask=mask)
        return changed["image"], changed["mask"]

    return augment
