import numpy as np
import pytest
from skimage.draw import disk


@pytest.fixture
def labels():
    mask = np.zeros((96, 128), np.uint8)
    for label, centre in {1: (30, 40), 2: (60, 90), 255: (80, 20)}.items():
        mask[disk(centre, 15, shape=mask.shape)] = label
    return mask


@pytest.fixture
def image(labels):
    return np.random.default_rng(0).integers(0, 255, (*labels.shape, 3), np.uint8)
