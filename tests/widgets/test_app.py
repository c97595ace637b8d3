import shutil
from functools import partial
from threading import Event

import pytest
from PIL import Image

from notebook_seg.data import Dataset
from notebook_seg.errors import MaskError, TrainingError
from notebook_seg.inspection.advice import Action, Advice
from notebook_seg.widgets.app import App
from notebook_seg.widgets.app_pictures import PicturesPanel
from notebook_seg.widgets.app_state import STAGES
from tests.conftest import SMALL_NETWORK
from tests.widgets.test_inspector import press

AT_MOST = 120
# Without an end, as far as a test is concerned.
BY_ADVICE = {
    **SMALL_NETWORK,
    "scale": {"long_side": 64},
    "patch": (64, 64),
    "steps": 1,
    "epochs": 1000,
}


@pytest.fixture
def app(dataset_with_model):
    app = App(dataset_with_model.folder)
    yield app
    app.close()


@pytest.fixture
def new(tmp_path):
    app = App(tmp_path / "coins")
    yield app
    app.close()


def painted(app):
    assert app.state.adding.wait(AT_MOST)
    assert app.panels["pictures"].painter.wait(AT_MOST)
    assert app.painter.wait(AT_MOST)
    assert app.message.text == ""
    return app


def seen(app):
    """The stage that is to be seen, and the sentence that stands in its place."""
    places = [stage for stage, place in app._places.items() if place.layout.display is None]
    return places, app.obstacle.value if app.obstacle.layout.display is None else ""


def put(inbox, *photographs):
    for path in photographs:
        inbox.begin(path.name, path.stat().st_size)
        inbox.append(path.read_bytes())


def test_panels_are_built_when_their_stage_is_opened(app):
    assert list(app.panels) == ["pictures"]
    app.bar.chosen = "predict"
    assert list(app.panels) == ["pictures", "predict"]
    assert seen(app) == (["predict"], "")


def test_a_stage_that_cannot_be_entered_says_what_to_do_first(new):
    for stage in STAGES[1:]:
        new.bar.chosen = stage
        places, why = seen(new)
        assert places == []
        assert "Pictures" in why
    assert list(new.panels) == ["pictures"]
    new.bar.chosen = "pictures"
    assert seen(new) == (["pictures"], "")


def test_the_sample_opens_the_way(new):
    new.panels["pictures"].sample.click()
    painted(new)
    assert new.panels["pictures"].gallery.tiles.value.count("<img") == 12
    assert new.bar.stages[1] == {
        "name": "label",
        "title": "Label",
        "note": "12 of 12 drawn",
        "ready": True,
    }
    new.bar.chosen = "label"
    assert new.panels["label"].session.stem == "coin_01"


def test_uploaded_photographs_and_names_make_a_dataset(new, coin_dataset):
    panel = new.panels["pictures"]
    put(panel.inbox, *(coin_dataset.image_path(stem) for stem in coin_dataset.stems[:2]))
    panel.upload.arrived.emit()
    painted(new)
    assert panel.ready.value == "2 photographs are here."
    panel.classes.lines[0].name.value = "coin"
    panel.classes.add()
    panel.classes.lines[1].name.value = "scratch"
    panel.make.click()
    painted(new)

    data = Dataset(new.state.folder)
    assert data.stems == ("coin_01", "coin_02")
    assert data.class_names == ("background", "coin", "scratch")
    assert panel.inbox.paths == ()


def test_the_dataset_is_not_made_while_photographs_are_on_their_way(new):
    panel = new.panels["pictures"]
    for kind, words in (("begin", "are on their way"), ("part", "are on"), ("all", "1 photograph")):
        content = {"type": kind, "name": "fish.png", "size": 3}
        panel.upload._receive(panel.upload, content, [memoryview(b"abc")])
        painted(new)
        assert words in panel.ready.value
        assert panel.make.disabled == panel.sample.disabled == (kind != "all")


def test_photographs_that_come_while_others_are_added_are_added_too(new, coin_dataset, tmp_path):
    new.state.begin_with_sample()
    panel = painted(new).panels["pictures"]
    for name in ("one", "two"):
        copy = tmp_path / f"{name}.png"
        copy.write_bytes(coin_dataset.image_path("coin_01").read_bytes())
        put(panel.inbox, copy)
        panel.upload.arrived.emit()
    for _ in range(2):
        painted(new)
    assert {"one", "two"} <= set(Dataset(new.state.folder).stems)


def test_what_cannot_be_done_is_told_in_the_page(new):
    panel = new.panels["pictures"]
    panel.folder.value = "/no/such/folder"
    panel.classes.lines[0].name.value = "coin"
    panel.make.click()
    assert "/no/such/folder" in new.message.text
    assert new.state.dataset is None
    new.bar.chosen = "label"
    assert new.message.text == ""


def test_classes_get_other_names_and_the_labeller_shows_them(app):
    app.bar.chosen = "label"
    before = app.panels["label"]
    app.bar.chosen = "pictures"
    classes = app.panels["pictures"].classes
    assert [len(line.children) for line in classes.lines] == [2]
    classes.add()
    classes.lines[0].name.value, classes.lines[1].name.value = "money", "scratch"
    app.panels["pictures"].save.click()
    painted(app)
    app.bar.chosen = "label"
    assert app.panels["label"] is not before
    assert app.panels["label"].session.dataset.class_names[1:] == ("money", "scratch")


def test_a_stage_that_is_left_is_as_it_was_when_one_comes_back(app):
    app.bar.chosen = "label"
    labeller = app.panels["label"]
    app.bar.chosen = "share"
    app.bar.chosen = "label"
    assert app.panels["label"] is labeller


def test_a_new_model_takes_no_picture_from_under_the_pen(app, model_of_coins):
    app.bar.chosen = "label"
    labeller = app.panels["label"]
    labeller.session.open("coin_05")
    shutil.copytree(model_of_coins, app.state.folder / "runs" / "second")
    app.state.find_models()
    app.state.choose_model("second")
    assert app.painter.wait(AT_MOST)
    assert app.panels["label"] is labeller

    app.bar.chosen = "pictures"
    app.bar.chosen = "label"
    assert app.panels["label"] is not labeller
    assert app.panels["label"].session.stem == "coin_05"


def test_a_labeller_that_cannot_save_stays_with_what_was_drawn(app):
    app.bar.chosen = "label"
    labeller, data = app.panels["label"], app.state.dataset
    labeller.session.stroke([(5, 5), (30, 5), (30, 30)])
    height, width = data.image_size(labeller.session.stem)
    Image.new("L", (width, height)).save(data.mask_path(labeller.session.stem))
    app.state.describe_classes([("money", "#112233")])
    with pytest.raises(MaskError, match="reload the picture"):
        app._show_stage(entered=True)
    assert app.panels["label"] is labeller
    assert app._places["label"].children == (labeller,)
    labeller.session.reload()


def test_the_mask_is_saved_when_the_stage_is_left(app):
    app.bar.chosen = "label"
    session = app.panels["label"].session
    session.stroke([(5, 5), (30, 5), (30, 30)])
    assert app.state.dataset.has_strokes(session.stem)
    app.bar.chosen = "pictures"
    assert not app.state.dataset.has_strokes(session.stem)
    assert Dataset(app.state.folder).is_labelled(session.stem)
    assert next(s for s in app.bar.stages if s["name"] == "label")["note"] == "9 of 12 drawn"


def test_another_model_is_inspected_once_it_is_chosen(app, model_of_coins):
    app.bar.chosen = "inspect"
    first = app.panels["inspect"]
    shutil.copytree(model_of_coins, app.state.folder / "runs" / "second")
    app.state.find_models()
    app.state.choose_model("second")
    assert app.painter.wait(AT_MOST)
    assert app.panels["inspect"] is not first
    assert app.message.text == ""


def test_a_training_that_advice_has_set_up_goes_on_when_another_model_is_chosen(
    app, model_of_coins
):
    app.bar.chosen = "inspect"
    panel = app.panels["inspect"]
    advice = panel.inspector.advice
    told = Advice("overfitting", "By heart.", {}, Action("train", arguments=BY_ADVICE))
    press(advice._piece(told), "Set up this training")
    training = advice.opened.state
    training.start()
    assert app.watcher.wait(AT_MOST)
    assert app.bar.busy

    shutil.copytree(model_of_coins, app.state.folder / "runs" / "second")
    app.state.find_models()
    assert app.painter.wait(AT_MOST)
    assert app.panels["inspect"] is panel
    assert panel.painter.wait(AT_MOST)
    assert "The model from before is still shown" in panel.still.value
    assert training.is_busy

    training.stop()
    assert training.wait(AT_MOST)
    assert app.watcher.wait(AT_MOST)
    assert not app.bar.busy
    app.bar.chosen = "pictures"
    app.bar.chosen = "inspect"
    assert app.panels["inspect"] is not panel
    assert app.message.text == ""


def test_a_damaged_model_is_told_in_the_page(app):
    weights = app.state.folder / "runs" / "first" / "model.weights.h5"
    weights.write_bytes(b"")
    app.bar.chosen = "inspect"
    assert str(weights.parent) in app.message.text


@pytest.mark.parametrize("stage", ["predict", "share"])
def test_what_goes_on_is_told_to_the_page(app, stage):
    app.bar.chosen = stage
    for work in (app.panels[stage].state.work, app.state.adding):
        go_on = Event()
        work.start("Waiting", [partial(go_on.wait, AT_MOST)])
        assert app.watcher.wait(AT_MOST)
        assert app.bar.busy
        go_on.set()
        assert work.wait(AT_MOST)
        assert app.watcher.wait(AT_MOST)
        assert not app.bar.busy


def test_a_training_that_has_ended_opens_what_needs_a_model(new):
    new.state.begin_with_sample()
    painted(new)
    new.bar.chosen = "train"
    trainer = new.panels["train"]
    trainer.state.choices.choose(architecture="small_unet")
    trainer.state.choices.choose(encoder="none")
    trainer.state.choices.choose(encoder_weights=None)
    trainer.state.choices.choose(patch=(32, 32))
    trainer.state.choices.choose(steps=1)
    trainer.state.choices.choose(epochs=1)
    busy = []
    new.bar.observe(lambda change: busy.append(change.new), "busy")
    trainer.buttons["start"].click()
    assert trainer.wait(AT_MOST)
    assert trainer.message.text == ""
    assert new.watcher.wait(AT_MOST)
    assert busy == [True, False]
    assert new.painter.wait(AT_MOST)
    assert {stage["name"] for stage in new.bar.stages if stage["ready"]} == set(STAGES)
    assert new.state.model.folder == trainer.state.session.out
    new.bar.chosen = "label"
    new.bar.chosen = "train"
    assert new.panels["train"] is trainer


def test_a_trainer_with_choices_or_a_fault_stays_until_the_classes_are_others(app):
    app.bar.chosen = "train"
    trainer, data = app.panels["train"], app.state.dataset

    def label_another(stem):
        height, width = data.image_size(stem)
        Image.new("L", (width, height), 1).save(data.mask_path(stem))
        app.bar.chosen = "pictures"
        app.bar.chosen = "train"
        return app.panels["train"]

    fresh = label_another("coin_09")
    assert fresh is not trainer
    fresh.state.choices.choose(epochs=3)
    assert label_another("coin_10") is fresh
    fresh.state.choices.as_planned("epochs")
    fresh.state.error = TrainingError("No memory is left")
    assert label_another("coin_11") is fresh
    app.state.describe_classes([("money", "#112233")])
    assert label_another("coin_12") is not fresh


def test_the_first_panel_is_that_of_the_pictures(new):
    assert isinstance(new.panels["pictures"], PicturesPanel)
