import csv

import keras
import numpy as np
import pytest
from PIL import Image

from notebook_seg.errors import SaveError
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


def epochs_in(file):
    with file.open(newline="") as lines:
        return [row["epoch"] for row in csv.DictReader(lines)]


def test_an_epoch_that_is_measured_again_after_a_kill_has_its_rows_once(network, tmp_path):
    file = tmp_path / "weights.csv"
    for epoch in (1, 10, 20):
        append_histograms(file, epoch, measure(network))
    append_histograms(file, 10, measure(network))
    assert epochs_in(file) == ["1"] * 6 + ["10"] * 6


def test_half_a_row_of_a_kill_is_left_out_and_glued_to_none(network, tmp_path):
    file = tmp_path / "weights.csv"
    append_histograms(file, 1, measure(network))
    whole = file.read_text()
    file.write_text(whole + "10,first,kernel,108,0.01")
    append_histograms(file, 20, measure(network))
    assert file.read_text().startswith(whole)
    assert epochs_in(file) == ["1"] * 6 + ["20"] * 6


def test_a_full_disk_leaves_the_rows_that_were_there(network, tmp_path, full_disk):
    file = tmp_path / "weights.csv"
    append_histograms(file, 1, measure(network))
    whole = file.read_bytes()
    with full_disk(), pytest.raises(SaveError):
        append_histograms(file, 10, measure(network))
    assert file.read_bytes() == whole


def test_the_first_epoch_is_known_after_a_training_was_taken_up_again(network, tmp_path):
    file = tmp_path / "weights.csv"
    first = append_histograms(file, 1, measure(network))
    later = keras.models.clone_model(network)
    found = append_histograms(file, 10, measure(later))
    for before, now in zip(first, found, strict=True):
        assert (now.layer, now.variable, now.size) == (before.layer, before.variable, before.size)
        assert (now.lowest, now.highest) == pytest.approx((before.lowest, before.highest), rel=1e-5)
        np.testing.assert_array_equal(now.counts, before.counts)


def test_the_figure_is_a_picture(network, tmp_path):
    draw_histograms(tmp_path / "weights.png", measure(network), measure(network))
    assert Image.open(tmp_path / "weights.png").width > 1000
