import csv

import keras
import numpy as np
import pytest
from PIL import Image

from notebook_seg.training.weight_histograms import append_histograms, draw_histograms, measure


@pytest.fixture(scope="module")
def network():
    given = keras.Input((8, 8, 3))
    layers = [keras.layers.Conv2D(4, 3, name="first"), keras.layers.BatchNormalization(name="norm")]
    last = keras.layers.Conv2D(2, 1, name="last")
    return keras.Model(given, last(layers[1](layers[0](given))))


def test_kernels_biases_and_scales_are_measured_and_statistics_of_batches_are_not(network):
    found = [(m.layer, m.variable) for m in measure(network)]
    assert found == [
        *(("first", "kernel"), ("first", "bias")),
        *(("norm", "gamma"), ("norm", "beta")),
        *(("last", "kernel"), ("last", "bias")),
    ]


def test_a_histogram_counts_each_weight_once(network):
    kernel = np.asarray(network.get_layer("first").kernel)
    (found,) = [m for m in measure(network) if (m.layer, m.variable) == ("first", "kernel")]
    counts, edges = np.histogram(kernel, 24)
    np.testing.assert_array_equal(found.counts, counts)
    assert (found.lowest, found.highest) == pytest.approx((edges[0], edges[-1]))
    assert (found.size, found.mean) == (kernel.size, pytest.approx(kernel.mean()))


def test_weights_that_are_no_numbers_are_measured_too(network):
    broken = keras.models.clone_model(network)
    layer = broken.get_layer("last")
    layer.set_weights([np.full(w.shape, np.nan) for w in layer.get_weights()])
    assert np.isnan(measure(broken)[-1].mean)
    assert measure(broken)[-1].counts.sum() == 0


def test_rows_of_an_epoch_come_after_those_before(network, tmp_path):
    file = tmp_path / "weights.csv"
    for epoch in (1, 10):
        append_histograms(file, epoch, measure(network))
    with file.open(newline="") as lines:
        rows = list(csv.DictReader(lines))
    assert [row["epoch"] for row in rows] == ["1"] * 6 + ["10"] * 6
    assert sum(int(rows[0][f"bin_{number}"]) for number in range(1, 25)) == int(rows[0]["size"])


def test_the_figure_is_a_picture(network, tmp_path):
    draw_histograms(tmp_path / "weights.png", measure(network), measure(network))
    assert Image.open(tmp_path / "weights.png").width > 1000
