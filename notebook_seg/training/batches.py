"""Batches for the network: patches cut from photographs and masks, augmented in step."""

import functools
import itertools
import os
import threading
from collections import deque
from collections.abc import Callable, Generator, Mapping
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from typing import Any

import cv2
import numpy as np

from notebook_seg.data import UNLABELLED
from notebook_seg.errors import OptionError
from notebook_seg.training.augmentation import augmenter
from notebook_seg.training.centres import ClassCentres
from notebook_seg.training.examples import Example, Examples, Pictures
from notebook_seg.training.networks import up_to_stride

__all__ = ["Batch", "PatchBatches", "as_channels", "one_hot", "whole_image"]

Preprocess = Callable[[np.ndarray], np.ndarray]
Batch = tuple[np.ndarray, np.ndarray]
"""Preprocessed images (N, H, W, channels) and one-hot masks (N, H, W, C), both float32."""

_MOST_THREADS = 8


def _n_threads() -> int:
    return min(max(2, os.cpu_count() or 1), _MOST_THREADS)


def one_hot(masks: np.ndarray, n_classes: int) -> np.ndarray:
    """Return masks ``(..., H, W)`` as ``(..., H, W, C)`` float32, all zero where unlabelled.

    Examples
    --------
    >>> one_hot(np.array([[0, 1, 255]], np.uint8), 2).tolist()
    [[[1.0, 0.0], [0.0, 1.0], [0.0, 0.0]]]
    """
    # A row for each of the 256 values: several times faster than to compare with each class.
    return np.eye(UNLABELLED + 1, n_classes, dtype=np.float32).take(masks, axis=0)


def _pad(example: Example, height: int, width: int) -> Example:
    down = max(0, height - example.mask.shape[0])
    right = max(0, width - example.mask.shape[1])
    if not (down or right):
        return example
    image = cv2.copyMakeBorder(example.image, 0, down, 0, right, cv2.BORDER_REFLECT_101)
    mask = cv2.copyMakeBorder(
        example.mask, 0, down, 0, right, cv2.BORDER_CONSTANT, value=UNLABELLED
    )
    return Example(image, mask)


def as_channels(images: np.ndarray, channels: int) -> np.ndarray:
    """Return colour pictures with the channels that a network wants.

    Parameters
    ----------
    images : ndarray of uint8, shape (..., H, W, 3)
        RGB.
    channels : {1, 3}
        1 is grey, by the weights that television gives to red, green and blue.

    Returns
    -------
    ndarray of uint8, shape (..., H, W, channels)

    Raises
    ------
    OptionError
        If photographs have no such channels.

    Examples
    --------
    >>> as_channels(np.full((2, 5, 4, 3), 7, np.uint8), 1).shape
    (2, 5, 4, 1)
    """
    if channels not in (1, 3):
        raise OptionError(
            f"channels of a photograph are 3, its colours, or 1, grey. Received: {channels}"
        )
    if channels == 3:
        return images
    rows = images.reshape(-1, *images.shape[-2:])
    return np.asarray(cv2.cvtColor(rows, cv2.COLOR_RGB2GRAY), np.uint8).reshape(
        *images.shape[:-1], 1
    )


class PatchBatches:
    """Endless random patches, the same for the same seed, made ahead of the network in threads.

    Parameters
    ----------
    examples : Examples or list of Example
        What patches are cut from. Nothing of it is read before the first batch.
    n_classes : int
        Number of classes, background included.
    patch : (int, int)
        Height and width in pixels at the working scale.
    batch_size : int
        Patches a batch.
    augmentation : str or mapping
        See `notebook_seg.training.augmentation`.
    preprocess : callable
        The encoder's own scaling of pixel values.
    seed : int
    sampling : float
        Share of the patches that are centred on a class, 0 to 1, each class as often; the others
        lie anywhere.
    channels : {3, 1}
        Colour, or grey.
    chances : ndarray of float, shape (n_examples,), optional
        How likely each picture is, together 1; without them all alike.

    Examples
    --------
    >>> picture = Example(np.zeros((90, 80, 3), np.uint8), np.ones((90, 80), np.uint8))
    >>> batches = PatchBatches([picture], 2, (64, 64), 4, "specimen", np.float32)
    >>> images, truth = next(batches.stream())
    >>> images.shape, truth.shape
    ((4, 64, 64, 3), (4, 64, 64, 2))
    """

    def __init__(
        self,
        examples: Pictures,
        n_classes: int,
        patch: tuple[int, int],
        batch_size: int,
        augmentation: str | Mapping[str, Any],
        preprocess: Preprocess,
        seed: int = 0,
        sampling: float = 0.6,
        channels: int = 3,
        chances: np.ndarray | None = None,
    ) -> None:
        self.examples, self.n_classes = examples, n_classes
        self.patch, self.batch_size = patch, batch_size
        self.augment = augmenter(augmentation)
        self.preprocess = preprocess
        self.seed, self.sampling, self.channels = seed, sampling, channels
        self.chances = chances
        self._centres = ClassCentres(len(examples), n_classes, self._mask, chances)

    def stream(self, start: int = 0) -> Generator[Batch, None, None]:
        """Yield batches without end, in order; closing the generator ends its threads at once.

        Parameters
        ----------
        start : int
            Number of the first batch: a training that goes on gets what it would have got.
        """
        n_threads, ended = _n_threads(), threading.Event()
        threads = ThreadPoolExecutor(n_threads, "patches")
        ahead: deque[Future[Batch]] = deque()
        try:
            for index in itertools.count(start):
                ahead.append(threads.submit(self.batch, index, ended))
                if len(ahead) > n_threads + 2:
                    yield ahead.popleft().result()
        finally:
            ended.set()
            threads.shutdown(cancel_futures=True)

    def batch(self, index: int, ended: threading.Event | None = None) -> Batch:
        """Return the batch of this number, as the network is given it.

        Parameters
        ----------
        index : int
        ended : Event, optional
            Ends the work between two pictures when it is set.

        Raises
        ------
        ImageError, MaskError, DatasetError
            If no picture can be read with its mask; one of many that cannot is left out.
        OptionError
            If the augmentation changes the size of a patch.
        """
        images, masks = self.patches(index, ended)
        return self.preprocess(as_channels(images, self.channels)), one_hot(masks, self.n_classes)

    def patches(
        self, index: int, ended: threading.Event | None = None
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return the same batch as a person sees it.

        Returns
        -------
        images : ndarray of uint8, shape (N, H, W, 3)
        masks : ndarray of uint8, shape (N, H, W)
        """
        check = functools.partial(_check_wanted, ended)
        rng = np.random.default_rng((self.seed, index))
        patches = [self._draw(rng, check) for _ in range(self.batch_size)]
        images, masks = zip(*patches, strict=True)
        return np.stack(images), np.stack(masks)

    def _mask(self, index: int) -> np.ndarray | None:
        if isinstance(self.examples, Examples):
            return self.examples.readable_mask(index)
        return self.examples[index].mask

    def _example(self, index: int) -> Example | None:
        if not isinstance(self.examples, Examples):
            return self.examples[index]
        example = self.examples.readable(index)
        if example is None:
            self._centres.leave_out(index)
        return example

    def _choose(
        self, rng: np.random.Generator, check: Callable[[], None]
    ) -> tuple[Example, np.ndarray | None]:
        """Return a picture, and where in it a class is that the patch is to be cut around."""
        while True:
            check()
            centre = self._centres.draw(rng, check) if rng.random() < self.sampling else None
            index, where = (self._any(rng), None) if centre is None else centre
            example = self._example(index)
            if example is not None:
                return example, where

    def _draw(
        self, rng: np.random.Generator, check: Callable[[], None]
    ) -> tuple[np.ndarray, np.ndarray]:
        chosen, where = self._choose(rng, check)
        example = _pad(chosen, *self.patch)
        top, left = self._corner(example, where, rng)
        part = slice(top, top + self.patch[0]), slice(left, left + self.patch[1])
        # A copy, so that no augmentation can change the picture that is kept.
        return self.augment(
            example.image[part].copy(), example.mask[part].copy(), int(rng.integers(2**31))
        )

    def _any(self, rng: np.random.Generator) -> int:
        return int(rng.choice(len(self.examples), p=self.chances))

    def _corner(
        self, example: Example, centre: np.ndarray | None, rng: np.random.Generator
    ) -> np.ndarray:
        last = np.subtract(example.mask.shape, self.patch).astype(int)
        if centre is None:
            return rng.integers(last + 1)
        # The class sits anywhere in the patch, so that its place there teaches nothing.
        corner = centre - rng.integers(self.patch)
        return np.clip(corner, 0, last)


def _check_wanted(ended: threading.Event | None) -> None:
    if ended is not None and ended.is_set():
        raise CancelledError


def whole_image(
    example: Example, n_classes: int, preprocess: Preprocess, channels: int = 3
) -> Batch:
    """Return one whole image as a batch, padded to the network's stride without labels.

    Parameters
    ----------
    example : Example
    n_classes : int
        Number of classes, background included.
    preprocess : callable
        The encoder's own scaling of pixel values.
    channels : {3, 1}
        Colour, or grey.
    """
    padded = _pad(example, *map(up_to_stride, example.mask.shape))
    images = as_channels(padded.image[None], channels)
    return preprocess(images), one_hot(padded.mask[None], n_classes)
