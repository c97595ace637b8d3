import numpy as np
import pytest

from notebook_seg.errors import OptionError
from notebook_seg.inspection.pairs import compare_each

MASK = np.ones((2, 3), np.uint8)


def test_pictures_are_compared_one_after_the_other():
    seen = []

    def pairs():
        for stem in ("pike", "perch"):
            seen.append(stem)
            yield stem, MASK, 0 * MASK

    found = compare_each(pairs(), lambda truth, prediction: (len(seen), int(truth.sum())))
    assert found == {"pike": (1, 6), "perch": (2, 6)}


def test_a_picture_that_comes_twice_is_an_error():
    with pytest.raises(OptionError, match="Received twice: pike"):
        compare_each([("pike", MASK, MASK)] * 2, lambda *masks: None)
