import shutil

import numpy as np
import pytest

from notebook_seg import sharing
from notebook_seg.data import Dataset
from notebook_seg.errors import OptionError
from notebook_seg.widgets.app_share import SharePanel
from notebook_seg.widgets.app_share_state import ShareState
from notebook_seg.widgets.app_state import AppState
from notebook_seg.widgets.messages import Guard, MessageLine

AT_MOST = 120


@pytest.fixture
def app(dataset_with_model):
    return AppState(dataset_with_model.folder)


@pytest.fixture
def panel(app):
    message = MessageLine()
    panel = SharePanel(app, Guard(message))
    panel.message = message
    yield panel
    panel.close()


def shown(panel):
    assert panel.state.work.wait(AT_MOST)
    assert panel.work.painter.wait(AT_MOST)
    assert panel.painter.wait(AT_MOST)
    return panel


def put(inbox, path):
    inbox.begin(path.name, path.stat().st_size)
    inbox.append(path.read_bytes())


@pytest.fixture(scope="module")
def bundle(tmp_path_factory, model_of_coins):
    """The file that a person makes of a model in the app."""
    data = Dataset.sample(tmp_path_factory.mktemp("shared") / "coins")
    shutil.copytree(model_of_coins, data.folder / "runs" / "first")
    state = ShareState(AppState(data.folder))
    state.about.name = "Coins & more"
    state.about.authors = "Ada, Grace"
    state.about.licence = "CC-BY-4.0"
    state.write()
    assert state.work.wait(AT_MOST)
    assert state.work.error is None
    return shutil.copy(state.written, tmp_path_factory.mktemp("bundle") / state.written.name)


def test_the_file_says_what_a_person_has_said(bundle):
    info = sharing.read_info(bundle)
    assert bundle.name == "Coins_more.nbseg.zip"
    assert info.name == "Coins_more"
    assert tuple(info.authors) == ("Ada", "Grace")
    assert info.licence == "CC-BY-4.0"


def test_a_model_of_somebody_else_predicts_the_same(bundle, tmp_path, model_of_coins):
    from notebook_seg.prediction import load_model

    data = Dataset.sample(tmp_path / "coins")
    app = AppState(data.folder)
    assert app.obstacle("predict")
    state = ShareState(app)
    put(state.inbox, bundle)
    state.take()
    assert state.work.wait(AT_MOST)
    assert state.work.error is None

    assert app.model_name == "Coins_more"
    assert app.obstacle("predict") == ""
    assert state.inbox.paths == ()
    photograph = data.image("coin_01")
    ours = load_model(model_of_coins).predict(photograph).labels
    np.testing.assert_array_equal(app.load_model().predict(photograph).labels, ours)


def test_the_same_file_twice_is_two_models(bundle, tmp_path):
    app = AppState(Dataset.sample(tmp_path / "coins").folder)
    state = ShareState(app)
    for _ in range(2):
        put(state.inbox, bundle)
        state.take()
        assert state.work.wait(AT_MOST)
    assert {found.name for found in app.models} == {"Coins_more", "Coins_more_2"}


def test_the_panel_makes_the_file_and_hands_it_over(panel):
    offered = []
    panel.download.offer = offered.append
    panel.fields["name"].value = "coins"
    panel.make.click()
    shown(panel)
    assert panel.message.text == ""
    assert [path.name for path in offered] == ["coins.nbseg.zip"]


def test_a_file_that_is_cut_short_is_told_in_the_page_and_leaves_nothing(panel, bundle, tmp_path):
    broken = tmp_path / "broken.nbseg.zip"
    broken.write_bytes(bundle.read_bytes()[:-500])
    put(panel.state.inbox, broken)
    panel.upload.arrived.emit()
    shown(panel)
    assert "broken.nbseg.zip" in panel.message.text
    assert "\n" not in panel.message.text
    assert not list(panel._app.folder.glob("models/*"))
    assert panel.state.inbox.paths == ()


def test_the_card_of_the_chosen_model_is_shown_as_text(panel):
    card = panel._app.model.folder / "card.md"
    card.write_text("# Coins\n<script>alert(1)</script>")
    panel.show()
    assert "# Coins" in panel.card.value
    assert "<script>" not in panel.card.value


def test_without_a_model_there_is_only_something_to_take(tmp_path):
    app = AppState(Dataset.sample(tmp_path / "coins").folder)
    panel = SharePanel(app, Guard(MessageLine()))
    assert panel._giving.layout.display == "none"
    with pytest.raises(OptionError, match="no model to share"):
        panel.state.write()
    with pytest.raises(OptionError, match="no file to open"):
        panel.state.take()
    panel.close()
