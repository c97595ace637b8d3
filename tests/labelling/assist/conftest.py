"""Real specimens, and lassos around them that are off by some pixels."""

import cv2
import numpy as np
import PIL.Image
import pytest

from notebook_seg.data import read_image


@pytest.fixture(scope="session")
def coin_scene(coin_dataset):
    """A photograph of a few coins, and their mask."""
    return coin_dataset.image(coin_dataset.stems[0]), coin_dataset.mask(coin_dataset.stems[0])


@pytest.fixture(scope="session")
def fishes(photographs):
    """Four photographs of a fish each, and which pixels are fish."""
    paths = sorted((photographs / "fish" / "images").iterdir())[:4]
    masks = [photographs / "fish" / "masks" / f"{path.stem}.png" for path in paths]
    return [
        (read_image(path), np.array(PIL.Image.open(mask)) > 0)
        for path, mask in zip(paths, masks, strict=True)
    ]


@pytest.fixture(scope="session")
def leaf(photographs):
    return read_image(sorted((photographs / "leaf" / "images").iterdir())[0])


@pytest.fixture(scope="session")
def outline_around():
    """Makes the outline of the largest object that keeps some pixels away from it."""

    def make(pixels, away):
        size = 2 * abs(away) + 1
        kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size))
        padded = np.pad(pixels.astype(np.uint8), size)
        padded = cv2.dilate(padded, kernel) if away > 0 else cv2.erode(padded, kernel)
        contours, _ = cv2.findContours(padded, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
        return max(contours, key=cv2.contourArea)[::4, 0].astype(float) - size

    return make


@pytest.fixture(scope="session")
def as_pixels():
    """Makes a bool array of the size of a picture from a region of it."""

    def make(region, shape):
        pixels = np.zeros(shape[:2], bool)
        if region is not None:
            pixels[region.box.slices] = region.inside
        return pixels

    return make


@pytest.fixture(scope="session")
def iou():
    return lambda one, other: (one & other).sum() / (one | other).sum()
