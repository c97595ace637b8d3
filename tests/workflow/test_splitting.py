import numpy as np
import pytest

from notebook_seg.data import Dataset
from notebook_seg.training import Plan
from notebook_seg.workflow import train
from notebook_seg.workflow.splitting import folds_by_classes, split_by_classes
from notebook_seg.workflow.training import split_for
from tests.conftest import BRIEFLY


@pytest.fixture
def data(tmp_path, coin_dataset):
    """Coins, all of them drawn, of which one has a rim."""
    data = Dataset.create(tmp_path / "coins", coin_dataset.folder / "images", ["coin", "rim"])
    for stem in data.stems:
        data.save_mask(stem, coin_dataset.mask(stem))
    return data


def draw(data, stem, label):
    mask = data.mask(stem)
    mask[mask == 1] = label
    data.save_mask(stem, mask)


def test_a_class_of_a_single_picture_is_learned_from(data):
    rare = data.split(validation=0.1).validation[0]
    draw(data, rare, 2)
    split = split_for(data, Plan(minutes=5, validation=0.1))
    assert rare in split.train
    assert split == data.split(validation=0.1, seed=1000)


def test_a_picture_without_any_class_is_not_what_is_validated_with(data):
    for stem in data.split(validation=0.25).validation:
        draw(data, stem, 0)
    split = split_for(data, Plan(minutes=5, validation=0.25))
    assert any((data.mask(stem) == 1).any() for stem in split.validation)


def test_a_split_that_is_fine_is_kept(data):
    for seed in range(3):
        assert split_by_classes(data, 0.2, 0.1, seed) == data.split(0.2, 0.1, seed)


def test_a_mask_that_is_drawn_on_is_looked_at_again(data):
    rare = data.split(validation=0.1).validation[0]
    assert rare in split_by_classes(data, 0.1, 0, 0).validation
    draw(data, rare, 2)
    assert rare in split_by_classes(data, 0.1, 0, 0).train


def test_without_a_class_to_score_by_the_latest_epoch_is_kept(data):
    drawn = data.stems[0]
    for stem in data.stems[1:]:
        draw(data, stem, 0)
    model = train(data, **{**BRIEFLY, "epochs": 2, "steps": 1, "validation": 0.25})
    assert drawn in model.record.split["train"]
    assert "val_iou" not in model.history
    assert np.isfinite(model.history["val_loss"]).all()
    assert model.record.training["best_validation_iou"] is None
    assert model.record.training["best_epoch"] == 2
    assert "no class in the validation pictures" in model.record.card()


def test_folds_learn_from_the_only_picture_of_a_class_unless_it_is_tested(data):
    rare = data.folds(3)[0].validation[0]
    draw(data, rare, 2)
    folds = folds_by_classes(data, 3, 0.2, seed=0)
    assert [fold.test for fold in folds] == [fold.test for fold in data.folds(3)]
    assert [rare in fold.train for fold in folds] == [rare not in fold.test for fold in folds]
    assert all(len(fold.validation) == 2 for fold in folds)
