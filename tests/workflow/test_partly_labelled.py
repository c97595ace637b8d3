"""From a few strokes in a labeller to scores, without drawing any picture to its end."""

import cv2
import numpy as np
import pytest

from notebook_seg.data import UNLABELLED, Dataset, Split
from notebook_seg.labelling import LabellingSession
from notebook_seg.prediction import Model
from notebook_seg.training import TrainingSession
from notebook_seg.workflow import evaluate, plan
from tests.conftest import SMALL_NETWORK

MARGIN = 7


def scribble(session, truth):
    """Say that nothing is labelled, then draw a stroke through the coin and one beside it."""
    session.pen.tool, session.pen.label = "fill", UNLABELLED
    session.stroke([(0, 0)])
    session.pen.tool, session.pen.radius = "brush", 3
    surely_coin = cv2.erode(truth, np.ones((MARGIN, MARGIN), np.uint8)) == 1
    surely_not = cv2.dilate(truth, np.ones((MARGIN, MARGIN), np.uint8)) == 0
    for label, where in ((1, surely_coin), (0, surely_not)):
        y, x = np.argwhere(where)[np.count_nonzero(where) // 2]
        session.pen.label = label
        session.stroke([(x, y), (x + 1, y + 1)])


@pytest.fixture(scope="module")
def data(tmp_path_factory, coin_dataset):
    folder = tmp_path_factory.mktemp("partly") / "coins"
    photographs = [coin_dataset.image_path(stem) for stem in coin_dataset.stems[:3]]
    data = Dataset.create(folder, photographs, ["coin"])
    session = LabellingSession(data)
    for stem in data.stems[:2]:
        session.open(stem)
        scribble(session, coin_dataset.drawn_mask(stem))
    session.open(data.stems[2])
    session.pen.tool, session.pen.label = "fill", UNLABELLED
    session.stroke([(0, 0)])
    session.close()
    return data


@pytest.fixture(scope="module")
def model(data):
    brief = plan(
        data,
        epochs=1,
        steps=2,
        patch=(64, 64),
        batch_size=2,
        **SMALL_NETWORK,
    )
    # What nobody has labelled at all chooses the best epoch here: the worst that can happen.
    session = TrainingSession(data, brief, Split(data.stems[:2], data.stems[2:], ()))
    fitted = session.run()
    return Model(fitted.network, fitted.record, fitted.history)


def test_strokes_on_an_unlabelled_picture_are_kept_as_drawn(data):
    for stem in data.stems[:2]:
        assert set(np.unique(data.mask(stem))) == {0, 1, UNLABELLED}
    assert set(np.unique(data.mask(data.stems[2]))) == {UNLABELLED}
    assert data.labelled == data.stems


def test_scribbles_are_enough_to_train(model):
    assert all(np.isfinite(model.history["loss"]))
    assert model.temperature == 1


def test_only_what_is_drawn_is_scored(model, data):
    scores = evaluate(model, data, progress=False)
    drawn = sum(int((data.mask(stem) != UNLABELLED).sum()) for stem in data.stems)
    assert 0 < scores.overall.pixels == drawn
    assert np.isnan(scores.scores[data.stems[2]].foreground_mean_iou)
