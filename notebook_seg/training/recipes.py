"""Published trainings by name, each as a plan that can be looked at, changed and trained.

>>> print(bgnn(minutes=5).architecture, bgnn().learning_rate)
fpn 0.0001

What differs from the original is said with each. Common to all: photographs keep their aspect
ratio, pixels are scaled as the encoder wants them, masks are one-hot, and the best epoch is kept.
"""

from collections.abc import Sequence
from dataclasses import fields, replace
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
    rare. Mirrored, brighter or darker, elastically bent and grid-distorted, a tenth as they are.
    From their article "How we built an easy-to-use image segmentation tool with transfer learning"
    (2020) and its code, https://github.com/ianhi/AC295-final-project-JWI. They ask for the encoder,
    the batch size and the steps of an epoch at each run, so that these are ours.

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
    changed = 0.9
    brighter = a.RandomBrightnessContrast(contrast_limit=0, p=1)
    more_contrast = a.RandomBrightnessContrast(brightness_limit=0, p=1)
    bent = a.ElasticTransform(alpha=120, sigma=6, border_mode=cv2.BORDER_REFLECT_101, p=1)
    transforms = [
        a.HorizontalFlip(p=0.5),
        a.VerticalFlip(p=0.5),
        a.OneOf([brighter, a.RandomGamma(p=1), more_contrast], p=0.5 * changed),
        a.OneOf([bent, a.GridDistortion(border_mode=cv2.BORDER_REFLECT_101, p=1)], p=0.5 * changed),
    ]
    theirs = {
        "architecture": "unet",
        "encoder_weights": "imagenet",
        "freeze": "nothing",
        "loss": "dice",
        "optimizer": "adam",
        "learning_rate": 1e-3,
        "schedule": "constant",
        "epochs": 30,
        **_whole_pictures(224, 224, transforms),
    }
    ours = {"encoder": "mobilenetv2", "batch_size": 4, "steps": 20}
    return _recipe("Huang, Hunt-Isaak and Palmer", theirs, ours, choices)


def bgnn(pictures: int = 295, **choices: Any) -> Plan:
    """Return the plan of Maruf and Karpatne for twelve traits of fishes.

    An FPN over a frozen SE-ResNeXt50 from ImageNet, Dice, Adam at 1e-4 and from about epoch 25
    of 120 on at 1e-5, batches of 8 pictures of 320 x 800, each seen in ten augmented versions an
    epoch: mirrored, moved, turned, scaled, noisy, how much of each is ours. They reach a mean IoU
    of 0.90. Here versions are drawn anew each time, the learning rate falls after a fifth, and
    taller pictures are cut.

    Parameters
    ----------
    pictures : int
        How many are learned from; ten times as many are drawn an epoch.
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
        "epochs": 120,
        "validation": 0.25,
        **_whole_pictures(320, 800, transforms),
    }
    return _recipe("Maruf and Karpatne", theirs, {}, choices, drawn=10 * pictures)


def carvana(pictures: int = 4070, **choices: Any) -> Plan:
    """Return the plan of "U-Net with R" for the cars of the Carvana challenge.

    The plain U-Net of 31,031,745 parameters from random weights, 128 x 128 pixels, binary
    cross-entropy, RMSprop at 1e-5, batches of 32, a fifth of the pictures held back; pictures are
    brighter or darker by up to 0.3, with 0.5 to 0.7 of their contrast and saturation, and nothing
    moves. It reaches a Dice of about 0.87 after 5 epochs.
    Here a picture is as long as 128 pixels and padded, not squashed.

    Parameters
    ----------
    pictures : int
        How many are learned from; as many are drawn an epoch.
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
    brighter = a.RandomBrightnessContrast(brightness_limit=0.3, contrast_limit=0, p=1)
    duller = a.ColorJitter(
        brightness=(1, 1), contrast=(0.5, 0.7), saturation=(0.5, 0.7), hue=(0, 0), p=1
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
        "epochs": 5,
        "validation": 0.2,
        **_whole_pictures(128, 128, [brighter, duller]),
    }
    return _recipe('"U-Net with R"', theirs, {}, choices, drawn=pictures)


def sashimi(pictures: int = 720, **choices: Any) -> Plan:
    """Return the plan of Schwartz and Alfaro's Sashimi for organisms before any background.

    What it has in common with theirs (doi 10.5068/D16M4N) is the way of unfreezing: the
    heads alone, then the upper half of the encoder with them, then all, 160 epochs in all on 720
    of 910 pictures. Theirs is a Mask R-CNN, which finds objects one by one; here an FPN over
    ResNet50 finds their pixels, and patches are of whole pictures of 512 pixels.

    Parameters
    ----------
    pictures : int
        How many are learned from; as many are drawn an epoch.
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
    theirs = {"freeze": "staged", "epochs": 160, "validation": 0.2}
    ours = {
        "architecture": "fpn",
        "encoder": "resnet50",
        "loss": "cross_entropy + dice",
        "optimizer": "adam",
        "learning_rate": 1e-3,
        "encoder_rate": 0.1,
        "batch_size": 2,
        **_whole_pictures(512, 512, compose("light").transforms),
    }
    return _recipe("Schwartz and Alfaro", theirs, ours, choices, drawn=pictures)


def _whole_pictures(height: int, width: int, transforms: Sequence[Any]) -> dict[str, Any]:
    """Return the choices of those who scale pictures to one size and draw them at random."""
    return {
        "scale": WorkingScale(long_side=max(height, width)),
        "patch": (height, width),
        "sampling": 0.0,
        "augmentation": augmentation_as_plain(list(transforms), (height, width)),
    }


def _recipe(
    name: str,
    theirs: dict[str, Any],
    ours: dict[str, Any],
    choices: dict[str, Any],
    drawn: int | None = None,
) -> Plan:
    """Return a recipe with some choices; of its pictures, `drawn` are drawn an epoch."""
    reasons = {
        **dict.fromkeys((f.name for f in fields(Plan)), "the recipe leaves it open"),
        "minutes": LEFT_OPEN["minutes"],
        **dict.fromkeys(theirs, _theirs(name)),
        **dict.fromkeys(ours, "ours: the recipe leaves it open, or it was something else there"),
    }
    plan = Plan(**theirs, **ours, reasons=reasons).replace(**choices)
    if drawn is None or "steps" in choices:
        return plan
    steps = max(1, -(-drawn // plan.batch_size))
    return replace(plan, steps=steps, reasons={**plan.reasons, "steps": _theirs(name)})


def _theirs(name: str) -> str:
    return f"the recipe of {name}"
