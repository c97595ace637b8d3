import subprocess
import sys
import textwrap
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from notebook_seg.errors import ImageError
from notebook_seg.prediction import Model


def test_a_photograph_can_be_an_array_or_a_file(brief_model, coin_dataset):
    stem = coin_dataset.stems[0]
    np.testing.assert_array_equal(
        brief_model.predict(coin_dataset.image(stem)).labels,
        brief_model.predict(coin_dataset.image_path(stem)).labels,
    )


def test_probabilities_are_probabilities(brief_model, coin_dataset):
    probabilities = brief_model.predict(coin_dataset.image(coin_dataset.stems[0])).probabilities
    assert probabilities.min() >= 0
    np.testing.assert_allclose(probabilities.sum(-1), 1, rtol=1e-4)


def test_a_model_says_what_it_is(brief_model, coin_dataset):
    assert repr(brief_model) == "Model(small_unet: coin)"
    assert brief_model.colors == coin_dataset.colors


@pytest.mark.parametrize(
    "wrong",
    [
        np.zeros((8, 8), np.uint8),
        np.zeros((8, 8, 4), np.uint8),
        np.zeros((8, 8, 3)),
        np.zeros((0, 8, 3), np.uint8),
    ],
)
def test_an_array_that_is_no_image_is_told(brief_model, wrong):
    with pytest.raises(ImageError, match="Received: "):
        brief_model.predict(wrong)


def with_training(model, **training):
    record = replace(model.record, training={**model.record.training, **training})
    return Model(model.network, record)


def test_a_temperature_changes_how_sure_a_model_is_but_not_what_it_says(brief_model, coin_dataset):
    image = coin_dataset.image(coin_dataset.stems[0])
    plain = with_training(brief_model, temperature=1.0).predict(image).working_probabilities
    doubtful = with_training(brief_model, temperature=3.0).predict(image).working_probabilities
    np.testing.assert_array_equal(doubtful.argmax(-1), plain.argmax(-1))
    softened = plain ** (1 / 3)
    softened /= softened.sum(-1, keepdims=True)
    np.testing.assert_allclose(doubtful, softened, atol=1e-5)


def test_a_model_from_before_temperatures_has_one(brief_model):
    training = {k: v for k, v in brief_model.record.training.items() if k != "temperature"}
    assert (
        Model(brief_model.network, replace(brief_model.record, training=training)).temperature == 1
    )


def test_seen_both_ways_a_photograph_and_its_mirror_image_are_predicted_alike(
    brief_model, coin_dataset
):
    image = coin_dataset.image(coin_dataset.stems[0])
    image = brief_model.record.plan.scale.image(image)[:256, :320]
    one_way = brief_model.predict(image).working_probabilities
    both_ways = brief_model.predict(image, augmented=True).working_probabilities
    mirrored = brief_model.predict(np.ascontiguousarray(image[:, ::-1]), augmented=True)
    assert np.abs(both_ways - one_way).max() > 1e-3
    np.testing.assert_allclose(mirrored.working_probabilities[:, ::-1], both_ways, atol=1e-4)


def test_a_model_of_stretched_pictures_sees_a_darker_exposure_alike(brief_model, coin_dataset):
    image = coin_dataset.image(coin_dataset.stems[0])
    plan = brief_model.record.plan.replace(contrast="stretched")
    stretching = Model(brief_model.network, replace(brief_model.record, plan=plan))
    apart = [
        np.abs(np.subtract(*(m.predict(x).working_probabilities for x in (image, image // 2))))
        for m in (brief_model, stretching)
    ]
    assert apart[1].mean() < apart[0].mean() / 2


SCRIPT = """
    import resource, sys
    import numpy as np
    from notebook_seg.prediction import load_model

    model = load_model(sys.argv[1])
    model.predict(np.zeros((256, 384, 3), np.uint8)).labels
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    prediction = model.predict(sys.argv[2])
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    shape = prediction.labels.shape
    del prediction
    model.predict(sys.argv[2], augmented=True)
    augmented = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(*shape, (after - before) * 1024, (augmented - after) * 1024)
"""


def test_24_megapixels_are_predicted_in_bounded_memory(model_folder, tmp_path, photographs):
    small = Image.open(photographs / "fish" / "images" / "fish_336691052.jpg")
    small.resize((6000, 4000)).save(tmp_path / "large.jpg")
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(SCRIPT), model_folder, tmp_path / "large.jpg"],
        capture_output=True,
        text=True,
        check=True,
    )
    height, width, extra_bytes, for_views = map(int, done.stdout.split())
    assert (height, width) == (4000, 6000)
    assert extra_bytes < 600e6
    assert for_views < 50e6
