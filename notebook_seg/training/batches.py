"""Batches for the network: patches cut from photographs and masks, augmented in step."""

import itertools
from collections import deque
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

import cv2
import numpy as np

from notebook_seg.data import UNLABELLED
from notebook_seg.training.augmentation import augmenter
from notebook_seg.training.networks import STRIDE

__all__ = ["Batch", "Example", "PatchBatches", "one_hot", "whole_image"]

Preprocess = Callable[[np.ndarray], np.ndarray]
Batch = tuple[np.ndarray, np.ndarray]
"""Preprocessed images (N, H, W, 3) and one-hot masks (N, H, W, C), both float32."""

_CENTRES_KEPT = 4096
_CENTRED_ON_A_CLASS = 0.6
_THREADS = 2
_BATCHES_AHEAD = 4


@dataclass(frozen=True)
class Example:
    """An image ``(H, W, 3)`` uint8 and its mask ``(H, W)`` uint8, both at the working scale."""

    image: np.ndarray
    mask: np.ndarray


def one_hot(masks: np.ndarray, n_classes: int) -> np.ndarray:
    """Return masks ``(..., H, W)`` as ``(..., H, W, C)`` float32, all zero where unlabelled.

    Examples
    --------
    >>> one_hot(np.array([[0, 1, 255]], np.uint8), 2).tolist()
    [[[1.0, 0.0], [0.0, 1.0], [0.0, 0.0]]]
    """
    return (masks[..., None] == np.arange(n_classes, dtype=np.uint8)).astype(np.float32)


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


class _Centres:
    """Where each class is found, so that patches can be cut where rare classes are."""

    def __init__(self, examples: Sequence[Example], n_classes: int) -> None:
        rng = np.random.default_rng(0)
        self.by_class: list[list[tuple[int, np.ndarray]]] = []
        for label in range(1, n_classes):
            found = [(i, np.argwhere(e.mask == label)) for i, e in enumerate(examples)]
            kept = [(i, rng.permutation(at)[:_CENTRES_KEPT]) for i, at in found if len(at)]
            if kept:
                self.by_class.append(kept)

    def draw(self, rng: np.random.Generator) -> tuple[int, np.ndarray] | None:
        """Return an example's number and a (row, column) in it, each class as likely."""
        if not self.by_class:
            return None
        pictures = self.by_class[rng.integers(len(self.by_class))]
        index, positions = pictures[rng.integers(len(pictures))]
        return index, positions[rng.integers(len(positions))]


class PatchBatches:
    """Endless random patches, the same for the same seed, made ahead of the network in threads.

    Parameters
    ----------
    examples : sequence of Example
        What patches are cut from.
    n_classes : int
        Number of classes, background included.
    patch : (int, int)
        Height and width in pixels at the working scale.
    batch_size : int
        Patches a batch.
    augmentation : str
        See `notebook_seg.training.augmentation`.
    preprocess : callable
        The encoder's own scaling of pixel values.
    seed : int
    """

    def __init__(
        self,
        examples: Sequence[Example],
        n_classes: int,
        patch: tuple[int, int],
        batch_size: int,
        augmentation: str,
        preprocess: Preprocess,
        seed: int = 0,
    ) -> None:
        self.examples = [_pad(example, *patch) for example in examples]
        self.n_classes = n_classes
        self.patch = patch
        self.batch_size = batch_size
        self.augment = augmenter(augmentation)
        self.preprocess = preprocess
        self.seed = seed
        self._centres = _Centres(self.examples, n_classes)

    def stream(self) -> Generator[Batch, None, None]:
        """Yield batches without end, in order."""
        with ThreadPoolExecutor(_THREADS, "patches") as threads:
            ahead: deque[Future[Batch]] = deque()
            for index in itertools.count():
                ahead.append(threads.submit(self.batch, index))
                if len(ahead) > _BATCHES_AHEAD:
                    yield ahead.popleft().result()

    def batch(self, index: int) -> Batch:
        """Return the batch of this number."""
        rng = np.random.default_rng((self.seed, index))
        patches = [self._draw(rng) for _ in range(self.batch_size)]
        images = np.stack([image for image, _ in patches])
        masks = np.stack([mask for _, mask in patches])
        return self.preprocess(images), one_hot(masks, self.n_classes)

    def _draw(self, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        centre = self._centres.draw(rng) if rng.random() < _CENTRED_ON_A_CLASS else None
        index = rng.integers(len(self.examples)) if centre is None else centre[0]
        example = self.examples[index]
        top, left = self._corner(example, None if centre is None else centre[1], rng)
        rows, columns = slice(top, top + self.patch[0]), slice(left, left + self.patch[1])
        seed = int(rng.integers(2**31))
        return self.augment(example.image[rows, columns], example.mask[rows, columns], seed)

    def _corner(
        self, example: Example, centre: np.ndarray | None, rng: np.random.Generator
    ) -> np.ndarray:
        last = np.subtract(example.mask.shape, self.patch).astype(int)
        if centre is None:
            return rng.integers(last + 1)
        # The class sits anywhere in the patch, so that its place there teaches nothing.
        corner = centre - rng.integers(self.patch)
        return np.clip(corner, 0, last)


def whole_image(example: Example, n_classes: int, preprocess: Preprocess) -> Batch:
    """Return one whole image as a batch, padded to the network's stride without labels.

    Parameters
    ----------
    example : Example
    n_classes : int
        Number of classes, background included.
    preprocess : callable
        The encoder's own scaling of pixel values.
    """
    padded = _pad(example, *(-(-side // STRIDE) * STRIDE for side in example.mask.shape))
    return preprocess(padded.image[None]), one_hot(padded.mask[None], n_classes)
