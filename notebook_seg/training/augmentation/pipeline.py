"""Pipelines of transforms: by a preset's name, or a user's own, kept as plain values."""

import json
from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np

from notebook_seg.data import UNLABELLED
from notebook_seg.errors import OptionError, check_choice
from notebook_seg.training.augmentation.library import albumentations
from notebook_seg.training.augmentation.presets import AUGMENTATIONS, preset

__all__ = [
    "Pipeline",
    "augmentation_as_plain",
    "compose",
    "describe_augmentation",
    "transformed",
]

Pipeline: TypeAlias = Any
"""A ``Compose`` of albumentations, which tells no types."""

_TRIED = 8  # seeds, since most transforms act now and then


def compose(augmentation: str | Mapping[str, Any]) -> Pipeline:
    """Return an augmentation as an albumentations ``Compose`` that can be edited.

    Parameters
    ----------
    augmentation : str or mapping
        A preset's name, see `AUGMENTATIONS`, or what `augmentation_as_plain` returned.

    Returns
    -------
    albumentations.Compose
        A new one at each call; its ``transforms`` may be changed.

    Raises
    ------
    OptionError
        If the name is not known, or the values cannot be read.

    Examples
    --------
    >>> [type(transform).__name__ for transform in compose("light").transforms]
    ['HorizontalFlip', 'Affine', 'RandomBrightnessContrast']
    """
    if isinstance(augmentation, Mapping):
        return _read(_check_mapping(augmentation))
    check_choice("augmentation", augmentation, AUGMENTATIONS)
    return albumentations().Compose(preset(augmentation))


def augmentation_as_plain(
    augmentation: Any, patch: tuple[int, int] = (256, 256)
) -> str | dict[str, Any]:
    """Return an augmentation as a name or plain values, which a plan keeps and `compose` reads.

    Parameters
    ----------
    augmentation : str, albumentations.Compose, transform, sequence of transforms, or mapping
        A pipeline is tried on a picture. A mapping was tried when it was made, and is only
        looked at, so that a model can be opened where the library of its training is not.
    patch : (int, int)
        Height and width in pixels of the patches that it will be given.

    Returns
    -------
    str or dict
        A dict of what JSON can hold; reading it back gives the same.

    Raises
    ------
    OptionError
        If it is none of these, cannot be kept as plain values, or fails: on pictures with masks,
        by another size or dtype, or by values in the mask that were not there.

    Examples
    --------
    >>> augmentation_as_plain("specimen")
    'specimen'
    >>> plain = augmentation_as_plain(compose("light"))
    >>> augmentation_as_plain(compose(plain)) == plain
    True
    """
    if isinstance(augmentation, str):
        return check_choice("augmentation", augmentation, AUGMENTATIONS)
    if isinstance(augmentation, Mapping):
        return _plain_values(_check_mapping(augmentation))
    plain = _plain_values(_as_dict(_as_pipeline(augmentation)))
    _try(_read(plain), patch)
    return plain


def describe_augmentation(augmentation: str | Mapping[str, Any]) -> str:
    """Return a preset's name, or the names of the transforms of a pipeline.

    Examples
    --------
    >>> describe_augmentation("light")
    'light'
    >>> describe_augmentation(augmentation_as_plain(compose("light")))
    'HorizontalFlip, Affine, RandomBrightnessContrast'
    """
    if isinstance(augmentation, str):
        return augmentation
    transform = _check_mapping(augmentation)["transform"]
    parts = transform.get("transforms", [transform])
    return ", ".join(part["__class_fullname__"].rpartition(".")[2] for part in parts)


def transformed(
    pipeline: Pipeline, image: np.ndarray, mask: np.ndarray, seed: int
) -> tuple[np.ndarray, np.ndarray]:
    """Apply a pipeline; see `notebook_seg.training.augmentation.augmenter`."""
    pipeline.set_random_seed(seed)
    try:
        changed = pipeline(image=image, mask=mask)
    # A pipeline of the user's may raise anything.
    except Exception as error:
        reason = " ".join(str(error).split())
        raise OptionError(
            f"The augmentation fails on a patch of {mask.shape[0]} x {mask.shape[1]} pixels and "
            f"its mask: take out the transform that does. Received: {reason}"
        ) from error
    _check_alike(image, changed["image"], "picture")
    _check_alike(mask, changed["mask"], "mask")
    return changed["image"], changed["mask"]


def _check_alike(before: np.ndarray, after: np.ndarray, what: str) -> None:
    if before.shape != after.shape or before.dtype != after.dtype:
        raise OptionError(
            f"An augmentation keeps size and kind of a {what}; leave cropping to patch=... and the "
            f"scaling of values to the encoder. Received: {before.shape} {before.dtype} became "
            f"{after.shape} {after.dtype}"
        )


def _as_pipeline(augmentation: Any) -> Pipeline:
    a = albumentations()
    if isinstance(augmentation, a.Compose):
        return augmentation
    alone = isinstance(augmentation, a.BasicTransform | a.BaseCompose)
    transforms = [augmentation] if alone else augmentation
    if isinstance(transforms, Sequence) and all(
        isinstance(t, a.BasicTransform | a.BaseCompose) for t in transforms
    ):
        return a.Compose(list(transforms))
    raise OptionError(
        f"augmentation is one of {', '.join(AUGMENTATIONS)}, or an albumentations Compose. "
        f"Received: {augmentation!r}"
    )


def _as_dict(pipeline: Pipeline) -> Mapping[str, Any]:
    try:
        return albumentations().to_dict(pipeline)
    except (NotImplementedError, ValueError, TypeError, AttributeError) as error:
        raise OptionError(
            f"The augmentation cannot be kept with the model ({error}): use transforms that "
            "albumentations can write, no Lambda without a name."
        ) from error


def _plain_values(values: Mapping[str, Any]) -> dict[str, Any]:
    try:
        # There and back: lists for tuples, so that it equals what is read from a file.
        return json.loads(json.dumps(dict(values), default=_as_plain))
    except (TypeError, ValueError) as error:
        raise OptionError(
            f"The augmentation holds what a file cannot: {error}. Give it plain numbers."
        ) from error


def _as_plain(value: object) -> object:
    if isinstance(value, np.ndarray | np.generic):
        return value.tolist()
    raise TypeError(f"{type(value).__name__} {value!r}")


def _check_mapping(values: Mapping[str, Any]) -> Mapping[str, Any]:
    transform = values.get("transform")
    if not isinstance(transform, Mapping) or "__class_fullname__" not in transform:
        raise OptionError(
            "An augmentation as a mapping is what albumentations.to_dict(pipeline) returns. "
            f"Received: a mapping with {', '.join(map(str, values)) or 'nothing in it'}"
        )
    return values


def _read(values: Mapping[str, Any]) -> Pipeline:
    try:
        return _as_pipeline(albumentations().from_dict(values))
    except (KeyError, ValueError, TypeError, AttributeError, ImportError) as error:
        if isinstance(error, OptionError):
            raise
        reason = " ".join(str(error).split())
        raise OptionError(
            f"The augmentation cannot be read by albumentations {albumentations().__version__}: "
            f"choose a preset, or make the pipeline again. Received: {reason}"
        ) from error


def _try(pipeline: Pipeline, patch: tuple[int, int]) -> None:
    rng = np.random.default_rng(0)
    image = rng.integers(0, 256, (*patch, 3), np.uint8)
    mask = rng.choice(np.array([0, 1, UNLABELLED], np.uint8), patch)
    for seed in range(_TRIED):
        _, moved = transformed(pipeline, image, mask, seed)
        new = np.setdiff1d(moved, mask)
        if len(new):
            raise OptionError(
                "An augmentation must not mix the values of a mask: set mask_interpolation=0, and "
                f"fill_mask={UNLABELLED} or a class. Received: {new[0]} from 0, 1, {UNLABELLED}"
            )
