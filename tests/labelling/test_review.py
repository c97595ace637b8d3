"""What is told about the masks of real photographs, and about masks that were spoilt on purpose."""

import os

import numpy as np
import pytest
from PIL import Image
from scipy import ndimage

from notebook_seg.data import Dataset
from notebook_seg.labelling.review import Reviewer, check, review


@pytest.fixture
def coins(tmp_path):
    return Dataset.sample(tmp_path / "coins")


@pytest.fixture(scope="session")
def real(photographs, tmp_path_factory):
    """Make a dataset of one of the shared kinds of photographs, with the masks of its makers."""

    def create(kind, *classes):
        source, folder = photographs / kind, tmp_path_factory.mktemp(kind) / kind
        return Dataset.create(folder, source / "images", classes, source / "masks")

    return create


def change(data, stem, draw):
    """Draw on a mask as a slip of the hand would."""
    labels = data.mask(stem).copy()
    draw(labels)
    data.save_mask(stem, labels)


def told(data):
    return [(found.kind, found.stem) for found in check(data)]


def spot(labels):
    labels[2:4, 2:4] = 1


def pinhole(labels):
    inside = ndimage.binary_erosion(labels == 1, iterations=5)
    labels[tuple(np.argwhere(inside)[0])] = 0


def band(labels):
    labels[30:50, :20] = 1


@pytest.mark.parametrize(("slip", "kind"), [(spot, "island"), (pinhole, "hole"), (band, "border")])
def test_a_slip_of_the_hand_is_told_with_its_place(slip, kind, coins):
    before = coins.mask("coin_05")
    change(coins, "coin_05", slip)

    (found,) = check(coins)

    assert (found.kind, found.stem, found.class_name) == (kind, "coin_05", "coin")
    changed = np.argwhere(coins.mask("coin_05") != before)
    assert found.box.top <= changed[:, 0].max()
    assert found.box.bottom > changed[:, 0].min()
    assert "coin" in found.message.lower()


def test_a_piece_of_a_fifth_of_the_usual_size_is_no_island(coins):
    def a_small_coin(labels):
        labels[2:20, 2:20] = 1

    change(coins, "coin_05", a_small_coin)

    assert check(coins) == ()


def test_what_most_pictures_do_is_not_suspicious(coins):
    for stem in coins.stems[:6]:
        change(coins, stem, band)

    assert check(coins) == ()


def test_files_that_do_not_fit_or_cannot_be_read_are_told_first(coins):
    change(coins, "coin_09", spot)
    Image.fromarray(np.zeros((5, 5), np.uint8)).save(coins.mask_path("coin_02"))
    coins.mask_path("coin_03").write_bytes(b"no picture")
    coins.image_path("coin_04").unlink()
    coins.image_path("coin_06").write_bytes(b"no picture either")

    assert told(coins) == [
        ("unreadable", "coin_03"),
        ("size", "coin_02"),
        ("no picture", "coin_04"),
        ("photograph", "coin_06"),
        ("island", "coin_09"),
    ]


def test_a_part_of_a_dataset_is_not_told_of_the_masks_of_the_others(coins):
    assert check(coins.subset(["coin_01", "coin_02"])) == ()


def test_a_photograph_that_was_replaced_after_its_mask_is_told(coins):
    later = coins.mask_path("coin_07").stat().st_mtime + 3600
    os.utime(coins.image_path("coin_07"), (later, later))

    assert told(coins) == [("changed", "coin_07")]


def test_photographs_that_were_all_copied_after_their_masks_have_not_changed(coins):
    for stem in coins.stems:
        later = coins.mask_path(stem).stat().st_mtime + 3600
        os.utime(coins.image_path(stem), (later, later))

    assert check(coins) == ()


def test_an_empty_mask_and_a_class_that_is_never_used_are_told(coins, tmp_path):
    images = coins.folder / "images"
    data = Dataset.create(tmp_path / "two", images, ["coin", "scratch"], coins.folder / "masks")
    data.save_mask("coin_08", np.zeros(data.image_size("coin_08"), np.uint8))

    assert told(data) == [("empty", "coin_08"), ("unused", None)]


def test_a_dataset_without_masks_is_not_suspicious(coins, tmp_path):
    data = Dataset.create(tmp_path / "bare", coins.folder / "images", ["coin"])

    found = review(data)

    assert (found.n_labelled, found.suspicions, found.rows()) == (0, (), [])
    assert [total["pixels"] for total in found.totals()] == [0, 0]


def test_a_second_review_measures_only_what_was_drawn_since(coins):
    reviewer = Reviewer(coins)
    first = reviewer.review()
    change(coins, "coin_05", spot)

    second = reviewer.review()

    same = [a is b for a, b in zip(first.pictures, second.pictures, strict=True)]
    assert [p.stem for p, kept in zip(second.pictures, same, strict=True) if not kept] == [
        "coin_05"
    ]
    assert second.suspicious == {"coin_05"}


def test_the_numbers_are_those_of_the_masks(coins):
    change(coins, "coin_05", spot)

    found = review(coins)

    drawn = sum(int((coins.mask(stem) == 1).sum()) for stem in coins.stems)
    coin = found.totals()[1]
    assert (coin["pixels"], coin["pictures"], coin["pieces"]) == (drawn, 12, 25)
    rows = [row for row in found.rows() if row["picture"] == "coin_05"]
    assert rows[1]["pixels"] == (coins.mask("coin_05") == 1).sum()
    assert "coin_05" in str(found)
    assert "coin_05" in found._repr_html_()


def test_of_real_masks_only_the_slips_of_their_makers_are_told(real):
    """Specks and pinholes of a few pixels, which all of them are."""
    for data in (
        real("fish", "fish"),
        real("leaf", "leaf", "symptom"),
        real("yeast", "mother", "daughter"),
        real("nuclei", "nucleus"),
    ):
        found = check(data)
        assert {suspicion.kind for suspicion in found} <= {"island", "hole"}
        assert all(max(suspicion.box.shape) < 10 for suspicion in found)
        assert len({suspicion.stem for suspicion in found}) <= len(data) * 0.6
