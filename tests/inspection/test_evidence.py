import numpy as np
import pytest

from notebook_seg.data import Dataset
from notebook_seg.errors import MaskError
from notebook_seg.inspection.evidence import Evidence, Seen, picture_evidence
from notebook_seg.inspection.metrics import Scores

from .seeing import evidence_of, looked_at, right_probabilities

NAMES = ("background", "coin")


@pytest.fixture(scope="module")
def coins():
    return Dataset.sample()


@pytest.fixture(scope="module")
def evidence(coins):
    return evidence_of(coins)


def test_scores_are_those_of_the_masks_at_full_size(coins):
    stem = coins.stems[0]
    mask = coins.drawn_mask(stem)
    wrong = np.roll(mask, 5, axis=0)
    found = looked_at(stem, coins.image(stem), mask, right_probabilities(wrong, 2), "test", NAMES)
    expected = Scores.from_masks(mask, right_probabilities(wrong, 2).argmax(-1), NAMES)
    np.testing.assert_array_equal(found.scores.counts, expected.counts)


def test_probabilities_may_be_smaller_than_the_mask(coins):
    stem = coins.stems[0]
    image, mask = coins.image(stem), coins.drawn_mask(stem)
    half = right_probabilities(mask[::2, ::2], 2)
    found = looked_at(stem, image, mask, half, "test", NAMES)
    assert found.factor == pytest.approx(0.5, abs=0.01)
    assert found.disagreement.share < 0.05
    assert found.scores.foreground_mean_iou > 0.9


def test_an_unlabelled_picture_has_no_scores(coins):
    stem = coins.stems[0]
    found = looked_at(stem, coins.image(stem), None, np.full((40, 60, 2), 0.5), "new", NAMES)
    assert found.scores is found.disagreement is None
    assert found.unsure == 1
    assert not found.shows(1)


def test_a_mask_that_does_not_fit_is_told():
    image, mask = np.zeros((9, 9, 3), np.uint8), np.zeros((8, 8), np.uint8)
    seen = Seen("pike", image, mask, np.zeros((9, 9), np.uint8), np.ones((9, 9, 2), np.float32))
    with pytest.raises(MaskError, match="same shape"):
        picture_evidence(seen, "test", NAMES)


def test_pictures_are_judged_by_those_that_were_not_learned_from(evidence):
    assert {p.part for p in evidence.unseen} == {"test"}
    without = [p for p in evidence.pictures if p.part != "test"]
    assert {p.part for p in Evidence(NAMES, tuple(without)).unseen} == {"validation"}
    learned = [p for p in evidence.pictures if p.part == "train"]
    assert Evidence(NAMES, tuple(learned)).unseen == ()


def test_scores_leave_out_the_pictures_whose_masks_are_suspicious(coins, evidence):
    stem = coins.labelled[-1]
    mask = coins.drawn_mask(stem)
    wrong = looked_at(
        stem, coins.image(stem), (1 - mask), right_probabilities(mask, 2), "test", NAMES
    )
    pictures = (*(p for p in evidence.pictures if p.stem != stem), wrong)
    spoiled = Evidence(NAMES, pictures)
    assert spoiled.suspicious == (stem,)
    pixels = sum(p.scores.pixels for p in spoiled.unseen if p.stem != stem)
    assert spoiled.scores(spoiled.unseen).pixels == pixels
    assert spoiled.evaluation("test").overall.pixels == pixels + mask.size


def test_parts_without_pictures_have_no_scores(evidence):
    assert evidence.evaluation("new") is None
    assert evidence.scores(()) is None


def test_sizes_of_a_class_are_those_of_all_pictures(evidence):
    assert len(evidence.sizes(1)) == sum(len(p.sizes[0]) for p in evidence.labelled)
    assert evidence.sizes(1).typical_diameter > 30
