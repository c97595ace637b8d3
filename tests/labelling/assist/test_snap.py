import numpy as np
import pytest

from notebook_seg.labelling.assist import snap_region


@pytest.mark.parametrize("outline", [[], [(3, 3), (8, 8)], [(-9, -9), (-5, -9), (-5, -5)]])
def test_a_lasso_around_nothing_finds_nothing(outline):
    assert snap_region(np.zeros((20, 30, 3), np.uint8), outline) is None
