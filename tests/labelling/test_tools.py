import numpy as np
import pytest
from skimage.measure import label as connected_regions

from notebook_seg.data import Dataset
from notebook_seg.errors import ImageError, NotebookSegError, OptionError
from notebook_seg.labelling import TOOLS, LabellingSession

DRAWING = [tool for tool in TOOLS if tool not in {"snap", "scribble"}]


@pytest.fixture
def coin(tmp_path):
    """A session on a photograph, and the true mask of the largest coin in it."""
    sample = Dataset.sample(tmp_path / "sample")
    coins = connected_regions(sample.mask("coin_01") == 1)
    truth = coins == np.bincount(coins[coins > 0]).argmax()
    photograph = sample.image_path("coin_01")
    data = Dataset.create(tmp_path / "coin", photograph, classes=["coin", "scratch"])
    return LabellingSession(data), truth


def around(truth, factor=1.0, n_points=60):
    """An outline around what is true, as an ellipse."""
    rows, columns = np.nonzero(truth)
    angle = np.linspace(0, 2 * np.pi, n_points, endpoint=False)
    x = columns.mean() + factor * np.ptp(columns) / 2 * np.cos(angle)
    return np.column_stack([x, rows.mean() + factor * np.ptp(rows) / 2 * np.sin(angle)])


def iou(labels, truth):
    return (labels & truth).sum() / (labels | truth).sum()


@pytest.mark.parametrize("tool", ["lasso", "polygon", "scissors"])
def test_outlines_are_filled(coin, tool):
    session, truth = coin
    session.stroke(around(truth), tool=tool)
    assert iou(session.mask.labels == 1, truth) > 0.9


def test_a_box_goes_from_one_corner_to_the_other_whichever_way(coin):
    session, _ = coin
    for corners in ([(10, 20), (30, 50)], [(30, 50), (10, 20)], [(30, 20), (22, 22), (10, 50)]):
        session.stroke(corners, tool="box", label=2)
        assert session.mask.labels[20:50, 10:30].all()
        assert (session.mask.labels == 2).sum() == 600
        session.undo()


def test_the_wand_takes_more_with_more_tolerance(coin):
    session, truth = coin
    rows, columns = np.nonzero(truth)
    sizes = []
    for tolerance in (5, 30, 255):
        session.stroke([(columns.mean(), rows.mean())], tool="wand", tolerance=tolerance)
        sizes.append((session.mask.labels == 1).sum())
        session.clear()
    assert sizes == sorted(sizes)
    assert sizes[-1] == session.mask.labels.size


def test_superpixels_under_the_way_are_painted(coin):
    session, truth = coin
    way = around(truth, 0.5)
    session.stroke(way, tool="superpixels")
    columns, rows = np.round(way).astype(int).T
    assert session.mask.labels[rows, columns].all()
    assert len(way) < (session.mask.labels == 1).sum() < session.mask.labels.size


@pytest.mark.parametrize("tool", DRAWING)
def test_every_tool_takes_its_modes(coin, tool):
    session, truth = coin
    way = around(truth, 0.6)
    session.stroke(way, tool=tool, label=2)
    session.clear()
    session.stroke(around(truth, 1.3))
    session.stroke(way, tool=tool, mode="subtract")
    assert (session.mask.labels == 0).any()


def test_other_classes_can_be_kept_whatever_the_tool(coin):
    session, truth = coin
    session.stroke(around(truth, 0.8), label=2)
    scratch = session.mask.labels == 2
    session.pen.keep = True
    for tool in DRAWING:
        session.stroke(around(truth, 0.7), tool=tool)
        assert (session.mask.labels[scratch] == 2).all(), tool


def test_the_eraser_takes_away_the_label_of_the_pen_alone_where_others_are_kept(coin):
    session, truth = coin
    session.stroke(around(truth), label=2)
    session.stroke(around(truth, 0.5), label=1)
    rows, columns = np.nonzero(truth)
    way = [(columns.min(), rows.mean()), (columns.max(), rows.mean())]
    before = session.mask.labels.copy()
    session.stroke(way, tool="erase", keep=True, radius=5)
    gone = before != session.mask.labels
    assert (before[gone] == 1).all()
    assert not session.mask.labels[gone].any()


def test_what_a_stroke_is_given_is_for_that_stroke_alone(coin):
    session, truth = coin
    session.stroke(around(truth), tool="brush", label=2, mode="add", radius=3, keep=True)
    pen = session.pen
    assert (pen.tool, pen.label, pen.mode, pen.keep) == ("lasso", 1, "add", False)
    assert set(np.unique(session.mask.labels)) == {0, 2}


@pytest.mark.parametrize("tool", TOOLS)
def test_a_stroke_that_makes_no_sense_changes_nothing(coin, tool):
    session, _ = coin
    for points in ([], [(np.nan, 3)], [(3, 3), (np.inf, 3), (9, 9)]):
        if tool == "snap":
            with pytest.raises(NotebookSegError, match="found no object"):
                session.stroke(points, tool=tool)
        else:
            assert session.stroke(points, tool=tool) is None
    assert not session.can_undo
    assert session.proposal is None


@pytest.mark.parametrize("tool", TOOLS)
def test_a_stroke_far_outside_the_picture_changes_nothing(coin, tool):
    session, _ = coin
    far = [(-900, -900), (-800, -900), (-800, -800), (-900, -800)]
    if tool == "snap":
        with pytest.raises(NotebookSegError):
            session.stroke(far, tool=tool)
    else:
        assert session.stroke(far, tool=tool) is None
    assert not session.mask.labels.any()


@pytest.mark.parametrize(
    "option",
    [{"tool": "pencil"}, {"label": 9}, {"mode": "xor"}, {"radius": 0}, {"tolerance": -1}],
    ids=lambda option: next(iter(option)),
)
def test_an_option_that_makes_no_sense_is_refused(coin, option):
    session, truth = coin
    with pytest.raises(OptionError, match="Received"):
        session.stroke(around(truth), **option)
    assert not session.can_undo


def test_snap_proposes_the_outline_inside_a_loose_one(coin):
    session, truth = coin
    assert session.stroke(around(truth, 1.15), tool="snap") is None
    assert not session.mask.labels.any()
    assert session.proposal.title == "Snap"
    session.accept()
    assert iou(session.mask.labels == 1, truth) > 0.9


def test_a_line_is_traced_from_point_to_point_inside_the_picture(coin):
    session, truth = coin
    start, stop = around(truth)[[0, 8]]
    line = session.trace(start, stop)
    np.testing.assert_allclose(line[[0, -1]], [start, stop], atol=1)
    assert (np.abs(np.diff(line, axis=0)) <= 20).all()


def speckled(session, truth):
    """Draw the coin with a hole and a speck beside it."""
    session.stroke(around(truth))
    rows, columns = np.nonzero(truth)
    session.stroke([(columns.mean(), rows.mean())], tool="erase", radius=2)
    session.stroke([(2, 2)], tool="brush", radius=1)
    return int(rows.mean()), int(columns.mean())


def test_holes_are_filled_and_specks_dropped_on_request(coin):
    session, truth = coin
    middle = speckled(session, truth)
    session.tidy("holes")
    session.accept()
    assert session.mask.labels[middle] == 1
    assert session.mask.labels[2, 2] == 1
    session.tidy("specks")
    session.accept()
    assert session.mask.labels[2, 2] == 0
    with pytest.raises(NotebookSegError, match="Fill holes: nothing to change"):
        session.tidy("holes")


def test_a_way_to_tidy_that_is_none_is_refused(coin):
    with pytest.raises(OptionError, match="Choose from: smooth, holes, specks"):
        coin[0].tidy("everything")


def test_scribbles_are_a_layer_of_their_own(coin):
    session, truth = coin
    heard = []
    session.scribbled.connect(lambda: heard.append(True))
    assert session.scribbles is None
    way = around(truth, 0.5)
    assert session.stroke(way, tool="scribble", radius=2) is None
    session.stroke([(2, 2), (2, 40)], tool="scribble", label=0, radius=2)
    assert set(np.unique(session.scribbles.labels)) == {0, 1, 255}
    assert not session.mask.labels.any()
    assert not session.can_undo or session.mask.can_undo is False
    assert len(heard) == 2
    session.next()
    session.reload()
    assert session.scribbles is None


def test_the_last_scribble_is_taken_back_before_the_mask(coin):
    session, truth = coin
    session.stroke(around(truth))
    session.stroke(around(truth, 0.5), tool="scribble", radius=2)
    session.undo()
    assert (session.scribbles.labels == 255).all()
    assert session.mask.labels.any()
    session.redo()
    assert (session.scribbles.labels == 1).any()
    session.undo()
    session.undo()
    assert not session.mask.labels.any()


def test_a_stroke_after_a_scribble_is_taken_back_first(coin):
    session, truth = coin
    session.stroke(around(truth, 0.5), tool="scribble", radius=2)
    session.stroke(around(truth))
    session.undo()
    assert not session.mask.labels.any()
    assert (session.scribbles.labels == 1).any()


def test_what_was_learned_of_a_picture_does_not_go_to_the_next(coins):
    session = LabellingSession(coins)
    session.trace((5, 5), (30, 30))
    first = session.image
    session.next()
    assert session.image is not first
    line = session.trace((5, 5), (30, 30))
    other = LabellingSession(coins, start=session.stem)
    np.testing.assert_array_equal(line, other.trace((5, 5), (30, 30)))


@pytest.mark.parametrize(
    "act",
    [
        lambda session: session.stroke([(1, 1)], tool="wand"),
        lambda session: session.trace((1, 1), (5, 5)),
        lambda session: session.tidy("holes"),
        lambda session: session.stroke([(1, 1)], tool="scribble"),
    ],
    ids=["wand", "trace", "tidy", "scribble"],
)
def test_a_picture_that_cannot_be_read_says_so_to_every_tool(coins, act):
    coins.image_path(coins.stems[0]).write_bytes(b"no picture")
    session = LabellingSession(coins, start=coins.stems[0])
    with pytest.raises(ImageError, match=coins.stems[0]):
        act(session)
    assert session.scribbles is None
    assert not session.can_undo
