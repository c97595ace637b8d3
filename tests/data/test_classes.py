from itertools import combinations

import numpy as np
import pytest
from skimage.color import rgb2lab

from notebook_seg.data.classes import DEFAULT_COLORS, ClassLabel, color_to_rgb, make_classes
from notebook_seg.errors import DatasetError


def test_classes_are_numbered_from_one_in_the_order_given():
    classes = make_classes(["leaf", "symptom"])
    assert [(c.index, c.name) for c in classes] == [(1, "leaf"), (2, "symptom")]


def test_one_name_need_not_be_in_a_list():
    assert make_classes("fish") == (ClassLabel(1, "fish", DEFAULT_COLORS[0]),)


def test_254_classes_are_possible_and_one_more_is_not():
    names = [f"class {i}" for i in range(254)]
    assert make_classes(names)[-1].index == 254
    with pytest.raises(DatasetError, match="255 names"):
        make_classes([*names, "one more"])


@pytest.mark.parametrize(
    ("names", "said"),
    [
        ([], "0 names"),
        (["a", "A"], "same name"),
        (["Background"], "reserved"),
        (["unlabelled"], "reserved"),
        ([""], "not empty"),
        ([" fish"], "without spaces"),
        ([3], "is text"),
    ],
)
def test_names_that_cannot_be_used_are_errors(names, said):
    with pytest.raises(DatasetError, match=said):
        make_classes(names)


@pytest.mark.parametrize("color", ["red", "#12345", "#12345g", 7, "#1234567"])
def test_what_is_no_colour_is_an_error(color):
    with pytest.raises(DatasetError, match="'#rrggbb'"):
        color_to_rgb(color)


# Machado, Oliveira and Fernandes 2009, doi:10.1109/TVCG.2009.113, severity 1.
COLOUR_VISION = {
    "normal": ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
    "protanopia": (
        (0.152286, 1.052583, -0.204868),
        (0.114503, 0.786281, 0.099216),
        (-0.003882, -0.048116, 1.051998),
    ),
    "deuteranopia": (
        (0.367322, 0.860646, -0.227968),
        (0.280085, 0.672501, 0.047413),
        (-0.011820, 0.042940, 0.968881),
    ),
}


@pytest.mark.parametrize("vision", COLOUR_VISION)
def test_the_default_colours_stay_apart_for_every_eye(vision):
    rgb = np.array([color_to_rgb(c) for c in DEFAULT_COLORS]) / 255
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    seen = np.clip(linear @ np.array(COLOUR_VISION[vision]).T, 0, 1)
    shown = np.where(seen <= 0.0031308, seen * 12.92, 1.055 * seen ** (1 / 2.4) - 0.055)
    lab = rgb2lab(shown[np.newaxis])[0]
    distances = {
        pair: np.linalg.norm(lab[pair[0]] - lab[pair[1]]) for pair in combinations(range(10), 2)
    }
    assert min(distances.values()) > 15, distances
