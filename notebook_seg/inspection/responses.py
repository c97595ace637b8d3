"""The stages of a network, and how its channels respond to a photograph, as arrays."""

import functools
from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np

from notebook_seg.data.box import Box
from notebook_seg.errors import OptionError
from notebook_seg.inspection.windows import Window

__all__ = ["Activations", "ExcitingPatch", "Side", "Stage", "enlarged_map", "stretched"]

Side = Literal["encoder", "centre", "decoder", "outputs"]

# Of a channel's largest value: what differs by less is rounding.
_TELLS_APART = 1e-5


@dataclass(frozen=True)
class Stage:
    """One of the sizes at which a network looks at a photograph.

    Parameters
    ----------
    layer : str
        The last layer of the stage.
    stride : int
        Pixels of the working picture from one pixel of the stage to the next, along each side.
    channels : int
    side : {"encoder", "centre", "decoder", "outputs"}
        The way down, the deepest stage, the way up, or the scores of the classes.

    Examples
    --------
    >>> Stage("decoder_2b_relu", 4, 64, "decoder").size(256, 384)
    (64, 96)
    """

    layer: str
    stride: int
    channels: int
    side: Side

    def size(self, height: int, width: int) -> tuple[int, int]:
        """Return height and width of the stage for a working picture of this size."""
        return -(-height // self.stride), -(-width // self.stride)


def stretched(values: np.ndarray) -> np.ndarray:
    """Return a map whose lowest value is 0 and whose highest is 1; of equal values all are 0.

    Examples
    --------
    >>> stretched(np.array([[2, 4, 3]], np.float32))
    array([[0. , 1. , 0.5]], dtype=float32)
    >>> stretched(np.full((1, 2), 7, np.float32))
    array([[0., 0.]], dtype=float32)
    """
    lowest, highest = np.asarray(values.min()), np.asarray(values.max())
    if not _differ(lowest, highest):
        return np.zeros(values.shape, np.float32)
    return ((values - lowest) / (highest - lowest)).astype(np.float32)


def _differ(lowest: np.ndarray, highest: np.ndarray) -> np.ndarray:
    largest = np.maximum(np.abs(lowest), np.abs(highest))
    return np.asarray(highest - lowest > _TELLS_APART * largest)


def enlarged_map(values: np.ndarray, stride: int, shape: tuple[int, int]) -> np.ndarray:
    """Interpolate a map ``(h, w)`` to `stride` times its size, and cut what was added as padding.

    Examples
    --------
    >>> enlarged_map(np.ones((2, 3), np.float32), 32, (60, 90)).shape
    (60, 90)
    """
    height, width = values.shape
    size = (width * stride, height * stride)
    enlarged = cv2.resize(np.ascontiguousarray(values), size, interpolation=cv2.INTER_LINEAR)
    return np.asarray(enlarged[: shape[0], : shape[1]], np.float32)


@dataclass(frozen=True, eq=False)
class Activations:
    """What the channels of one layer make of a photograph.

    Parameters
    ----------
    layer : str
    stride : int
        Pixels of the working picture from one value to the next.
    values : ndarray of float32, shape (h, w, channels)
        What the layer gives, padded sides included.
    window : Window
        Which part of the photograph was shown to the network.

    Examples
    --------
    >>> values = np.zeros((2, 3, 4), np.float32)
    >>> values[0, 0, 1], values[..., 2], values[1, 1, 3] = 5, 7, -9
    >>> window = Window((4, 6), (4, 6), Box.whole((4, 6)))
    >>> activations = Activations("decoder", 2, values, window)
    >>> activations.order, activations.dead
    (array([3, 1, 0, 2]), array([ True, False,  True, False]))
    >>> activations.channel(1)
    array([[1., 0., 0.],
           [0., 0., 0.]], dtype=float32)
    """

    layer: str
    stride: int
    values: np.ndarray
    window: Window

    def __len__(self) -> int:
        return self.values.shape[-1]

    @functools.cached_property
    def responses(self) -> np.ndarray:
        """How much each channel tells places apart: ``(channels,)``, its standard deviation."""
        return np.asarray(self.values.std(axis=(0, 1), dtype=np.float64))

    @functools.cached_property
    def order(self) -> np.ndarray:
        """Indexes of the channels, the most responding first."""
        return np.argsort(-np.where(self.dead, -1.0, self.responses), kind="stable")

    @functools.cached_property
    def dead(self) -> np.ndarray:
        """Which channels say the same everywhere in this picture: ``(channels,)`` bool."""
        lowest, highest = self.values.min(axis=(0, 1)), self.values.max(axis=(0, 1))
        return ~_differ(lowest, highest)

    def channel(self, index: int) -> np.ndarray:
        """Return a channel ``(h, w)``, its lowest value as 0 and its highest as 1; a dead one is 0.

        Raises
        ------
        OptionError
            If there is no such channel.
        """
        if not 0 <= index < len(self):
            raise OptionError(
                f"The channels of {self.layer} are 0 to {len(self) - 1}. Received: {index}"
            )
        return stretched(self.values[..., index])

    def enlarged(self, index: int) -> np.ndarray:
        """Return a channel at the size of what was shown, to be laid over it: ``(h, w)``, 0 to 1.

        Raises
        ------
        OptionError
            If there is no such channel.
        """
        return enlarged_map(self.channel(index), self.stride, self.window.shape)


@dataclass(frozen=True, eq=False)
class ExcitingPatch:
    """A patch of a photograph to which a channel responds more than to others.

    Parameters
    ----------
    stem : str
        Of the picture.
    box : Box
        Where it lies, in pixels of the photograph.
    value : float
        The highest value of the channel there.
    image : ndarray of uint8, shape (h, w, 3)
        What is seen there.
    """

    stem: str
    box: Box
    value: float
    image: np.ndarray
