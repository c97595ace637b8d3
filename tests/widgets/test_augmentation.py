import io

import numpy as np
import pytest
from PIL import Image

from notebook_seg.data import Dataset
from notebook_seg.errors import OptionError
from notebook_seg.training import Plan
from notebook_seg.training.augmentation import AUGMENTATIONS, compose
from notebook_seg.widgets.augmentation import AugmentationPreview

PLAN = Plan(epochs=1, patch=(64, 64), augmentation="light")


def shown(preview):
    return np.asarray(Image.open(io.BytesIO(preview.picture.value)))


@pytest.fixture
def preview(coin_dataset):
    return AugmentationPreview(coin_dataset, PLAN, n=2)


def test_the_augmentation_of_the_plan_is_shown_first(preview):
    assert preview.choice.value == "light"
    assert [value for _, value in preview.choice.options] == list(AUGMENTATIONS)
    assert shown(preview).size


def test_choosing_a_preset_draws_the_same_patches_under_it(preview):
    before = shown(preview)
    preview.choice.value = "strong"
    assert preview.augmentation == "strong"
    assert preview.seed == 0
    assert before.shape != shown(preview).shape or (before != shown(preview)).any()


def test_the_button_draws_other_patches(preview):
    before = shown(preview)
    preview.button.click()
    assert preview.seed == 1
    assert before.shape != shown(preview).shape or (before != shown(preview)).any()


def test_a_pipeline_of_ones_own_can_be_shown_and_found_again(preview):
    preview.show(compose("microscopy"))
    own = preview.augmentation
    assert isinstance(own, dict)
    assert preview.choice.label.startswith("your own: HorizontalFlip")
    preview.choice.value = "none"
    preview.choice.value = own
    assert preview.augmentation == own


def test_what_is_not_understood_changes_nothing(preview):
    before = preview.picture.value
    with pytest.raises(OptionError):
        preview.show("fog")
    assert (preview.augmentation, preview.choice.value) == ("light", "light")
    assert preview.picture.value == before


def test_a_photograph_that_cannot_be_read_is_told_in_the_panel(tmp_path):
    data = Dataset.sample(tmp_path / "coins")
    for stem in data.stems:
        path = data.image_path(stem)
        path.write_bytes(path.read_bytes()[:300])
    preview = AugmentationPreview(data, PLAN, n=2)
    assert "coin_" in preview.message.text
