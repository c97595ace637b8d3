import numpy as np
import pytest

from notebook_seg.data import Box, Dataset
from notebook_seg.errors import TrainingError
from notebook_seg.labelling.learner import DatasetLearner


@pytest.fixture
def sample(tmp_path):
    return Dataset.sample(tmp_path / "sample")


@pytest.fixture
def learner(sample):
    return DatasetLearner(sample)


def iou(found, truth):
    return (found & truth).sum() / (found | truth).sum()


def unsaid(image):
    return np.full(image.shape[:2], 255, np.uint8)


def test_it_learns_again_when_a_mask_has_changed(learner, sample):
    before = learner.from_masks(["coin_01"])
    sample.append_stroke("coin_01", Box(0, 0, 9, 9), np.ones((9, 9), np.uint8))
    assert learner.from_masks(["coin_01"]) is not before


def test_it_learns_again_when_a_picture_has_been_added(learner):
    before = learner.from_masks(["coin_01"])
    assert learner.from_masks(["coin_01", "coin_02"]) is not before


def test_only_pictures_whose_masks_changed_are_read_again(learner, sample):
    learner.from_masks(["coin_01", "coin_02"])
    sample.image_path("coin_01").unlink()
    sample.append_stroke("coin_02", Box(0, 0, 9, 9), np.ones((9, 9), np.uint8))
    assert learner.from_masks(["coin_01", "coin_02"]).labels(sample.image("coin_03")).any()


def test_pictures_that_cannot_be_read_teach_nothing_and_the_others_do(learner, sample):
    sample.mask_path("coin_01").unlink()
    sample.mask_path("coin_02").write_bytes(b"no picture")
    sample.image_path("coin_03").write_bytes(b"no picture")
    unreadable = ["coin_01", "coin_02", "coin_03"]

    found = learner.from_masks([*unreadable, "coin_04"]).labels(sample.image("coin_05"))

    assert found.any()
    with pytest.raises(TrainingError, match="at least two labels"):
        learner.from_masks(unreadable)


def test_scribbles_alone_are_enough(learner, sample):
    image, truth = sample.image("coin_05"), sample.mask("coin_05")
    rows, columns = np.nonzero(truth)
    said = unsaid(image)
    said[int(rows.mean()), columns.min() + 9 : columns.max() - 9] = 1
    said[1:4, 2:-2] = said[-4:-1, 2:-2] = 0
    found = learner.from_scribbles(image, said).labels(image)
    assert iou(found == 1, truth == 1) > 0.6


def test_scribbles_of_one_label_do_when_masks_know_another(learner, sample):
    image = sample.image("coin_05")
    said = unsaid(image)
    said[:6] = 0
    assert learner.from_scribbles(image, said, ["coin_01"]).labels(image).any()
    with pytest.raises(TrainingError, match="at least two labels"):
        learner.from_scribbles(image, said)


def test_scribbles_are_believed_more_than_masks_that_contradict_them(learner, sample):
    image, truth = sample.image("coin_05"), sample.mask("coin_05")
    said = unsaid(image)
    # As if the coins were the background here, and what lies around them the specimen.
    said[::5] = 1 - truth[::5]
    found = learner.from_scribbles(image, said, sample.stems[:3]).labels(image)
    assert iou(found == 1, truth == 0) > 0.5


def test_what_is_reported_can_stop_it(learner):
    class StopError(Exception):
        pass

    def stop(done, total):
        assert total == 3
        if done == 2:
            raise StopError

    with pytest.raises(StopError):
        learner.from_masks(["coin_01", "coin_02", "coin_03"], stop)
