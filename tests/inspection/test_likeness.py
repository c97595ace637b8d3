import io

import cv2
import numpy as np
import pytest
from PIL import Image

from notebook_seg.data import Dataset, read_image
from notebook_seg.errors import ImageError
from notebook_seg.inspection.likeness import find_twins, likeness, thumbprint


@pytest.fixture(scope="module")
def fish(photographs):
    files = sorted((photographs / "fish" / "images").iterdir())
    return {file.stem: read_image(file) for file in files}


def compressed(image):
    file = io.BytesIO()
    Image.fromarray(image).save(file, "JPEG", quality=50)
    return np.asarray(Image.open(file))


COPIES = {
    "compressed": compressed,
    "reduced": lambda image: cv2.resize(image, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA),
    "brighter": lambda image: np.clip(image * 1.15 + 10, 0, 255).astype(np.uint8),
    "moved": lambda image: np.roll(image, image.shape[1] // 100, axis=1),
    "mirrored": lambda image: np.ascontiguousarray(image[:, ::-1]),
}


@pytest.mark.parametrize("how", COPIES)
def test_copies_are_found_and_other_fish_are_not(fish, how):
    prints = {stem: thumbprint(image) for stem, image in fish.items()}
    again = {f"{stem} again": thumbprint(COPIES[how](image)) for stem, image in fish.items()}
    found = {(pair.one, pair.other) for pair in find_twins(prints, again)}
    assert found == {(stem, f"{stem} again") for stem in fish}


def test_different_specimens_are_not_taken_for_copies(photographs):
    for kind in ("leaf", "nuclei"):
        files = sorted((photographs / kind / "images").iterdir())[:10]
        prints = {f.stem: thumbprint(read_image(f)) for f in files}
        assert {pair.one == pair.other for pair in find_twins(prints, prints)} == {True}


def through_an_eyepiece(image):
    field = cv2.circle(np.zeros(image.shape[:2], np.uint8), (300, 300), 280, 1, -1)
    return image * field[..., None]


def in_a_black_border(image):
    return cv2.copyMakeBorder(image[36:-36, 36:-36], *[36] * 4, cv2.BORDER_CONSTANT)


def in_a_dish(image):
    dish = cv2.circle(np.full_like(image, 25), (300, 300), 250, (205,) * 3, -1)
    dish[190:410, 190:410] = cv2.resize(image, (220, 220), interpolation=cv2.INTER_AREA)
    return dish


@pytest.fixture(scope="module", params=["leaf", "fish", "nuclei"])
def specimens(photographs, request):
    files = sorted((photographs / request.param / "images").iterdir())[:12]
    images = [read_image(file) for file in files]
    return [cv2.resize(image, (600, 600), interpolation=cv2.INTER_AREA) for image in images]


@pytest.mark.parametrize("framed", [through_an_eyepiece, in_a_black_border])
@pytest.mark.parametrize("count", [2, 12])
def test_a_frame_that_photographs_share_makes_them_no_copies(specimens, framed, count):
    prints = {str(n): thumbprint(framed(image)) for n, image in enumerate(specimens[:count])}
    assert {pair.one == pair.other for pair in find_twins(prints, prints)} == {True}


@pytest.mark.parametrize("framed", [through_an_eyepiece, in_a_black_border, in_a_dish])
def test_of_photographs_in_one_frame_the_copies_are_found(specimens, framed):
    images = [framed(image) for image in specimens]
    prints = {str(n): thumbprint(image) for n, image in enumerate(images)}
    for copied in COPIES.values():
        again = {"again": thumbprint(copied(images[0]))}
        found = find_twins(prints, again)
        assert found[0][:2] == ("0", "again")
        assert len(found) <= 2  # of a dish little is left that tells specimens apart


@pytest.mark.parametrize("count", [1, 2, 7])
def test_a_copy_among_few_pictures_is_found(fish, count):
    prints = {stem: thumbprint(image) for stem, image in list(fish.items())[:count]}
    again = {"again": prints[next(iter(prints))].copy()}
    assert [pair.other for pair in find_twins(prints, again)] == ["again"]


def test_likeness_does_not_depend_on_the_order():
    data = Dataset.sample()
    one, other = (thumbprint(data.image(stem)) for stem in data.stems[:2])
    assert likeness(one, other) == likeness(other, one)
    assert likeness(one, one) == pytest.approx(1, abs=1e-5)


def test_plain_pictures_are_like_none():
    plain = thumbprint(np.full((50, 60, 3), 200, np.uint8))
    assert likeness(plain, plain) == 0
    assert find_twins({"one": plain}, {"other": plain}) == ()


def test_there_are_no_twins_of_nothing():
    some = {"one": thumbprint(np.zeros((9, 9, 3), np.uint8))}
    assert find_twins({}, some) == find_twins(some, {}) == ()


def test_what_is_no_image_is_refused():
    with pytest.raises(ImageError, match="height, width, 3"):
        thumbprint(np.zeros((9, 9), np.uint8))
