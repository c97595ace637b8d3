"""A model as one network of nothing but Keras' own layers, from grey levels to probabilities.

Whoever opens it needs no code of this package, which other programs do not have.
"""

from collections.abc import Sequence

import keras
import numpy as np

from notebook_seg.errors import OptionError
from notebook_seg.prediction import Ensemble, Model
from notebook_seg.training.networks import preprocess
from notebook_seg.training.plan import Plan

__all__ = ["standard_network"]

_WHITE = 255
_TRIED = 64  # colours


def standard_network(model: Model | Ensemble) -> keras.Model:
    """Return a network that does what a model does at its working scale.

    Parameters
    ----------
    model : Model or Ensemble

    Returns
    -------
    keras.Model
        From images ``(N, H, W, channels)`` float32, 0 to 255, to probabilities
        ``(N, H, W, classes)`` float32, background first. H and W are multiples of 32.

    Raises
    ------
    OptionError
        If the network has layers of its own, the photographs' contrast is stretched, or the models
        of an ensemble see photographs at several scales.

    Examples
    --------
    >>> from notebook_seg.data import ClassLabel
    >>> from notebook_seg.training import ModelRecord, Plan
    >>> split = {"train": ["a"], "validation": [], "test": []}
    >>> plan = Plan(architecture="linknet", encoder="resnet18", epochs=1)
    >>> record = ModelRecord((ClassLabel(1, "coin", "#e6194b"),), plan, split)
    >>> standard_network(Model(record.build(), record)).output_shape
    (None, None, None, 2)
    """
    models = model.models if isinstance(model, Ensemble) else (model,)
    _check_expressible([member.record.plan for member in models])
    networks = [_network(member, f"model_{number}") for number, member in enumerate(models, 1)]
    network = networks[0] if len(networks) == 1 else _mean(networks)
    if own := _own_layers(network):
        raise _not_expressible(own)
    return network


def _check_expressible(plans: Sequence[Plan]) -> None:
    if len({(plan.scale, plan.channels) for plan in plans}) > 1:
        raise OptionError(
            "The models of this ensemble see photographs at several scales, which one network "
            "cannot: hand out one of its models."
        )
    if any(plan.contrast != "as it is" for plan in plans):
        raise OptionError(
            "The model learned from photographs of stretched contrast, which no layer does: train "
            "with contrast='as it is', or share a bundle of this package."
        )


def _network(model: Model, name: str) -> keras.Model:
    plan, n_classes = model.record.plan, model.record.n_classes
    pixels = keras.Input((None, None, plan.channels), name="pixels")
    last = model.network.get_layer("logits")
    core = _of_standard_layers(keras.Model(model.network.input, last.input))
    features = core(_encoder_range(plan)(pixels))
    logits = _linear(_logit_weights(n_classes) / model.temperature, "logits")(features)
    probabilities = keras.layers.Activation("softmax", dtype="float32", name="softmax")(logits)
    return keras.Model(pixels, probabilities, name=name)


def _mean(networks: Sequence[keras.Model]) -> keras.Model:
    pixels = keras.Input(networks[0].input_shape[1:], name="pixels")
    mean = keras.layers.Average(name="mean")([network(pixels) for network in networks])
    return keras.Model(pixels, mean, name="ensemble")


def _logit_weights(n_classes: int) -> np.ndarray:
    # Of two classes the network tells one, and the logit of the background is always 0.
    return np.array([[0.0, 1.0]]) if n_classes == 2 else np.eye(n_classes)


def _encoder_range(plan: Plan) -> keras.layers.Layer:
    """Return the layer that scales pixels as the encoder expects them."""
    colors = np.eye(plan.channels) * _WHITE
    black = _preprocessed(plan, np.zeros((1, plan.channels)))
    weights = (_preprocessed(plan, colors) - black) / _WHITE
    some = np.random.default_rng(0).integers(0, _WHITE + 1, (_TRIED, plan.channels))
    if not np.allclose(_preprocessed(plan, some), some @ weights + black, atol=1e-4):
        raise OptionError(
            f"The encoder {plan.encoder} scales pixels as no layer does: share a bundle of this "
            "package."
        )
    return _linear(weights, "encoder_range", black[0])


def _preprocessed(plan: Plan, colors: np.ndarray) -> np.ndarray:
    scaled = preprocess(plan.encoder, colors[None].astype(np.uint8))
    return np.asarray(scaled[0], np.float64)


def _linear(weights: np.ndarray, name: str, bias: np.ndarray | None = None) -> keras.layers.Layer:
    layer = keras.layers.Conv2D(weights.shape[1], 1, use_bias=bias is not None, name=name)
    layer.build((None, None, None, weights.shape[0]))
    kernel = weights[None, None].astype(np.float32)
    layer.set_weights([kernel] if bias is None else [kernel, bias.astype(np.float32)])
    return layer


def _of_standard_layers(network: keras.Model) -> keras.Model:
    """Return the network with Keras' layers in place of an encoder's own that do the same."""
    if not _own_layers(network):
        return network
    try:
        copy = keras.models.clone_model(network, clone_function=_standard_layer)
    # What a layer's own code raises when it is made anew from its settings.
    except (TypeError, ValueError) as error:
        raise _not_expressible(_own_layers(network)) from error
    for layer in filter(lambda layer: layer.weights, network.layers):
        copy.get_layer(layer.name).set_weights(layer.get_weights())
    return copy


def _standard_layer(layer: keras.layers.Layer) -> keras.layers.Layer:
    settings = layer.get_config()
    if isinstance(layer, keras.layers.Dropout) and not _is_standard(layer):
        return keras.layers.Dropout(layer.rate, name=layer.name)
    if isinstance(layer, keras.layers.UpSampling2D):
        return keras.layers.UpSampling2D.from_config(settings)
    if getattr(getattr(layer, "activation", None), "__name__", None) == "swish":
        # An encoder's own function, of which the settings hold no more than the name.
        settings["activation"] = "silu"
    return layer.__class__.from_config(settings)


def _own_layers(network: keras.Model) -> list[str]:
    layers = network._flatten_layers(include_self=False)
    return sorted({type(layer).__name__ for layer in layers if not _is_standard(layer)})


def _is_standard(layer: keras.layers.Layer) -> bool:
    # A Lambda holds code, which is never loaded.
    is_own_code = isinstance(layer, keras.layers.Lambda)
    return type(layer).__module__.partition(".")[0] == "keras" and not is_own_code


def _not_expressible(layers: Sequence[str]) -> OptionError:
    return OptionError(
        f"The network has layers that other programs do not know ({', '.join(layers)}): train with "
        "another architecture or encoder, such as 'unet' and 'mobilenetv2', or share a bundle of "
        "this package."
    )
