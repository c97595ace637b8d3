"""Published trainings by name, each as a plan that can be looked at, changed and trained.

>>> print(bgnn(minutes=5).architecture, bgnn().learning_rate)
fpn 0.0001

What differs from the original is said with each. Common to all: photographs keep their aspect
ratio, pixels are scaled as the encoder wants them, masks are one-hot, and the best epoch is kept.
"""

from collections.abc import Sequence
from dataclasses import fields
from typing import Any

import cv2

from notebook_seg.training.augmentation import augmentation_as_plain, compose
from notebook_seg.training.augmentation.library import albumentations
from notebook_seg.training.plan import LEFT_OPEN, Plan
from notebook_seg.training.scale import WorkingScale

__all__ = ["ac295", "bgnn", "carvana", "sashimi"]


def ac295(**choices: Any) -> Plan:
    """Return the plan of the notebook tool of Huang, Hunt-Isaak and Palmer.

    A U-Net over a small ImageNet encoder, all of it trained with Adam on whole pictures of
    224 pixels, 30 epochs; Dice, which they found far better than cross-entropy where classes are
    rare. Mirrored, brighter or darker, elastically bent and grid-distorted. From their article
    "How we built an easy-to-use image segmentation tool with transfer learning" (2020); they ask
    for batch size, steps and encoder at each run, so that these are ours.

    Parameters
    ----------
    **choices
        Fields of `Plan` that are to be others, such as `minutes`, `seed` or `encoder`.

    Raises
    ------
    OptionError
        If a choice is not understood.

    Examples
    --------
    >>> plan = ac295(minutes=5)
    >>> plan.patch, plan.loss, plan.epochs, plan.minutes
    ((224, 224), 'dice', None, 5)
    """
    a = albumentations()
    transforms = [
        a.HorizontalFlip(p=0.5),
        a.VerticalFlip(p=0.5),
        a.OneOf([a.RandomBrightnessContrast(), a.RandomGamma()], p=0.5),
        a.OneOf([a.ElasticTransform(alpha=60, sigma=8), a.GridDistortion()], p=0.3),
    ]
    theirs = {
        "architecture": "unet",
        "encoder_weights": "imagenet",
        "freeze": "nothing",
        "loss": "dice",
        "optimizer": "adam",
        "schedule": "constant",
        "epochs": 30,
        **_whole_pictures(224, 224, transforms),
    }
    ours = {"encoder": "mobilenetv2", "learning_rate": 1e-3, "batch_size": 4, "steps": 20}
    return _recipe("Huang, Hunt-Isaak and Palmer", theirs, ours, choices)


def bgnn(pictures: int = 295, **choices: Any) -> Plan:
    """Return the plan of Maruf and Karpatne for twelve traits of fishes.

    An FPN over a frozen SE-ResNeXt50 from ImageNet, Dice, Adam at 1e-4 and from about epoch 25
    of 120 on at 1e-5, batches of 8 pictures of 320 x 800, each seen in ten augmented versions an
    epoch: mirrored, moved, turned, scaled, noisy. They reach a mean IoU of 0.90. Here versions are
    drawn anew each time, the learning rate falls after a fifth, and taller pictures are cut.

    Parameters
    ----------
    pictures : int
        How many are learned from; ten times as many are seen an epoch.
    **choices
        Fields of `Plan` that are to be others.

    Raises
    ------
    OptionError
        If a choice is not understood.

    Examples
    --------
    >>> plan = bgnn(pictures=40)
    >>> plan.encoder, plan.freeze, plan.patch, plan.steps
    ('seresnext50', 'encoder', (320, 800), 50)
    """
    a = albumentations()
    moves = a.Affine(
        translate_percent=(-0.06, 0.06),
        rotate=(-15, 15),
        scale=(0.9, 1.1),
        border_mode=cv2.BORDER_REFLECT_101,
        p=0.8,
    )
    transforms = [a.HorizontalFlip(p=0.5), moves, a.GaussNoise(std_range=(0.01, 0.05), p=0.3)]
    theirs = {
        "architecture": "fpn",
        "encoder": "seresnext50",
        "encoder_weights": "imagenet",
        "freeze": "encoder",
        "loss": "dice",
        "optimizer": "adam",
        "learning_rate": 1e-4,
        "schedule": "step",
        "batch_size": 8,
        "steps": _steps(10 * pictures, 8),
        "epochs": 120,
        "validation": 0.25,
        **_whole_pictures(320, 800, transforms),
    }
    return _recipe("Maruf and Karpatne", theirs, {}, choices)


def carvana(pictures: int = 4070, **choices: Any) -> Plan:
    """Return the plan of "U-Net with R" for the cars of the Carvana challenge.

    The plain U-Net of 31,031,745 parameters from random weights, 128 x 128 pixels, binary
    cross-entropy, RMSprop at 1e-5, batches of 32, a fifth of the pictures held back; brightness,
    contrast and saturation change, nothing moves. It reaches a Dice of about 0.87 after 5 epochs.
    Here a picture is as long as 128 pixels and padded, not squashed.

    Parameters
    ----------
    pictures : int
        How many are learned from; each is seen once an epoch.
    **choices
        Fields of `Plan` that are to be others.

    Raises
    ------
    OptionError
        If a choice is not understood.

    Examples
    --------
    >>> plan = carvana()
    >>> plan.architecture, plan.encoder_weights, plan.optimizer, plan.steps
    ('plain_unet', None, 'rmsprop', 128)
    """
    a = albumentations()
    colours = a.ColorJitter(
        brightness=(0.7, 1.3), contrast=(0.7, 1.3), saturation=(0.7, 1.3), hue=(0, 0), p=1
    )
    theirs = {
        "architecture": "plain_unet",
        "encoder": "none",
        "encoder_weights": None,
        "loss": "cross_entropy",
        "optimizer": "rmsprop",
        "learning_rate": 1e-5,
        "schedule": "constant",
        "batch_size": 32,
        "steps": _steps(pictures, 32),
        "epochs": 5,
        "validation": 0.2,
        **_whole_pictures(128, 128, [colours]),
    }
    return _recipe('"U-Net with R"', theirs, {}, choices)


def sashimi(pictures: int = 720, **choices: Any) -> Plan:
    """Return the plan of Schwartz and Alfaro's Sashimi for organisms before any background.

    What it has in common with theirs (doi 10.5068/D16M4N) is the way of unfreezing: the
    heads alone, then the upper half of the encoder with them, then all, 160 epochs in all on 720
    of 910 pictures. Theirs is a Mask R-CNN, which finds objects one by one; here an FPN over
    ResNet50 finds their pixels, and patches are of whole pictures of 512 pixels.

    Parameters
    ----------
    pictures : int
        How many are learned from; each is seen once an epoch.
    **choices
        Fields of `Plan` that are to be others.

    Raises
    ------
    OptionError
        If a choice is not understood.

    Examples
    --------
    >>> sashimi(minutes=30, encoder="resnet18").freeze
    'staged'
    """
    theirs = {"freeze": "staged", "epochs": 160, "steps": _steps(pictures, 2), "validation": 0.2}
    ours = {
        "architecture": "fpn",
        "encoder": "resnet50",
        "loss": "cross_entropy + dice",
        "optimizer": "adam",
        "learning_rate": 1e-3,
        "batch_size": 2,
        **_whole_pictures(512, 512, compose("light").transforms),
    }
    return _recipe("Schwartz and Alfaro", theirs, ours, choices)


def _whole_pictures(height: int, width: int, transforms: Sequence[Any]) -> dict[str, Any]:
    """Return the choices of those who scale pictures to one size and draw them at random."""
    return {
        "scale": WorkingScale(long_side=max(height, width)),
        "patch": (height, width),
        "sampling": 0.0,
        "augmentation": augmentation_as_plain(list(transforms), (height, width)),
    }


def _steps(pictures: int, batch_size: int) -> int:
    return max(1, -(-pictures // batch_size))


def _recipe(
    name: str, theirs: dict[str, Any], ours: dict[str, Any], choices: dict[str, Any]
) -> Plan:
    reasons = {
        **dict.fromkeys((f.name for f in fields(Plan)), "the recipe leaves it open"),
        "minutes": LEFT_OPEN["minutes"],
        **dict.fromkeys(theirs, f"the recipe of {name}"),
        **dict.fromkeys(ours, "ours: the recipe leaves it open, or it was something else there"),
    }
    return Plan(**theirs, **ours, reasons=reasons).replace(**choices)
