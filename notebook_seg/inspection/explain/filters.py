"""What excites a channel: a picture made for it, and patches of one's own photographs."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from keras import ops

from notebook_seg.data import Dataset
from notebook_seg.data.box import Box
from notebook_seg.errors import OptionError
from notebook_seg.inspection.explain.activations import layer_values, up_to
from notebook_seg.inspection.explain.colors import network_colors
from notebook_seg.inspection.explain.gradients import value_and_gradient
from notebook_seg.inspection.explain.stages import MapLayer, map_layer
from notebook_seg.inspection.explain.steps import Progress, Steps
from notebook_seg.inspection.explain.view import View, one_model, windows_of
from notebook_seg.inspection.responses import ExcitingPatch
from notebook_seg.interruption import stoppable
from notebook_seg.prediction import Predictor
from notebook_seg.training.networks import STRIDE

__all__ = ["excite", "exciting_patches"]

_RATE = 0.1
_CONTRAST = 0.15  # of the noise it begins with
_COARSE = 1.3  # more than in photographs, against speckles
_LEAST_PATCH, _PATCH_STRIDES = 32, 6


def excite(
    model: Predictor,
    layer: str,
    channel: int,
    size: int = 128,
    steps: int = 48,
    seed: int = 0,
    progress: Progress = True,
) -> np.ndarray:
    """Make a picture that excites a channel as much as possible, by gradient ascent [1]_ [2]_.

    It begins with faint noise. So that it shows shapes rather than the speckles that gradients
    love, coarse structures are favoured, as photographs have them, and the picture is shifted by
    some pixels before every step.

    Parameters
    ----------
    model : Model or Ensemble
        Of an ensemble, the first model.
    layer : str
        See `layer_names`.
    channel : int
    size : int
        Pixels along each side of the picture, a multiple of 32.
    steps : int
        Corrections of the picture.
    seed : int
        Another seed begins with other noise.
    progress : bool or callable
        As of `heatmap`; stopped early, the picture is what it is by then.

    Returns
    -------
    ndarray of uint8, shape (size, size, 3)

    Raises
    ------
    OptionError
        If there is no such layer or channel, or a number is out of range.

    References
    ----------
    .. [1] D. Erhan et al., "Visualizing higher-layer features of a deep network", University of
       Montreal 1341, 2009
    .. [2] C. Olah, A. Mordvintsev, L. Schubert, "Feature visualization", Distill 2017,
       doi:10.23915/distill.00007
    """
    model = one_model(model)
    found = map_layer(model.network, layer)
    _check_channel(found, channel)
    if size < STRIDE or size % STRIDE or steps < 1:
        raise OptionError(
            f"The side is a multiple of {STRIDE}, and there is a step at least. Received: "
            f"size={size}, steps={steps}"
        )
    random = np.random.default_rng(seed)
    head, matrix, offset = up_to(model.network, found), *network_colors(model)

    def response(colors: object) -> object:
        given = ops.matmul(ops.sigmoid(colors), matrix) + offset
        return ops.mean(head(given, training=False)[..., channel])

    coarse = _coarseness(size)
    colors = _favoured(random.normal(0, 1, (1, size, size, 3)), coarse) * _CONTRAST
    work = Steps(range(steps), progress, "Making a picture", "step")
    with stoppable():
        for _ in work:
            shift = random.integers(-_shift(found), _shift(found) + 1, 2)
            colors = np.roll(colors, shift, axis=(1, 2))
            _, gradient = value_and_gradient(response, colors.astype(np.float32))
            colors = colors + _RATE * _favoured(gradient, coarse)
    return np.round(255 / (1 + np.exp(-colors[0]))).astype(np.uint8)


def _check_channel(layer: MapLayer, channel: int) -> None:
    if not 0 <= channel < layer.channels:
        raise OptionError(
            f"The channels of {layer.name} are 0 to {layer.channels - 1}. Received: {channel}"
        )


def _shift(layer: MapLayer) -> int:
    return max(1, layer.stride // 2)


def _coarseness(size: int) -> np.ndarray:
    """Return how much structures of each frequency are favoured, ``(1, size, size // 2 + 1, 1)``.

    The lower the more, as in photographs, where strength is one over frequency.
    """
    down, across = np.fft.fftfreq(size)[:, np.newaxis], np.fft.rfftfreq(size)
    frequency = np.maximum(np.hypot(down, across), 1 / size)
    return (frequency**-_COARSE)[np.newaxis, ..., np.newaxis]


def _favoured(change: np.ndarray, coarse: np.ndarray) -> np.ndarray:
    """Return a change of a picture with coarse structures favoured, of standard deviation 1."""
    spectrum = np.fft.rfft2(change, axes=(1, 2)) * coarse
    favoured = np.fft.irfft2(spectrum, change.shape[1:3], axes=(1, 2))
    spread = favoured.std()
    return favoured / spread if spread > 0 else favoured


def exciting_patches(
    model: Predictor,
    dataset: Dataset,
    layer: str,
    channel: int,
    n: int = 9,
    progress: Progress = True,
) -> tuple[ExcitingPatch, ...]:
    """Find the patches of one's own pictures that excite a channel most.

    That usually tells more than a picture made for it: the channel is seen with what it has to
    tell apart.

    Parameters
    ----------
    model : Model or Ensemble
        Of an ensemble, the first model.
    dataset : Dataset
        Whose pictures are looked through, labelled or not; ``dataset.subset(stems)`` for some.
    layer : str
        See `layer_names`.
    channel : int
    n : int
        How many patches at most. They do not overlap by more than half of their side.
    progress : bool or callable
        As of `heatmap`; stopped early, the best of the pictures seen by then are returned.

    Returns
    -------
    tuple of ExcitingPatch
        The most exciting first.

    Raises
    ------
    OptionError
        If there is no such layer or channel, or `n` is not above 0.
    ImageError
        If a picture cannot be read.
    """
    model = one_model(model)
    found = map_layer(model.network, layer)
    _check_channel(found, channel)
    if n < 1:
        raise OptionError(f"Ask for one patch at least. Received: n={n}")
    head = up_to(model.network, found)
    best: list[ExcitingPatch] = []
    work = Steps(dataset.stems, progress, "Looking through", "photo")
    with stoppable():
        for stem in work:
            image = dataset.image(stem)
            for view in windows_of(model, image):
                values = layer_values(head, view, view.pixels)[..., channel]
                best += (
                    ExcitingPatch(stem, box, value, image[box.slices])
                    for box, value in _peaks(values, found.stride, view, n)
                )
            best = [_apart(p) for p in sorted(best, key=lambda patch: -patch.value)[:n]]
    return tuple(best)


def _apart(patch: ExcitingPatch) -> ExcitingPatch:
    """Return a patch that does not keep all of its photograph in memory."""
    return patch if patch.image.base is None else replace(patch, image=patch.image.copy())


def _peaks(values: np.ndarray, stride: int, view: View, n: int) -> Iterator[tuple[Box, float]]:
    """Yield the places of the highest values, the highest first, and the values."""
    height, width = view.window.shape
    values = values[: -(-height // stride), : -(-width // stride)].copy()
    side = max(_LEAST_PATCH, _PATCH_STRIDES * stride)
    around = side // stride // 2
    for _ in range(n):
        row, column = np.unravel_index(int(values.argmax()), values.shape)
        value = float(values[row, column])
        if value == -np.inf:
            return
        top, left = (int((at + 0.5) * stride) - side // 2 for at in (row, column))
        box = Box(top, left, top + side, left + side).clip(view.window.shape)
        yield view.window.in_photograph(box), value
        values[
            max(0, row - around) : row + around + 1, max(0, column - around) : column + around + 1
        ] = -np.inf
