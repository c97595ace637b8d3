import itertools
import threading

import numpy as np
import pytest
from PIL import Image

from notebook_seg.data import Dataset
from notebook_seg.errors import ImageError, MaskError
from notebook_seg.training.batches import PatchBatches
from notebook_seg.training.examples import Examples
from notebook_seg.training.scale import WorkingScale

SCALE = WorkingScale(long_side=96)


class ReadingNoted(Dataset):
    """A dataset that notes which files were decoded."""

    def __init__(self, folder):
        super().__init__(folder)
        self.images, self.masks = [], []

    def image(self, stem):
        self.images.append(stem)
        return super().image(stem)

    def mask(self, stem):
        self.masks.append(stem)
        return super().mask(stem)


@pytest.fixture
def data(coin_dataset):
    return ReadingNoted(coin_dataset.folder)


@pytest.fixture
def spoilt(tmp_path):
    return Dataset.sample(tmp_path / "coins")


def batches_of(examples, n_classes=2, **options):
    return PatchBatches(
        examples, n_classes, (64, 64), 2, "specimen", np.float32, **{"seed": 3, **options}
    )


def test_nothing_is_read_before_a_picture_is_asked_for(data):
    examples = Examples(data, data.labelled, SCALE)
    assert (data.images, data.masks) == ([], [])
    example = examples[4]
    assert (data.images, data.masks) == ([data.labelled[4]], [data.labelled[4]])
    assert max(example.image.shape) == 96
    assert example.mask.shape == example.image.shape[:2]


def test_a_picture_is_decoded_once_where_memory_allows(data):
    examples = Examples(data, data.labelled, SCALE)
    for _ in range(2):
        assert len(list(examples)) == 12
    assert len(data.images) == len(data.masks) == 12


def test_memory_stays_within_the_bound_and_the_pictures_stay_the_same(data):
    whole, narrow = (Examples(data, data.labelled, SCALE, bound=bound) for bound in (None, 50_000))
    for _ in range(2):
        for large, small in zip(whole, narrow, strict=True):
            np.testing.assert_array_equal(large.image, small.image)
            np.testing.assert_array_equal(large.mask, small.mask)
            assert 0 < narrow.kept_bytes <= 50_000


def test_the_first_batch_decodes_as_many_pictures_as_it_shows(data):
    batches = batches_of(Examples(data, data.labelled * 100, SCALE))
    batches.batch(0)
    assert len(data.images) <= 2
    assert len(data.masks) <= 2


def test_batches_do_not_depend_on_what_was_read_before(data):
    read, fresh = (batches_of(Examples(data, data.labelled, SCALE)) for _ in range(2))
    for index in range(6):
        read.batch(index)
    np.testing.assert_array_equal(read.batch(6)[0], fresh.batch(6)[0])


def test_a_narrow_bound_gives_the_same_batches(data):
    wide, narrow = (
        batches_of(Examples(data, data.labelled, SCALE, bound=bound)) for bound in (None, 20_000)
    )
    for first, second in itertools.islice(zip(wide.stream(), narrow.stream(), strict=True), 5):
        np.testing.assert_array_equal(first[0], second[0])


def test_a_class_that_is_drawn_nowhere_takes_no_patch_from_the_others(data):
    one, more = (
        batches_of(Examples(data, data.labelled, SCALE), n_classes, sampling=1.0)
        for n_classes in (2, 4)
    )
    for batches in (one, more):
        assert all(truth[..., 1].any((1, 2)).all() for _, truth in map(batches.batch, range(10)))


def test_a_picture_that_cannot_be_read_is_named(spoilt):
    stem = spoilt.labelled[0]
    spoilt.image_path(stem).write_bytes(b"not a picture")
    stream = batches_of(Examples(spoilt, [stem], SCALE)).stream()
    with pytest.raises(ImageError, match=spoilt.image_path(stem).name):
        next(stream)


def test_a_mask_that_does_not_fit_is_named(spoilt):
    stem = spoilt.labelled[0]
    Image.fromarray(np.ones((5, 5), np.uint8)).save(spoilt.mask_path(stem))
    with pytest.raises(MaskError, match=spoilt.mask_path(stem).name):
        next(batches_of(Examples(spoilt, [stem], SCALE)).stream())


def test_a_broken_picture_leaves_no_thread_behind(spoilt):
    before = threading.active_count()
    stem = spoilt.labelled[0]
    spoilt.image_path(stem).write_bytes(b"not a picture")
    with pytest.raises(ImageError):
        next(batches_of(Examples(spoilt, [stem], SCALE)).stream())
    assert threading.active_count() == before


def test_each_group_is_as_likely_however_many_pictures_it_has(coin_dataset, tmp_path):
    stems = coin_dataset.stems
    pictures = coin_dataset.folder / "images"
    masks = coin_dataset.folder / "masks"
    planes = dict.fromkeys(stems[:9], "one field")
    data = Dataset.create(tmp_path / "grouped", pictures, ["coin"], masks, groups=planes)
    chances = Examples(data, stems, SCALE).chances
    assert chances[:9].sum() == pytest.approx(1 / 4)
    assert chances[9:] == pytest.approx([1 / 4] * 3)


def test_pictures_are_stretched_where_the_plan_says_so(data):
    example = Examples(data, data.labelled, SCALE, "stretched")[0]
    assert (example.image.min(), example.image.max()) == (0, 255)
