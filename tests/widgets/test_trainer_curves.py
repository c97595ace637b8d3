import math
import xml.etree.ElementTree as ElementTree

import pytest

from notebook_seg.widgets.trainer_curves import curves_html

HISTORY = {
    "epoch": [1, 2, 3],
    "loss": [0.9, 0.5, 0.3],
    "iou": [0.2, 0.5, 0.9],
    "val_loss": [0.8, 0.6, 0.7],
    "val_iou": [0.3, 0.6, 0.5],
    "seconds": [1, 2, 3],
}


def panels(history):
    return list(ElementTree.fromstring(curves_html(history)))


def line(panel, kind):
    (found,) = panel.findall(f"polyline[@class='nbs-{kind}']")
    return [tuple(map(float, place.split(","))) for place in found.get("points").split()]


def test_before_the_first_epoch_there_is_nothing_to_draw():
    assert curves_html({}) == curves_html({"epoch": [], "loss": []}) == ""


def test_a_falling_loss_falls_and_a_rising_overlap_rises_from_left_to_right():
    loss, iou = panels(HISTORY)
    assert [x for x, _ in line(loss, "training")] == [44, 178, 312]
    # The y axis of a page points down.
    assert sorted(y for _, y in line(loss, "training")) == [y for _, y in line(loss, "training")]
    falling = [y for _, y in line(iou, "training")]
    assert sorted(falling, reverse=True) == falling


def test_the_latest_values_are_told_in_words_too():
    loss, iou = panels(HISTORY)
    assert "training 0.300, validation 0.700" in loss.get("aria-label")
    assert "".join(iou.find("text[last()]").itertext()) == "IoUtraining 0.900validation 0.500"


def test_overlaps_have_the_same_scale_always_and_losses_one_that_fits():
    (loss, iou), (higher, _) = panels(HISTORY), panels({"loss": [30.0, 17.0], "iou": [0.1, 0.2]})
    texts = [[text.text for text in panel.findall("text")][:5] for panel in (loss, iou, higher)]
    assert texts[0] == texts[1] == ["0", "0.25", "0.5", "0.75", "1"]
    assert texts[2] == ["0", "12.5", "25", "37.5", "50"]


def test_without_validation_there_is_one_line():
    loss, _ = panels({"loss": [0.9, 0.5], "iou": [0.1, 0.4]})
    assert len(loss.findall("polyline")) == 1


def test_without_validation_the_line_says_that_it_is_of_what_was_learned_from():
    _, iou = panels({"loss": [0.9, 0.5], "iou": [0.1, 0.98]})
    said = "on pictures that it learned from 0.980"
    assert "".join(iou.find("text[last()]").itertext()) == f"IoU{said}"
    assert said in iou.get("aria-label")


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_what_is_no_number_leaves_a_gap(value):
    loss, _ = panels({"loss": [0.9, value, 0.5, 0.4], "iou": [0.1] * 4})
    first, second = loss.findall("polyline")
    assert (len(first.get("points").split()), len(second.get("points").split())) == (1, 2)


def test_thousands_of_epochs_stay_a_small_picture():
    losses = [1 / (1 + epoch) for epoch in range(20_000)]
    loss, _ = panels({"loss": losses, "iou": losses})
    points = line(loss, "training")
    assert len(points) < 350
    assert points[-1][0] == 312
