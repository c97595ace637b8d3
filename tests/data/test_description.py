import json

import pytest

from notebook_seg.data import Dataset
from notebook_seg.errors import DatasetError


def change(data: Dataset, **entries: object) -> None:
    path = data.folder / "dataset.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | entries))


def test_the_file_says_what_other_programs_need(coins):
    content = json.loads((coins.folder / "dataset.json").read_text("utf-8"))
    assert content == {
        "format": 1,
        "classes": [{"index": 1, "name": "coin", "color": coins.classes[0].color}],
    }


def test_names_in_any_script_are_kept(tmp_path, coins):
    images = coins.folder / "images"
    Dataset.create(tmp_path / "d", images, classes=["鱼", "Flügel"])
    assert Dataset(tmp_path / "d").class_names == ("background", "鱼", "Flügel")
    assert "鱼" in (tmp_path / "d" / "dataset.json").read_text("utf-8")


def test_a_folder_that_is_no_dataset_is_an_error_that_tells_how_to_make_one(tmp_path):
    with pytest.raises(DatasetError, match=r"not a dataset.*Dataset\.create"):
        Dataset(tmp_path)
    with pytest.raises(DatasetError, match="not a dataset"):
        Dataset(tmp_path / "gone")


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"\xff\xfe\x00", b'{"classes": []}', b"3"])
def test_a_damaged_file_is_an_error_that_names_it(coins, content):
    (coins.folder / "dataset.json").write_bytes(content)
    with pytest.raises(DatasetError, match=r"dataset\.json cannot be understood") as caught:
        Dataset(coins.folder)
    assert "\n" not in str(caught.value)


def test_a_later_format_is_an_error_that_tells_how_to_update(coins):
    change(coins, format=2)
    with pytest.raises(DatasetError, match=r"format 2.*pip install --upgrade"):
        Dataset(coins.folder)


@pytest.mark.parametrize(
    "classes",
    [
        None,
        [],
        "fish",
        [{"index": 1, "name": "fish"}],
        [{"index": 2, "name": "fish", "color": "#ffffff"}],
        [{"index": 1, "name": "fish", "color": "pink"}],
        [{"index": 1, "name": "fish", "color": "#ffffff", "weight": 3}],
        [{"index": 1, "name": 7, "color": "#ffffff"}],
    ],
)
def test_classes_that_make_no_sense_are_an_error(coins, classes):
    change(coins, classes=classes)
    with pytest.raises(DatasetError, match=r"classes|indexes"):
        Dataset(coins.folder)


@pytest.mark.parametrize("groups", [["a"], {"coin_01": 3}])
def test_groups_that_make_no_sense_are_an_error(coins, groups):
    change(coins, groups=groups)
    with pytest.raises(DatasetError, match="groups"):
        Dataset(coins.folder)
