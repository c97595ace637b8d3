import numpy as np
import pytest

from notebook_seg.data import Dataset
from notebook_seg.data.box import Box
from notebook_seg.errors import NotebookSegError, OptionError
from notebook_seg.labelling import LabellingSession, Proposal

SQUARE = [(20, 20), (60, 20), (60, 50), (20, 50)]
BOX = Box(10, 10, 30, 40)


@pytest.fixture
def session(coins):
    return LabellingSession(coins)


@pytest.fixture
def heard(session):
    """What was shown after each change of the proposal."""
    titles = []
    session.proposed.connect(lambda: titles.append(session.proposal and session.proposal.title))
    return titles


def halves():
    labels = np.zeros(BOX.shape, np.uint8)
    labels[:, :15] = 2
    return Proposal("Halves", BOX, labels)


def on_disk(session):
    return Dataset(session.dataset.folder).mask(session.stem)


def test_a_proposal_is_shown_and_changes_nothing(session, heard):
    session.propose(halves())
    assert session.proposal.title == "Halves"
    assert not session.mask.labels.any()
    assert on_disk(session) is None
    assert heard == ["Halves"]


def test_an_accepted_proposal_is_one_stroke_on_disk(session, heard):
    session.stroke(SQUARE)
    before = session.mask.labels.copy()
    session.propose(halves())
    assert session.accept() is not None
    np.testing.assert_array_equal(session.mask.labels[BOX.slices], halves().labels)
    np.testing.assert_array_equal(on_disk(session), session.mask.labels)
    assert heard == ["Halves", None]
    session.undo()
    np.testing.assert_array_equal(session.mask.labels, before)


def test_a_refused_proposal_leaves_nothing(session, heard):
    session.propose(halves())
    session.refuse()
    session.refuse()
    assert session.accept() is None
    assert not session.mask.labels.any()
    assert heard == ["Halves", None]


@pytest.mark.parametrize(
    "act",
    [
        lambda session: session.stroke(SQUARE),
        lambda session: session.stroke(SQUARE, tool="scribble"),
        lambda session: session.undo(),
        lambda session: session.clear(),
        lambda session: session.next(),
    ],
    ids=["stroke", "scribble", "undo", "clear", "next picture"],
)
def test_whatever_is_drawn_or_opened_refuses_the_proposal(session, heard, act):
    session.stroke([(1, 1), (5, 1), (5, 5)])
    session.propose(halves())
    act(session)
    assert session.proposal is None
    assert heard == ["Halves", None]


def test_a_proposal_takes_the_place_of_an_earlier_one(session):
    session.propose(halves())
    session.propose(halves()._replace(title="Again"))
    assert session.proposal.title == "Again"


def test_a_proposal_that_changes_nothing_is_a_message(session, heard):
    session.propose(halves())
    session.accept()
    with pytest.raises(NotebookSegError, match="Halves: nothing to change here"):
        session.propose(halves())
    assert session.proposal is None
    assert heard == ["Halves", None]


@pytest.mark.parametrize(
    ("box", "labels"),
    [
        (Box(0, 0, 3, 3), np.ones((3, 4), np.uint8)),
        (Box(0, 0, 3, 3), np.ones((3, 3), np.int64)),
        (Box(-2, 0, 1, 3), np.ones((3, 3), np.uint8)),
    ],
    ids=["another shape", "another dtype", "outside"],
)
def test_a_proposal_that_does_not_fit_is_refused(session, box, labels):
    with pytest.raises(OptionError, match="A patch is uint8"):
        session.propose(Proposal("Odd", box, labels))
    assert session.proposal is None


def test_a_proposal_of_a_class_that_is_none_is_refused_and_nothing_drawn(session):
    with pytest.raises(OptionError, match="A label is 0 to 2"):
        session.propose(Proposal("Odd", BOX, np.full(BOX.shape, 7, np.uint8)))
    assert not session.mask.labels.any()
