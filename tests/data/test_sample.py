import numpy as np
from scipy import ndimage
from skimage import data as skimage_data

from notebook_seg.data import Dataset


def test_it_is_a_labelled_dataset_of_twelve_pictures(coins):
    assert coins.stems == coins.labelled == tuple(f"coin_{i:02d}" for i in range(1, 13))
    assert [c.name for c in coins.classes] == ["coin"]


def test_every_picture_shows_two_whole_round_coins(coins):
    for stem in coins.stems:
        mask = coins.mask(stem)
        numbered, count = ndimage.label(mask)
        assert count == 2, stem
        assert not np.concatenate([mask[0], mask[-1], mask[:, 0], mask[:, -1]]).any(), stem
        for box, area in zip(
            ndimage.find_objects(numbered), np.bincount(numbered.ravel())[1:], strict=True
        ):
            height, width = (side.stop - side.start for side in box)
            assert 0.8 < height / width < 1.25
            assert 0.7 < area / (height * width) < 0.85, "a disc fills 0.785 of its box"


def test_a_coin_is_brighter_than_the_cloth_around_it(coins):
    for stem in coins.stems:
        grey = coins.image(stem)[..., 0].astype(float)
        numbered, _ = ndimage.label(coins.mask(stem))
        for coin in [1, 2]:
            inside = numbered == coin
            rim_in = inside & ~ndimage.binary_erosion(inside, iterations=3)
            rim_out = ndimage.binary_dilation(inside, iterations=4) & (numbered == 0)
            assert grey[rim_in].mean() > grey[rim_out].mean() + 15, stem


def test_the_pixels_are_those_of_the_museum_photograph(coins):
    rows = [[coins.image(s)[..., 0] for s in coins.stems[i : i + 3]] for i in range(0, 12, 3)]
    assert np.array_equal(np.block(rows), skimage_data.coins())


def test_without_a_folder_every_sample_is_a_fresh_one():
    one, other = Dataset.sample(), Dataset.sample()
    assert one.folder != other.folder
    one.save_mask("coin_01", np.zeros_like(one.mask("coin_01")))
    assert other.mask("coin_01").any()
