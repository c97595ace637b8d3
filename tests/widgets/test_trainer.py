import re
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

import notebook_seg
from notebook_seg.errors import DatasetError
from notebook_seg.training.events import Step
from notebook_seg.widgets.trainer import Trainer
from tests.widgets.test_trainer_state import AT_MOST, SMALL

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


def test_a_training_that_was_cut_off_is_offered(coin_dataset, tmp_path):
    (tmp_path / "checkpoint.npz").write_bytes(b"")
    assert shown(Trainer(coin_dataset, tmp_path, **SMALL)) == ["resume", "start"]


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
    assert shown(trainer) == ["start"]
    assert trainer.view.bar.bar_style == "danger"
    trainer.close()


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
