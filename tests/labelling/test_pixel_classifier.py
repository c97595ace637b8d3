import numpy as np
import pytest

from notebook_seg.data import Dataset, read_image, read_mask
from notebook_seg.errors import MaskError, TrainingError
from notebook_seg.labelling.mask import Mask
from notebook_seg.labelling.pixel_classifier import PixelClassifier
from notebook_seg.labelling.pixel_features import PixelFeatures

UNKNOWN = 255


@pytest.fixture(scope="module")
def sample(tmp_path_factory):
    return Dataset.sample(tmp_path_factory.mktemp("coins") / "sample")


def nothing_said(image):
    return np.full(image.shape[:2], UNKNOWN, np.uint8)


def iou(found, truth):
    return (found & truth).sum() / (found | truth).sum()


def scribble(image, *strokes):
    """Draw (label, points) with a brush of 3 pixels, as the session does."""
    scribbles = Mask(nothing_said(image), n_classes=3)
    for label, points in strokes:
        scribbles.brush(points, 3, label)
    return scribbles.labels


def test_masks_of_some_pictures_teach_it_to_see_the_specimens_of_others(sample):
    learned = [(sample.image(stem), sample.mask(stem)) for stem in sample.stems[:4]]
    classifier = PixelClassifier(n_classes=2).fit(learned)
    found = classifier.labels(sample.image("coin_06")) == 1
    assert iou(found, sample.mask("coin_06") == 1) > 0.75


def test_two_scribbles_on_a_photographed_fish_find_most_of_it(photographs):
    stem = "fish_336691052"
    image = read_image(next((photographs / "fish" / "images").glob(f"*{stem}*")))
    truth = read_mask(next((photographs / "fish" / "masks").glob(f"*{stem}*"))) > 0
    height, width = truth.shape
    rows, columns = np.nonzero(truth)
    middle = int(np.median(rows))
    along = [(np.quantile(columns, 0.1), middle), (np.quantile(columns, 0.9), middle)]
    around = [(5, 5), (width - 6, 5), (width - 6, height - 6), (5, height - 6), (5, 5)]
    classifier = PixelClassifier(n_classes=2)
    classifier.fit([(image, scribble(image, (1, along), (0, around)))])
    assert iou(classifier.labels(image) == 1, truth) > 0.75


def test_probabilities_have_the_size_of_the_photograph_and_sum_to_one(sample):
    image = sample.image("coin_01")
    classifier = PixelClassifier(2, PixelFeatures(pixels=3000))
    found = classifier.fit([(image, sample.mask("coin_01"))]).probabilities(image)
    assert found.shape == (*image.shape[:2], 2)
    assert found.dtype == np.float32
    assert found.min() >= 0
    assert found.max() <= 1
    np.testing.assert_allclose(found.sum(axis=-1), 1, atol=0.02)


def test_labels_are_those_of_the_highest_probability(sample):
    image = sample.image("coin_02")
    classifier = PixelClassifier(2, PixelFeatures(pixels=5000))
    classifier.fit([(image, sample.mask("coin_02"))])
    best = classifier.probabilities(image).argmax(axis=-1)
    np.testing.assert_array_equal(classifier.labels(image), best)


def test_a_class_that_nobody_has_shown_has_no_probability(sample):
    image = sample.image("coin_01")
    classifier = PixelClassifier(n_classes=4).fit([(image, 2 * sample.mask("coin_01"))])
    found = classifier.probabilities(image)
    assert found[..., [1, 3]].max() == 0
    assert found[..., 2].max() > 0.9


def test_a_rare_class_is_learned_beside_a_frequent_one(sample):
    image, mask = sample.image("coin_01"), sample.mask("coin_01").copy()
    image = image.copy()
    image[5:11, 5:11], mask[5:11, 5:11] = (255, 0, 0), 2
    found = PixelClassifier(n_classes=3).fit([(image, mask)]).labels(image)
    assert (found[6:10, 6:10] == 2).all()


def test_scribbles_thinner_than_a_pixel_of_its_working_size_are_heard(sample):
    image = sample.image("coin_01")
    said = nothing_said(image)
    truth = sample.mask("coin_01")
    rows, columns = np.nonzero(truth)
    said[int(rows.mean()), columns.min() + 15 : columns.max() - 15] = 1
    said[2, 2:-2] = 0
    classifier = PixelClassifier(2, PixelFeatures(pixels=1000)).fit([(image, said)])
    assert iou(classifier.labels(image) == 1, truth == 1) > 0.5


def test_it_says_what_it_needs_when_only_one_label_is_known(sample):
    image = sample.image("coin_01")
    with pytest.raises(TrainingError, match="at least two labels are needed"):
        PixelClassifier(2).fit([(image, scribble(image, (1, [(20, 20)])))])


def test_it_says_so_when_it_is_asked_before_it_has_learned(sample):
    with pytest.raises(TrainingError, match="has not learned anything yet"):
        PixelClassifier(2).probabilities(sample.image("coin_01"))


def test_labels_of_another_size_than_the_photograph_are_refused(sample):
    with pytest.raises(MaskError, match=r"Received: \(4, 4\)"):
        PixelClassifier(2).fit([(sample.image("coin_01"), np.zeros((4, 4), np.uint8))])


def test_the_features_of_a_picture_that_is_scribbled_on_again_are_not_computed_again(sample):
    features = PixelFeatures()
    first = features.of(sample.image("coin_01"))
    assert features.of(sample.image("coin_01")) is first


def test_pictures_looked_at_long_ago_take_no_memory(sample):
    features = PixelFeatures(kept=1)
    first = features.of(sample.image("coin_01"))
    features.of(sample.image("coin_02"))
    assert features.of(sample.image("coin_01")) is not first


def test_a_photograph_of_any_size_is_worked_on_at_a_bounded_one(sample):
    large = np.tile(sample.image("coin_01"), (20, 20, 1))
    height, width = PixelFeatures().of(large).shape[:2]
    assert 200_000 < height * width < 300_000
    assert abs(width / height - large.shape[1] / large.shape[0]) < 0.01
