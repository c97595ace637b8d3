import numpy as np
import pytest

from notebook_seg.labelling.upsampling import upsample_labels, upsample_probabilities


@pytest.fixture
def stairs():
    """A picture of 700 × 90 pixels whose edge does not fall between pixels of the small one."""
    image = np.full((700, 90, 3), 40, np.uint8)
    image[:, 37:] = 220
    small = np.zeros((70, 9, 2), np.float32)
    small[:, :4, 0] = small[:, 4:, 1] = 1
    return small, image


def test_a_border_follows_the_edge_of_the_photograph(stairs):
    labels = upsample_labels(*stairs)
    assert (labels[:, :36] == 0).all()
    assert (labels[:, 39:] == 1).all()


def test_no_seam_is_seen_where_one_strip_of_rows_ends(stairs):
    found = upsample_probabilities(*stairs)
    np.testing.assert_allclose(found[505:520], found[505:506].repeat(15, axis=0), atol=1e-4)


def test_a_flat_photograph_gets_the_probabilities_as_they_are():
    image = np.full((60, 80, 3), 128, np.uint8)
    small = np.full((6, 8, 3), (0.5, 0.3, 0.2), np.float32)
    found = upsample_probabilities(small, image)
    np.testing.assert_allclose(found, np.broadcast_to(small[0, 0], found.shape), atol=1e-5)


def test_strips_are_in_their_places():
    image = np.full((1400, 40, 3), 128, np.uint8)
    small = np.zeros((140, 4, 2), np.float32)
    small[:, :, 1] = np.linspace(0, 1, 140, dtype=np.float32)[:, np.newaxis]
    small[:, :, 0] = 1 - small[:, :, 1]
    labels = upsample_labels(small, image)
    assert np.flatnonzero(labels[:, 20])[0] == pytest.approx(700, abs=3)
