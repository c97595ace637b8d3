"""What is written in a format and read again is the very same mask."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from notebook_seg.data import Dataset
from notebook_seg.data.formats import FORMATS, export_masks, import_masks
from tests.data.formats.exchanged import there_and_back

MASKS = hnp.arrays(
    np.uint8,
    hnp.array_shapes(min_dims=2, max_dims=2, min_side=2, max_side=9),
    elements=st.sampled_from([0, 1, 2, 255]),
)


@pytest.fixture(scope="module")
def coins(tmp_path_factory) -> Dataset:
    """The sample with a mask that is partly unlabelled, and one that is empty."""
    data = Dataset.sample(tmp_path_factory.mktemp("sample") / "coins")
    mask = data.mask("coin_01")
    mask[:20, :30] = 255
    data.save_mask("coin_01", mask)
    data.save_mask("coin_02", np.zeros_like(data.mask("coin_02")))
    return data


@pytest.mark.parametrize("kind", [kind for kind in FORMATS if kind != "objects"])
def test_any_mask_comes_back(kind, tmp_path_factory):
    @settings(max_examples=25)
    @given(MASKS)
    def check(mask):
        folder = tmp_path_factory.mktemp("mask")
        assert np.array_equal(there_and_back(kind, mask, folder), mask)

    check()


@settings(max_examples=25)
@given(MASKS)
def test_numbered_objects_come_back_all_but_what_is_unlabelled(tmp_path_factory, mask):
    back = there_and_back("objects", mask, tmp_path_factory.mktemp("mask"))
    assert np.array_equal(back, np.where(mask == 255, 0, mask))


@pytest.mark.parametrize("kind", FORMATS)
def test_a_dataset_comes_back_with_its_classes_and_colours(kind, coins, tmp_path):
    export_masks(coins, tmp_path / "out", kind, progress=False)
    images = coins.folder / "images"
    back = import_masks(
        tmp_path / "back", tmp_path / "out", images, empty=True, progress=False
    ).data
    assert back.classes == coins.classes
    for stem in coins.stems:
        expected = coins.mask(stem)
        if kind == "objects":
            expected[expected == 255] = 0
        assert np.array_equal(back.mask(stem), expected), stem


@pytest.mark.parametrize("kind", FORMATS)
def test_classes_have_names_of_any_language(kind, photo, tmp_path):
    data = Dataset.create(tmp_path / "data", photo(), ["Fl\u00fcgel", "\u9c7c"])
    mask = np.zeros((60, 80), np.uint8)
    mask[5:20, 5:20], mask[30:40, 5:20] = 1, 2
    data.save_mask("fish_1", mask)
    export_masks(data, tmp_path / "out", kind, progress=False)
    back = import_masks(tmp_path / "back", tmp_path / "out", photo(), progress=False).data
    assert back.classes == data.classes
    assert np.array_equal(back.mask("fish_1"), mask)


@pytest.mark.parametrize("kind", FORMATS)
def test_real_leaves_with_lesions_come_back(kind, leaves, tmp_path):
    export_masks(leaves, tmp_path / "out", kind, progress=False)
    images = leaves.folder / "images"
    back = import_masks(tmp_path / "back", tmp_path / "out", images, progress=False).data
    assert back.classes == leaves.classes
    assert all(np.array_equal(back.mask(stem), leaves.mask(stem)) for stem in leaves.stems)
