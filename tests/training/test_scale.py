import json
from dataclasses import asdict

import numpy as np
import pytest

from notebook_seg.errors import OptionError
from notebook_seg.training.scale import WorkingScale


@pytest.mark.parametrize("scale", [WorkingScale(long_side=384), WorkingScale(factor=0.37)])
@pytest.mark.parametrize(("height", "width"), [(600, 800), (1024, 2048), (4000, 6000), (31, 17)])
def test_the_aspect_ratio_is_kept(scale, height, width):
    working_height, working_width = scale.size(height, width)
    assert working_height == pytest.approx(height * working_width / width, abs=1)


def test_a_long_side_is_the_same_for_every_camera():
    scale = WorkingScale(long_side=384)
    assert max(scale.size(600, 800)) == max(scale.size(4000, 6000)) == 384


def test_a_small_photograph_is_at_most_doubled():
    assert WorkingScale(long_side=384).size(50, 100) == (100, 200)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({}, "Say one of the two"),
        ({"long_side": 512, "factor": 0.5}, "Say one of the two.*long_side=512, factor=0.5"),
        ({"long_side": -5}, "long_side of a WorkingScale must be a number above 0. Received: -5"),
        ({"long_side": "512"}, "long_side .* Received: '512'"),
        ({"factor": -0.5}, "factor of a WorkingScale must be a number above 0. Received: -0.5"),
        ({"factor": 0}, "Received: 0"),
        ({"factor": float("inf")}, "Received: inf"),
        ({"factor": True}, "Received: True"),
    ],
)
def test_a_scale_that_is_none_is_told(wrong, said):
    with pytest.raises(OptionError, match=said):
        WorkingScale(**wrong)


def test_a_scale_is_kept_as_plain_numbers():
    scales = [WorkingScale(long_side=np.int64(512)), WorkingScale(factor=np.float32(0.5))]
    written = [json.loads(json.dumps(asdict(scale))) for scale in scales]
    assert [WorkingScale(**values) for values in written] == scales


def test_a_mask_keeps_its_values_at_every_scale():
    mask = np.random.default_rng(0).choice(np.array([0, 7, 255], np.uint8), (97, 131))
    for factor in (0.3, 0.99, 1.7):
        assert set(np.unique(WorkingScale(factor=factor).mask(mask))) <= {0, 7, 255}


def test_image_and_mask_get_the_same_size():
    scale = WorkingScale(factor=0.377)
    assert scale.image(np.zeros((97, 131, 3), np.uint8)).shape[:2] == (
        scale.mask(np.zeros((97, 131), np.uint8)).shape
    )
