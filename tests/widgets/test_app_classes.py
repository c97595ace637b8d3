import numpy as np
import pytest

from notebook_seg.data import Dataset
from notebook_seg.errors import DatasetError
from notebook_seg.widgets.app_classes import rewrite_classes, unused_color


@pytest.fixture
def data(tmp_path):
    return Dataset.sample(tmp_path / "coins")


def test_classes_get_other_names_and_colours_and_no_mask_is_touched(data):
    path = data.mask_path("coin_01")
    before, mask = path.read_bytes(), data.mask("coin_01")

    changed = rewrite_classes(data, [(" money ", "#112233"), ("scratch", "#445566")])

    assert changed.class_names == ("background", "money", "scratch")
    assert changed.colors[1:] == ("#112233", "#445566")
    assert path.read_bytes() == before
    np.testing.assert_array_equal(changed.mask("coin_01"), mask)
    changed.save_mask("coin_01", mask)


def test_a_class_that_masks_may_hold_cannot_be_taken_away(data):
    two = rewrite_classes(data, [("money", "#112233"), ("scratch", "#445566")])
    with pytest.raises(DatasetError, match="1 classes in place of 2"):
        rewrite_classes(two, [("money", "#112233")])
    assert Dataset(data.folder).class_names == two.class_names


@pytest.mark.parametrize(
    "looks",
    [
        [("", "#112233")],
        [("background", "#112233")],
        [("coin", "#112233"), ("Coin", "#112233")],
        [("coin", "red")],
    ],
)
def test_names_and_colours_that_cannot_be_used_change_nothing(data, looks):
    before = (data.folder / "dataset.json").read_bytes()
    with pytest.raises(DatasetError):
        rewrite_classes(data, looks)
    assert (data.folder / "dataset.json").read_bytes() == before


def test_groups_are_kept(tmp_path, data):
    grouped = Dataset.create(
        tmp_path / "grouped", data.folder / "images", ["coin"], groups=r"coin_(\d)"
    )
    assert rewrite_classes(grouped, [("money", "#112233")]).groups == grouped.groups != {}


def test_a_new_class_gets_a_colour_that_is_not_taken_while_there_is_one():
    taken = []
    for _ in range(10):
        taken.append(unused_color(taken))
    assert len(set(taken)) == 10
    assert unused_color(taken).startswith("#")
