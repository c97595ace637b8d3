import re
import shutil
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

import notebook_seg
from notebook_seg.data import Dataset
from notebook_seg.errors import DatasetError
from notebook_seg.training.events import Step
from notebook_seg.widgets.trainer import Trainer
from notebook_seg.widgets.trainer_state import TrainerState
from notebook_seg.workflow.training import training_session
from tests.widgets.test_trainer_state import AT_MOST, SMALL, stopped_after_an_epoch, until

pytestmark = pytest.mark.usefixtures("eager")

STATIC = Path(notebook_seg.__file__).parent / "widgets" / "static"


def shown(trainer):
    return [name for name, b in trainer.buttons.items() if b.layout.display is None]


def inside(widget):
    yield widget
    for child in getattr(widget, "children", ()):
        yield from inside(child)


class Seen:
    """A trainer whose Start was pressed, and what it showed from then on."""

    def __init__(self, dataset, folder):
        self.trainer = Trainer(dataset, folder, epochs=2, **SMALL)
        self.buttons, self.status = [shown(self.trainer)], []
        self.trainer.view.status.observe(self._note, "value")
        self.trainer.buttons["start"].click()
        assert self.trainer.wait(AT_MOST)

    def _note(self, change):
        self.status.append(change.new)
        self.buttons.append(shown(self.trainer))


@pytest.fixture(scope="module")
def seen(coin_dataset, tmp_path_factory):
    return Seen(coin_dataset, tmp_path_factory.mktemp("trainer") / "model")


@pytest.fixture
def running(coin_dataset, tmp_path):
    """A panel whose training goes on."""
    trainer = Trainer(coin_dataset, tmp_path / "model", epochs=1000, **SMALL)
    trainer.state.start()
    until(lambda: trainer.state.history.get("epoch"))
    yield trainer
    trainer.state.stop()
    assert trainer.wait(AT_MOST)


def test_a_training_that_was_cut_off_is_offered(coin_dataset, tmp_path):
    (tmp_path / "checkpoint.npz").write_bytes(b"")
    assert shown(Trainer(coin_dataset, tmp_path, **SMALL)) == ["resume", "start"]


def test_a_training_that_is_offered_is_told_by_its_date_and_network(tmp_path, model_of_coins):
    data = Dataset.sample(tmp_path / "coins")
    run = data.folder / "runs" / "2026-05-04_09-30-00_small_unet"
    shutil.copytree(model_of_coins, run)
    (run / "checkpoint.npz").touch()
    button = Trainer(data, **SMALL).buttons["resume"]
    assert button.tooltip.startswith("04 May 2026, 09:30: small_unet. It was stopped, cut off")


def test_a_cell_that_is_run_again_shows_its_training_which_can_be_stopped(running, tmp_path):
    data = Dataset(running.state.dataset.folder)
    again = Trainer(data, str(tmp_path / "model"), epochs=1000, **SMALL)
    assert again.state is running.state
    assert {"pause", "stop"} <= {*shown(again)}
    running.close()
    assert again.state.is_busy
    again.buttons["stop"].click()
    assert again.wait(AT_MOST)
    assert again.state.state == "stopped"
    assert shown(again) == ["further", "start"]


def test_the_panel_that_was_made_last_ends_its_training_when_it_is_closed(running, tmp_path):
    again = Trainer(running.state.dataset, tmp_path / "model", epochs=1000, **SMALL)
    again.close()
    assert running.wait(AT_MOST)
    assert running.state.state == "stopped"


@pytest.mark.parametrize("asked", [{}, {"epochs": 1000, "loss": "dice"}, {"epochs": 1000}])
def test_a_panel_for_another_training_names_the_one_that_runs_and_can_stop_it(running, asked):
    data = running.state.dataset
    other = Trainer(data, **asked, **SMALL)
    assert other.state is not running.state
    assert other._elsewhere.layout.display is None
    assert f"A training of <b>{data.folder.name}</b> is running" in other._who.value
    other.buttons["start"].click()
    assert "in another panel of this notebook" in other.message.text
    other.stop_other.click()
    assert running.wait(AT_MOST)
    assert other.wait(AT_MOST)
    assert running.state.state == "stopped"
    assert other._elsewhere.layout.display == "none"
    assert other.message.text == ""


def test_pictures_that_were_labelled_since_are_in_the_plan_that_is_shown(tmp_path):
    data = Dataset.sample(tmp_path / "coins")
    masks = {stem: data.mask(stem) for stem in data.stems[4:]}
    for stem in masks:
        data.mask_path(stem).unlink()
    trainer = Trainer(data, epochs=1, **SMALL)
    assert "4 labelled pictures" in trainer.about.value
    for stem, mask in masks.items():
        data.save_mask(stem, mask)
    trainer.state.choices.choose(loss="dice")
    trainer.buttons["start"].click()
    assert trainer.wait(AT_MOST)
    assert "12 labelled pictures" in trainer.about.value
    assert trainer.state.choices.plan.validation == 0.1
    assert trainer.state.choices.chosen == {"loss": "dice"}


def test_what_goes_on_is_what_the_form_shows(coin_dataset, tmp_path):
    begun = TrainerState(coin_dataset, tmp_path / "model", epochs=2, loss="dice", **SMALL)
    stopped_after_an_epoch(begun)
    trainer = Trainer(coin_dataset, tmp_path / "model", epochs=7, **SMALL)
    trainer.buttons["resume"].click()
    assert trainer.wait(AT_MOST)
    assert trainer.duration.amount.value == 2
    assert [row.children[2].value for row in trainer.form.fields["loss"].rows.children] == ["dice"]
    assert trainer.form.head[1].value == "small_unet, dice"


def test_a_training_that_has_learned_all_can_neither_be_paused_nor_stopped(coin_dataset):
    trainer = Trainer(coin_dataset, epochs=1, **SMALL)
    seen = []

    def look():
        if trainer.state.state == "finishing":
            trainer._show()
            seen.append([trainer.buttons[name].disabled for name in ("pause", "stop")])

    trainer.state.changed.connect(look)
    trainer.state.start()
    assert trainer.wait(AT_MOST)
    assert seen
    assert all(all(disabled) for disabled in seen)


def test_what_can_be_done_is_there_to_be_pressed(seen):
    assert seen.buttons[0] == ["start"]
    assert ["pause", "stop"] in seen.buttons
    assert seen.buttons[-1] == ["further", "start"]
    assert seen.trainer.buttons["start"].description == "Start anew"


def test_progress_is_told_in_words_from_the_beginning_to_the_end(seen):
    assert seen.status[0].startswith("Getting ready")
    assert any(re.match(r"\d+% · epoch \d", text) for text in seen.status)
    assert "Done after 2 epochs" in seen.status[-1]
    assert str(seen.trainer.state.session.out) in seen.status[-1]
    assert seen.trainer.view.bar.value == 1


def test_steps_that_come_faster_than_a_page_can_show_them_are_shown_now_and_then(coin_dataset):
    trainer = Trainer(coin_dataset, **SMALL)
    drawn = []
    trainer.view.bar.observe(lambda change: drawn.append(change.new), "value")
    for number in range(1, 1001):
        trainer.state.step = Step(number / 1000, number, 1000 - number, 0.5)
        trainer.state.changed.emit()
    assert trainer.wait(AT_MOST)
    assert drawn[-1] == 1
    assert len(drawn) < 100
    trainer.close()


def test_curves_have_a_point_for_each_epoch(seen):
    curves = seen.trainer.view.curves.value
    points = re.findall(r'<polyline class="nbs-validation" points="([^"]*)"', curves)
    assert [len(line.split()) for line in points] == [2, 2]


def test_a_picture_is_shown_as_drawn_and_as_predicted(seen):
    view = seen.trainer.view
    sizes = {Image.open(BytesIO(picture.value)).size for picture in view.pictures}
    (size,) = sizes
    assert max(size) == 64
    assert len({picture.value for picture in view.pictures}) == 3
    stem = seen.trainer.state.session.split.validation[0]
    assert any(stem in caption.value for caption in view._captions)


def test_the_model_is_there_when_training_is_over(seen, coin_dataset):
    labels = seen.trainer.model.predict(coin_dataset.image("coin_02")).labels
    assert labels.shape == coin_dataset.image_size("coin_02")


def test_every_class_in_the_stylesheet_is_given_to_a_widget_or_to_the_curves(seen):
    named = set(re.findall(r"\.(nbs-[a-z-]+)", (STATIC / "trainer.css").read_text()))
    given = {name for part in inside(seen.trainer) for name in part._dom_classes}
    texts = " ".join(part.value for part in inside(seen.trainer) if hasattr(part, "placeholder"))
    assert named - given <= set(re.findall(r"nbs-[a-z-]+", texts))


def test_an_error_of_the_training_appears_in_the_panel_until_the_next_start(coin_dataset, tmp_path):
    trainer = Trainer(coin_dataset, tmp_path / "model", epochs=1, **SMALL)
    missing = tmp_path / "no such weights.h5"
    trainer.state.choices.choose(architecture="unet")
    trainer.state.choices.choose(encoder_weights=str(missing))
    trainer.buttons["start"].click()
    assert trainer.wait(AT_MOST)
    assert str(missing) in trainer.message.text
    assert "In this panel: Settings, “It knows already”" in trainer.message.text
    assert shown(trainer) == ["start"]
    assert trainer.view.bar.bar_style == "danger"
    trainer.close()


def test_advice_that_is_written_for_python_is_found_in_the_form(coin_dataset):
    trainer = Trainer(coin_dataset, **SMALL)
    trainer.state.session = training_session(coin_dataset, epochs=1, **SMALL)
    trainer.view.show()
    assert "Settings" not in trainer.view.sentences.value
    trainer.state.session.warnings.append("Let the encoder learn too (freeze='nothing').")
    trainer.view.show()
    assert "In this panel: Settings, “Encoder” and “What learns”." in trainer.view.sentences.value


def test_closing_the_panel_ends_the_training(coin_dataset):
    trainer = Trainer(coin_dataset, **SMALL)
    trainer.state.start()
    trainer.close()
    assert trainer.state.wait(AT_MOST)
    assert trainer.state.state == "stopped"
    assert trainer.comm is None


def test_a_dataset_without_masks_is_an_error(coin_dataset):
    with pytest.raises(DatasetError, match="draw some masks first"):
        Trainer(coin_dataset.subset([]))
