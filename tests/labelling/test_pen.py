import pytest

from notebook_seg.errors import OptionError
from notebook_seg.labelling.pen import Pen


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("tool", "fill"),
        ("label", 255),
        ("radius", 3.5),
        ("opacity", 0.0),
        ("mode", "subtract"),
        ("keep", True),
        ("tolerance", 0.0),
    ],
)
def test_a_change_is_reported_once_and_no_change_is_not(name, value):
    pen = Pen(n_classes=3)
    heard = []
    pen.changed.connect(heard.append)
    setattr(pen, name, value)
    setattr(pen, name, value)
    assert heard == [name]
    assert getattr(pen, name) == value


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("tool", "pencil"),
        ("label", 3),
        ("label", -1),
        ("radius", 0),
        ("radius", float("nan")),
        ("radius", float("inf")),
        ("opacity", 1.1),
        ("opacity", float("nan")),
        ("mode", "xor"),
        ("tolerance", -1),
        ("tolerance", 256),
        ("tolerance", float("nan")),
    ],
)
def test_a_value_that_makes_no_sense_is_refused_and_nothing_changes(name, value):
    pen = Pen(n_classes=3)
    before = getattr(pen, name)
    with pytest.raises(OptionError, match="Received"):
        setattr(pen, name, value)
    assert getattr(pen, name) == before


def test_the_labels_are_the_classes_the_background_and_unlabelled():
    assert Pen(n_classes=3).labels == (1, 2, 0, 255)


def test_a_pen_like_another_is_another_pen():
    pen = Pen(n_classes=3)
    pen.radius, pen.keep = 3, True
    other = pen.but(label=2, mode=None, keep=False)
    assert (other.radius, other.label, other.mode, other.keep) == (3, 2, "add", False)
    assert (pen.label, pen.keep) == (1, True)
    with pytest.raises(OptionError):
        pen.but(label=7)
