import numpy as np
import pytest

from notebook_seg.data import Dataset
from notebook_seg.training.examples import Examples
from notebook_seg.training.plan import Plan
from notebook_seg.training.scale import WorkingScale
from notebook_seg.training.validation_subset import ValidationSet

PLAN = Plan(minutes=5, batch_size=4, patch=(256, 256))
BATCH = 4 * 256 * 256


@pytest.fixture(scope="module")
def coins(coin_dataset):
    return ValidationSet(Examples(coin_dataset, coin_dataset.stems, WorkingScale(long_side=64)))


@pytest.fixture(scope="module")
def large(tmp_path_factory):
    """Pictures of 1.5 megapixels, drawn on near a corner."""
    data = Dataset.sample(tmp_path_factory.mktemp("large") / "coins")
    data = data.subset(data.stems[:3])
    for stem in data.stems:
        mask = np.full(data.image_size(stem), 255, np.uint8)
        mask[8:12, 8:12] = 1
        data.save_mask(stem, mask)
    return ValidationSet(Examples(data, data.stems, WorkingScale(factor=12)))


def test_what_is_looked_at_is_half_of_what_is_learned_from_at_most(coins, large):
    for batches in (4, 20):
        assert len(coins.subset(PLAN, batches)) == min(batches // 2, 12)
    assert len(large.subset(PLAN, 40)) == 3
    seen = sum(example.mask.size for example in large.subset(PLAN, 20))
    assert 0.5 * seen <= 20 * BATCH / 2


def test_as_few_pictures_as_a_tile_holds_are_always_looked_at(coins):
    assert len(coins.subset(PLAN.replace(batch_size=1, patch=(64, 64)), 1)) == 12


def test_of_one_picture_alone_the_first_that_shows_a_class_is_looked_at(tmp_path):
    data = Dataset.sample(tmp_path / "coins")
    data.save_mask("coin_01", 0 * data.mask("coin_01"))
    pictures = ValidationSet(Examples(data, data.stems, WorkingScale(long_side=64)))
    assert pictures.first_only(PLAN).stems == ["coin_02"]
    nothing = ValidationSet(Examples(data, data.stems[:1], WorkingScale(long_side=64)))
    assert nothing.first_only(PLAN).stems == ["coin_01"]


def test_the_same_pictures_are_looked_at_again_spread_over_all(coins):
    subsets = [coins.subset(PLAN, 6).stems for _ in range(2)]
    assert subsets[0] == subsets[1] == ["coin_01", "coin_07", "coin_12"]


def test_of_a_picture_that_is_too_large_the_drawn_part_is_looked_at(large):
    (part,) = large.subset(PLAN, 1)
    whole = large.examples[0]
    assert part.mask.shape == part.image.shape[:2]
    assert 0.9 * 768 * 768 < part.mask.size <= 768 * 768 < whole.mask.size
    assert np.count_nonzero(part.mask == 1) == np.count_nonzero(whole.mask == 1)
