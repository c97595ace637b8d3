"""Photographs and masks, in memory and on disk.

Arrays are the same everywhere in this package:

- an image is ``(H, W, 3)`` uint8, RGB, upright;
- a mask is ``(H, W)`` uint8, class indexes, 0 being background and 255 unlabelled;
- probabilities are ``(H, W, C)`` float32, C counting the background.

There are at most 254 classes beside the background.
"""

from notebook_seg.data.box import Box
from notebook_seg.data.classes import BACKGROUND, UNLABELLED, ClassLabel
from notebook_seg.data.dataset import Dataset
from notebook_seg.data.files import atomic_write
from notebook_seg.data.images import IMAGE_SUFFIXES, find_images, image_size, read_image
from notebook_seg.data.masks import read_mask, write_mask
from notebook_seg.data.splitting import Split

__all__ = [
    "BACKGROUND",
    "IMAGE_SUFFIXES",
    "UNLABELLED",
    "Box",
    "ClassLabel",
    "Dataset",
    "Split",
    "atomic_write",
    "find_images",
    "image_size",
    "read_image",
    "read_mask",
    "write_mask",
]
