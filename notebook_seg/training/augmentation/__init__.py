"""Augmentation of image and mask in step: presets, and pipelines of one's own.

none
    Nothing is changed.
light
    Mirrored; turned and zoomed a little; brightness.
medium
    Mirrored; turned by 20 degrees, zoomed by a third; colours; now and then blur, noise.
strong
    Medium and more of each, bent, parts hidden, colours dropped, compression.
specimen
    Medium, and now and then gently bent or compressed: what is up stays roughly up.
microscopy
    Mirrored and turned every way; zoomed by a quarter; colours; now and then blur, noise.
microscopy_inverted
    The same, and in three of ten dark and bright change places.

A preset is an albumentations ``Compose``, and so is what takes its place:

>>> pipeline = compose("light")
>>> pipeline.transforms = [*pipeline.transforms, *compose("microscopy").transforms[-2:]]
>>> sorted(augmentation_as_plain(pipeline))
['__version__', 'transform']
"""

from notebook_seg.training.augmentation.augmenter import Augment, augmenter
from notebook_seg.training.augmentation.pipeline import (
    Pipeline,
    augmentation_as_plain,
    compose,
    describe_augmentation,
)
from notebook_seg.training.augmentation.presets import AUGMENTATIONS

__all__ = [
    "AUGMENTATIONS",
    "Augment",
    "Pipeline",
    "augmentation_as_plain",
    "augmenter",
    "compose",
    "describe_augmentation",
]
