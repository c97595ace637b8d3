import keras
import numpy as np
import pytest

from notebook_seg.errors import ImageError, OptionError
from notebook_seg.inspection.explain import METHODS, heatmap, network_stages
from notebook_seg.prediction import Ensemble
from notebook_seg.training.architectures import ARCHITECTURES, has_own_encoder

from .conftest import GREEN, GREY, RED, model_of, random_model, square

BY_LAYER = ("grad_cam", "hires_cam", "score_cam")


def explain(model, image, label=1, method="hires_cam", **options):
    options = {"progress": False, "border_test": False} | options
    if method in BY_LAYER and isinstance(model.network.layers[1], keras.layers.Conv2D):
        options.setdefault("layer", "features")
    return heatmap(model, image, label, method, **options)


def test_hires_cam_sums_to_what_the_features_add_to_the_score(color_model, coin_dataset):
    image = coin_dataset.image(coin_dataset.stems[0])
    heat = explain(color_model, image, where=image[..., 0] > 120)
    logits = np.asarray(color_model.network((image / np.float32(255))[None], training=False))[0]
    lead = logits[..., 1] - (logits[..., 0] + logits[..., 2]) / 2
    of_biases = -4 - (0 - 4) / 2
    assert heat.evidence.sum() + of_biases == pytest.approx(
        lead[image[..., 0] > 120].mean(), rel=1e-4
    )


@pytest.mark.parametrize("method", METHODS)
def test_the_map_moves_with_the_object(color_model, method):
    first = explain(color_model, square(16, 24), method=method)
    moved = explain(color_model, square(24, 40), method=method)
    assert first.values.max() > 0.9
    np.testing.assert_allclose(moved.values, np.roll(first.values, (8, 16), axis=(0, 1)), atol=0.03)


@pytest.mark.parametrize("method", METHODS)
def test_heat_lies_on_the_object_of_the_class_asked_about(color_model, method):
    image = np.maximum(square(8, 8, color=RED), square(40, 64, color=GREEN))
    for label, color in (("red", RED), ("green", GREEN)):
        heat = explain(color_model, image, label, method)
        on_it = (image == color).all(axis=2)
        assert heat.values[on_it].mean() > 0.5
        assert heat.values[on_it].mean() > 10 * heat.values[~on_it].mean()
        assert heat.class_name == label


@pytest.mark.parametrize("method", METHODS)
def test_a_constant_picture_has_a_flat_map(color_model, method):
    heat = explain(color_model, square(color=GREY, ground=GREY), method=method)
    assert np.ptp(heat.values) < 1e-6
    assert heat.target == "over all of the picture, since red is predicted nowhere"


@pytest.mark.parametrize("method", METHODS)
def test_a_network_whose_weights_are_no_numbers_has_a_map_without_heat(method):
    model = random_model("small_unet", "none", encoder_weights=None)
    last = next(layer for layer in model.network.layers[::-1] if layer.get_weights())
    last.set_weights([np.full_like(weights, np.nan) for weights in last.get_weights()])
    heat = heatmap(model, square(), 1, method, progress=False)
    assert not heat.values.any()
    assert heat.patch_box.shape == (64, 96)


def test_a_network_of_other_random_weights_gives_another_map(deep_model, coin_dataset):
    image = coin_dataset.image(coin_dataset.stems[0])[:64, :96]
    one, other = (
        explain(model, image, where=(30, 40)).values for model in (deep_model, random_model(seed=1))
    )
    assert one.max() == other.max() == 1
    assert abs(np.corrcoef(one.ravel(), other.ravel())[0, 1]) < 0.7


@pytest.mark.parametrize("method", ["grad_cam", "hires_cam", "occlusion"])
def test_only_what_the_asked_pixel_saw_is_hot(color_model, method):
    image = np.maximum(square(8, 8), square(40, 64))
    heat = explain(color_model, image, method=method, where=(44, 70))
    if method == "grad_cam":  # which weighs whole channels, wherever they respond
        assert heat.values[12, 12] == pytest.approx(heat.values[44, 70])
    else:
        assert heat.values[44, 70] > 0.5
        assert heat.values[:32, :48].max() == 0
    assert (heat.region.sum(), heat.target) == (1, "at row 44, column 70")


def test_a_region_is_asked_about(color_model):
    image = square(8, 8, side=48)
    where = np.zeros((64, 96), bool)
    where[20:30, 20:40] = True
    heat = explain(color_model, image, where=where)
    np.testing.assert_array_equal(heat.values > 0, where)
    np.testing.assert_array_equal(heat.region, where)
    assert heat.score == pytest.approx(np.exp(4) / (np.exp(4) + 1 + np.exp(-4)), rel=1e-4)


def test_a_region_thinner_than_a_pixel_of_the_working_scale_is_kept(color_model):
    shrunk = model_of(color_model.network, factor=0.25)
    where = np.zeros((128, 192), bool)
    where[61, 90] = True
    heat = explain(shrunk, square(40, 60, 64, shape=(128, 192)), where=where)
    assert np.argwhere(heat.region).tolist() == [[61 // 4, 90 // 4]]


def test_the_background_is_explained_too(color_model):
    heat = explain(color_model, square(side=32), label=0, method="scores")
    assert heat.values[0, 0] > 0.9 > 0.1 > heat.values[20, 30]
    assert heat.score > 0.9


def test_of_two_classes_the_background_is_what_the_class_is_not(border_model):
    image = np.random.default_rng(0).integers(0, 99, (32, 32, 3), np.uint8)
    own, others = (explain(border_model, image, label, where=(30, 30)) for label in (1, 0))
    assert own.evidence.max() > 0
    np.testing.assert_allclose(own.evidence, -others.evidence, atol=1e-6)
    assert own.score + others.score == pytest.approx(1, abs=1e-5)


def test_scores_are_the_probabilities(color_model):
    image = square()
    probabilities = color_model.predict(image).working_probabilities[..., 1]
    heat = explain(color_model, image, method="scores")
    np.testing.assert_allclose(heat.values, probabilities, atol=1e-5)


def test_the_end_of_a_picture_that_a_network_takes_for_something_is_named(border_model):
    white = square(color=(255,) * 3, ground=(255,) * 3)
    heat = heatmap(border_model, white, "red", layer="features", progress=False)
    assert heat.border_share == pytest.approx(1)
    assert heat.border_effect == pytest.approx(1)
    assert heat.border_sentence == (
        "Do not trust the heat at the border: 100% of all heat lies there, and 100% goes away "
        "when the picture goes on beyond it. The network responds to where the picture ends."
    )


def test_an_object_at_the_border_is_not_taken_for_the_end_of_the_picture(color_model):
    cut = square(0, 24, side=4)
    heat = heatmap(color_model, cut, "red", layer="features", progress=False)
    assert heat.border_share == pytest.approx(1)
    assert heat.border_effect == pytest.approx(0, abs=1e-6)
    assert "it comes from what is seen there" in heat.border_sentence


def test_heat_elsewhere_is_no_matter_of_the_border(color_model):
    heat = heatmap(color_model, square(), "red", layer="features", progress=False)
    assert heat.border_sentence == "The border is no hotter than the rest (0% of the heat)."


def test_what_was_not_tested_is_not_claimed(border_model):
    white = square(color=(255,) * 3, ground=(255,) * 3)
    heat = explain(border_model, white)
    assert heat.border_effect is None
    assert "not tested" in heat.border_sentence


def test_the_patch_that_mattered_is_cut_from_the_photograph(color_model):
    image = square(16, 24)
    heat = explain(color_model, image)
    assert heat.patch_box == (16, 24, 32, 40)
    assert (heat.patch(image) == RED).all()
    with pytest.raises(ImageError, match="64 x 96 pixels"):
        heat.patch(image[:32])


def test_of_a_large_picture_a_window_around_the_place_is_explained(color_model):
    image = square(700, 1000, side=40, shape=(900, 1300))
    pixel = explain(color_model, image, where=(710, 1010))
    assert pixel.window.shape == pixel.values.shape == (512, 512)
    assert np.argwhere(pixel.region).tolist() == [
        [710 - pixel.window.box.top, 1010 - pixel.window.box.left]
    ]
    whole = explain(color_model, image, where=None)
    assert whole.region.sum() == 40 * 40
    assert whole.patch_box == (700, 1000, 740, 1040)


def test_a_window_in_the_middle_is_chosen_where_nothing_else_decides(color_model):
    heat = explain(color_model, square(shape=(64, 1200), side=1), method="scores", label=0)
    assert heat.window.box.top == 0
    assert heat.window.box.left % 32 == 0
    assert 256 <= heat.window.box.left <= 432


@pytest.mark.parametrize("method", ["score_cam", "occlusion"])
def test_work_that_is_stopped_keeps_what_was_done(color_model, method):
    told = []

    def stop_half_way(done):
        told.append(done)
        return done < 0.5

    heat = explain(color_model, square(), method=method, progress=stop_half_way)
    assert 0.5 <= heat.done < 1
    assert told[-1] == heat.done
    assert heat.values.max() == 1
    assert "stopped after" in heat.sentence


def test_of_an_ensemble_the_first_model_is_explained(color_model, border_model):
    ensemble = Ensemble([color_model, model_of(border_model.network)])
    np.testing.assert_array_equal(
        heatmap(ensemble, square(), 1, "scores", progress=False).values,
        heatmap(color_model, square(), 1, "scores", progress=False).values,
    )


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"method": "gradcam"}, "did you mean 'grad_cam'"),
        ({"label": "rde"}, "Unknown class: did you mean 'red'"),
        ({"label": 3}, "0 to 2"),
        ({"where": (64, 0)}, "outside the photograph of 64 x 96"),
        ({"where": np.zeros((64, 96), bool)}, "region is empty"),
        ({"where": np.ones((64, 95), bool)}, "photograph's size"),
        ({"where": np.ones((64, 96), np.uint8)}, "mask of bool"),
        ({"layer": "feature"}, "features"),
        ({"method": "occlusion", "layer": "features"}, "leave `layer` out"),
    ],
)
def test_what_is_not_understood_is_told(color_model, options, message):
    options = {"label": 1, "progress": False} | options
    with pytest.raises(OptionError, match=message):
        heatmap(color_model, square(), **options)


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_every_architecture_is_explained(architecture):
    encoder = "none" if has_own_encoder(architecture) else "resnet18"
    model = random_model(architecture, encoder)
    image = np.random.default_rng(0).integers(0, 255, (60, 62, 3), np.uint8)
    up = next(s.layer for s in network_stages(model.network) if s.side == "decoder")
    for method, layer in (("grad_cam", None), ("hires_cam", up)):
        heat = explain(model, image, 1, method, where=(30, 30), layer=layer)
        assert heat.values.shape == (60, 62)
        assert np.isfinite(heat.evidence).all()
        assert np.abs(heat.evidence).max() > 0
        assert 0 <= heat.values.min() <= heat.values.max() <= 1
    keras.backend.clear_session()


def test_any_layer_can_be_looked_at_the_first_and_the_last_too(color_model):
    image = square()
    features, pixels, outputs = (
        explain(color_model, image, layer=layer, where=(20, 30))
        for layer in ("features", "pixels", "outputs")
    )
    np.testing.assert_allclose(pixels.evidence, features.evidence, atol=1e-6)
    assert outputs.evidence.sum() == pytest.approx(4 - (-4) / 2, rel=1e-5)
