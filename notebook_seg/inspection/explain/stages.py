"""The stages of a network: its U, read off the network itself, whatever its architecture."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np

from notebook_seg.errors import OptionError
from notebook_seg.inspection.responses import Side, Stage

__all__ = ["MapLayer", "layer_names", "map_layer", "network_stages", "telling_layer"]

# Two sizes of pictures that every stride divides: a map grows with the picture, an average not.
_SMALL, _LARGE = 128, 256
_FINE = 8  # pixels
# They pass on what others have found out.
_PASS_ON = {
    "Cropping2D",
    "Dropout",
    "Enlarge",
    "InputLayer",
    "ResizeLike",
    "SpatialDropout2D",
    "UpSampling2D",
    "ZeroPadding2D",
}


@dataclass(frozen=True)
class MapLayer:
    """A layer that gives a map of the picture.

    Parameters
    ----------
    name : str
    stride : int
        Pixels of the picture from one value to the next.
    channels : int
    tensor : keras.KerasTensor
        Its output.
    sources : frozenset of int
        The ids of the tensors it works on.
    kind : str
        The name of its class.
    """

    name: str
    stride: int
    channels: int
    tensor: keras.KerasTensor
    sources: frozenset[int]
    kind: str


def _map_layers(network: keras.Model) -> list[MapLayer]:
    layers = [layer for layer in network.layers if isinstance(layer.output, keras.KerasTensor)]
    every = keras.Model(network.input, [layer.output for layer in layers])
    small, large = (_shapes(every, side) for side in (_SMALL, _LARGE))
    return [
        MapLayer(
            layer.name,
            _LARGE // b[1],
            b[3],
            layer.output,
            frozenset(_sources(layer)),
            type(layer).__name__,
        )
        for layer, a, b in zip(layers, small, large, strict=True)
        if _is_map(a, b)
    ]


def _shapes(network: keras.Model, side: int) -> list[tuple[int, ...]]:
    """Return the shape of each output for a square picture."""
    shape = (1, side, side, network.input_shape[-1])
    shapes = network.compute_output_shape(shape)
    if any(None in each for each in shapes):
        # Layers that are written as functions, as in Inception-ResNet, do not tell theirs.
        shapes = [tuple(output.shape) for output in network(np.zeros(shape, np.float32))]
    return list(shapes)


def _is_map(small: tuple[int, ...], large: tuple[int, ...]) -> bool:
    return (
        len(large) == 4
        and large[1] == large[2] == 2 * small[1]
        and 0 < large[1] <= _LARGE
        and _LARGE % large[1] == 0
    )


def layer_names(network: keras.Model) -> tuple[str, ...]:
    """Return the names of all layers that give a map of the picture, the first first.

    Layers that give something else, such as an average over the whole picture, are left out, and
    those that pad a picture by a few pixels, whose maps have no whole stride.

    Examples
    --------
    >>> pixels = keras.Input((None, None, 3), name="pixels")
    >>> x = keras.layers.Conv2D(4, 3, padding="same", name="edges")(pixels)
    >>> x = keras.layers.Conv2D(2, 1, name="logits")(x)
    >>> layer_names(keras.Model(pixels, x))
    ('pixels', 'edges', 'logits')
    """
    return tuple(layer.name for layer in _map_layers(network))


def map_layer(network: keras.Model, name: str) -> MapLayer:
    """Return a layer that gives a map by its name.

    Raises
    ------
    OptionError
        If there is no such layer, or it gives no map.
    """
    layers = {layer.name: layer for layer in _map_layers(network)}
    if name not in layers:
        stages = ", ".join(stage.layer for stage in network_stages(network))
        raise OptionError(
            f"No layer of this name gives a map of the picture. The stages of this network are "
            f"{stages}; layer_names() tells all others. Received: {name!r}"
        )
    return layers[name]


def network_stages(network: keras.Model) -> tuple[Stage, ...]:
    """Return the stages of a network in the order of its U: down, deepest, up, outputs.

    Parameters
    ----------
    network : keras.Model
        From pixels ``(N, H, W, channels)`` to logits ``(N, H, W, C)``.

    Returns
    -------
    tuple of Stage
        Of the encoder those that have a map for the way up to take, or the last of their stride;
        the last of the deepest stride; of the decoder the last of each stride.

    Examples
    --------
    >>> from notebook_seg.training.networks import build_network
    >>> for stage in network_stages(build_network("unet", "resnet18", n_classes=2)):
    ...     print(f"{stage.side:<8} {stage.stride:>2} {stage.channels:>3} {stage.layer}")
    encoder   2  64 relu0
    encoder   4  64 stage2_unit1_relu1
    encoder   8 128 stage3_unit1_relu1
    encoder  16 256 stage4_unit1_relu1
    centre   32 512 relu1
    decoder  16 256 decoder_0b_relu
    decoder   8 128 decoder_1b_relu
    decoder   4  64 decoder_2b_relu
    decoder   2  32 decoder_3b_relu
    decoder   1  16 decoder_4b_relu
    outputs   1   2 logits
    """
    maps = _map_layers(network)
    logits = next(layer for layer in reversed(maps) if layer.tensor is network.output)
    after = _behind_the_last_maps(network, maps)
    found_out = [x for x in maps if x.kind not in _PASS_ON and x.name not in after]
    if not found_out:
        return (_stage(logits, "outputs"),)
    encoder = _encoder(network, found_out)
    # What has the channels of the picture is the picture itself, scaled.
    given = network.input_shape[-1]
    down = [x for x in found_out if x.name in encoder and (x.stride, x.channels) != (1, given)]
    # What joins others is worked on further, and what has one channel guides others.
    others = (x for x in found_out if x.name not in encoder)
    up = [x for x in others if x.kind != "Concatenate" and x.channels > 1]
    *above, centre = _last_of_each(_handed_over(network, encoder, down))
    return (
        *(_stage(layer, "encoder") for layer in above),
        _stage(centre, "centre"),
        *(_stage(layer, "decoder") for layer in reversed(_last_of_each(up))),
        _stage(logits, "outputs"),
    )


def telling_layer(stages: tuple[Stage, ...]) -> str:
    """Return the layer to look at first: of the first stage on the way up at stride 8 or finer.

    Deeper ones see more of the surroundings, but their maps are less faithful; the nearer to the
    outputs, the less a map tells beyond the prediction. Without a way up, it is the outputs.

    Examples
    --------
    >>> up = (Stage("b", 16, 64, "decoder"), Stage("c", 8, 32, "decoder"))
    >>> telling_layer((Stage("a", 8, 32, "encoder"), *up, Stage("logits", 1, 2, "outputs")))
    'c'
    """
    on_the_way_up = (s.layer for s in stages if s.side == "decoder" and s.stride <= _FINE)
    return next(on_the_way_up, stages[-1].layer)


def _stage(layer: MapLayer, side: Side) -> Stage:
    return Stage(layer.name, layer.stride, layer.channels, side)


def _behind_the_last_maps(network: keras.Model, maps: list[MapLayer]) -> set[str]:
    """Return the names of the layers that make scores of the last maps, and what follows them."""
    by_tensor = {id(layer.tensor): layer for layer in maps}
    behind, tensor = set(), id(network.output)
    while tensor in by_tensor:
        layer = by_tensor[tensor]
        behind.add(layer.name)
        if network.get_layer(layer.name).weights or len(layer.sources) != 1:
            break
        (tensor,) = layer.sources
    return behind


def _encoder(network: keras.Model, layers: list[MapLayer]) -> frozenset[str]:
    """Return the names of the layers on the way down, the deepest included."""
    known = getattr(network, "parts", None)
    if known is not None and known.encoder:
        return frozenset(known.encoder)
    deepest = max(layer.stride for layer in layers)
    centre = [layer for layer in layers if layer.stride == deepest][-1]
    by_output = {id(layer.output): layer for layer in network.layers}
    found, waiting = {centre.name}, set(centre.sources)
    while waiting:
        layer = by_output[waiting.pop()]
        if layer.name not in found:
            found.add(layer.name)
            waiting |= _sources(layer)
    return frozenset(found)


def _sources(layer: keras.layers.Layer) -> set[int]:
    return set() if isinstance(layer, keras.layers.InputLayer) else _ids(layer.input)


def _ids(tensors: Any) -> set[int]:
    return {id(tensor) for tensor in keras.tree.flatten(tensors)}


def _handed_over(
    network: keras.Model, encoder: frozenset[str], layers: list[MapLayer]
) -> list[MapLayer]:
    """Return the layers of the encoder, those last that other layers than its own work on."""
    others = (layer for layer in network.layers if layer.name not in encoder)
    taken = set().union(*map(_sources, others))
    return sorted(layers, key=lambda layer: id(layer.tensor) in taken)


def _last_of_each(layers: Iterable[MapLayer]) -> list[MapLayer]:
    """Return the last layer of each stride, the finest first."""
    last = {layer.stride: layer for layer in layers}
    return [last[stride] for stride in sorted(last)]
