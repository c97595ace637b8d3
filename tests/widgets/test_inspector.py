import re
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import notebook_seg
from notebook_seg.inspection.advice import Action, Advice
from notebook_seg.widgets.inspector import Inspector
from tests.inspection.explain.conftest import color_model  # noqa: F401
from tests.widgets.test_inspector_state import AT_MOST, squares  # noqa: F401
from tests.widgets.test_trainer import inside

STATIC = Path(notebook_seg.__file__).parent / "widgets" / "static"


@pytest.fixture
def inspector(color_model, squares):  # noqa: F811
    inspector = Inspector(color_model, squares)
    assert inspector.wait(AT_MOST)
    yield inspector
    inspector.close()


def looked(inspector):
    assert inspector.wait(AT_MOST)
    assert inspector.message.text == ""
    return inspector


def press(view, name):
    next(b for b in inside(view) if getattr(b, "description", "").startswith(name)).click()


def draw(inspector, *points):
    inspector.canvas.drawn.emit(inspector.canvas.tool, np.array(points, np.float32))


def test_one_of_the_four_views_is_shown_at_a_time(inspector):
    for name in ("layers", "why", "overlap", "advice"):
        inspector.view.value = name
        looked(inspector)
        shown = [n for n, view in inspector.views.items() if view.layout.display is None]
        assert shown == [name]
    looked(inspector)


def test_the_stages_are_a_u_of_buttons_that_tell_their_sizes(inspector):
    network = inspector.views["layers"].network
    assert {b.description for b in network.buttons.values()} == {"64 × 96 · 4", "64 × 96 · 3"}
    network.buttons["features"].click()
    looked(inspector)
    assert "nbs-chosen" in network.buttons["features"]._dom_classes
    assert inspector.state.layer == "features"


def test_channels_are_pictures_of_which_one_is_chosen(inspector):
    inspector.views["layers"].layer.value = "features"
    looked(inspector)
    grid = inspector.views["layers"].grid
    assert grid.channels[0] == {"index": 0, "dead": False}
    assert [about["dead"] for about in grid.channels[1:]] == [True] * 3
    assert "3 of them dead" in inspector.views["layers"].about.value
    assert grid.chosen == 0
    first = np.asarray(Image.open(BytesIO(grid.pictures[0])), int)
    assert first.shape[:2] == (107, 160)
    assert (first[40, 50] - first[90, 140]).sum() > 200
    grid.chosen = 2
    assert looked(inspector).canvas.names == ("Photograph", "Channel 2 of features, dead")


def test_a_channel_and_the_weights_are_looked_at_closer_by_buttons(inspector):
    layers = inspector.views["layers"]
    layers.layer.value = "features"
    looked(inspector)
    assert layers.patches.layout.display == layers.weights.layout.display == "none"
    for button in ("What would", "Are the weights"):
        press(layers, button)
        looked(inspector)
    for drawn in (layers.patches, layers.weights):
        assert drawn.layout.display is None
        assert Image.open(BytesIO(drawn.value)).width > 300


def test_a_map_is_tested_by_a_button_which_its_curves_replace(inspector):
    inspector.view.value = "why"
    why = looked(inspector).views["why"]
    press(why, "Is this map")
    looked(inspector)
    assert why.test.layout.display == "none"
    assert Image.open(BytesIO(why.curves.value)).width > 300
    why.method.value = "scores"
    looked(inspector)
    assert why.curves.layout.display == why.test.layout.display == "none"


def test_a_click_on_the_picture_asks_about_the_pixel(inspector):
    inspector.view.value = "why"
    looked(inspector)
    assert inspector.canvas.tool == "click"
    draw(inspector, (30.2, 19.8))
    looked(inspector)
    why = inspector.views["why"]
    assert "at row 20, column 30" in why.sentence.value
    assert why.where.value == "pixel"
    assert "Row 20, column 30" in inspector.place.value
    assert Image.open(BytesIO(why.patch.value)).width > 0
    assert inspector.canvas.names == ("Photograph", "Why red")


def test_a_line_on_the_picture_asks_about_what_is_in_it(inspector):
    inspector.view.value = "why"
    looked(inspector).views["why"].where.value = "region"
    assert inspector.canvas.tool == "lasso"
    draw(inspector, (24, 16), (40, 16), (40, 32), (24, 32))
    looked(inspector)
    assert "in a region of 4." in inspector.views["why"].sentence.value


def test_method_and_class_are_chosen_by_fields(inspector):
    inspector.view.value = "why"
    why = inspector.views["why"]
    why.method.value = "scores"
    why.label.value = 2
    looked(inspector)
    assert why.layer.disabled
    assert "final scores" in why.sentence.value
    assert inspector.state.heat.class_name == "green"
    assert why.patch.layout.display == "none"


def test_scores_follow_the_threshold(inspector):
    inspector.view.value = "overlap"
    looked(inspector)
    overlap = inspector.views["overlap"]
    assert "<td>red</td><td>1.000</td>" in overlap.scores.value
    overlap.threshold.value = 0
    looked(inspector)
    assert "precision 0.042" in overlap.live.value
    assert inspector.canvas.names[-1] == "Errors from 0.00"
    overlap.back.click()
    assert looked(inspector).canvas.names[-1] == "Errors"


def test_scores_of_all_pictures_are_a_table_that_sorts_and_charts(inspector):
    overlap = inspector.views["overlap"]
    assert overlap.table.layout.display == "none"
    overlap.look.click()
    looked(inspector)
    (shown,) = overlap.table.outputs
    assert "nbs-sortable" in shown["data"]["text/html"]
    assert "On pictures that it has not learned from: of" in overlap.reliability.value
    inspector.state.choose_threshold(0.5, 2)  # green, which the unseen picture shows
    looked(inspector)
    assert all(chart.layout.display is None for chart in overlap.charts.values())
    sizes = [Image.open(BytesIO(chart.value)).width for chart in overlap.charts.values()]
    assert min(sizes) > 300


def test_advice_comes_with_its_numbers_and_opens_what_it_advises(inspector):
    advice = inspector.views["advice"]
    advice.look.click()
    looked(inspector)
    assert advice.pieces.children
    assert "Evidence:" in advice.pieces.children[0].children[0].value
    told = Advice("label next", "Label b.", {"unsure": 0.5}, Action("Labeller", ["b"]), ("b",))
    piece = advice._piece(told)
    press(piece, "Open in the labeller")
    assert advice.opened.session.stem == "b"
    press(piece, "b")
    assert inspector.state.picture.name == "b"
    press(advice, "Close")
    assert advice.opened is None
    looked(inspector)


def test_a_training_is_set_up_and_not_started(inspector):
    advice = inspector.views["advice"]
    action = Action("train", arguments={"scale": {"factor": 0.5}, "encoder_weights": None})
    press(advice._piece(Advice("overfitting", "By heart.", {}, action)), "Set up this training")
    assert inspector.message.text == ""
    assert advice.opened.state.state == "ready"
    assert advice.opened.state.choices.plan.scale.factor == 0.5


def test_a_training_that_goes_on_is_not_ended_by_another_button(inspector, squares):  # noqa: F811
    advice = inspector.views["advice"]
    brief = {"encoder_weights": None, "encoder": "resnet18", "minutes": 5}
    train = Advice("overfitting", "By heart.", {}, Action("train", arguments=brief))
    label = Advice("label next", "Label it.", {}, Action("Labeller"))
    press(advice._piece(train), "Set up this training")
    training = advice.opened.state
    training.start()
    press(advice._piece(label), "Open in the labeller")
    assert "A training goes on below" in inspector.message.text
    assert advice.opened.state is training
    assert inspector.is_busy
    inspector.message.show("")
    press(advice, "Close")
    assert "A training goes on below" in inspector.message.text
    assert advice.opened.state is training
    training.stop()
    assert training.wait(AT_MOST)
    assert not inspector.is_busy
    press(advice._piece(label), "Open in the labeller")
    assert advice.opened is not None
    assert inspector.message.text == ""


def test_the_picture_is_chosen_from_a_list_or_by_its_file(inspector, tmp_path):
    inspector.picture.value = "c"
    assert looked(inspector).canvas.stem == "c"
    inspector.next.click()
    assert looked(inspector).canvas.stem == "a"
    inspector.folder.value = str(tmp_path / "photographs" / "b.png")
    assert looked(inspector).picture.value == "b.png"
    content = (tmp_path / "photographs" / "c.png").read_bytes()
    about = {"name": "mine.png", "type": "image/png", "size": len(content)}
    when = datetime.now(tz=UTC)
    inspector.upload.value = (about | {"content": memoryview(content), "last_modified": when},)
    assert looked(inspector).picture.value == "mine.png"


def test_what_goes_wrong_is_said_in_the_panel_until_something_goes_well(inspector, tmp_path):
    inspector.folder.value = str(tmp_path / "nowhere")
    assert "nowhere" in inspector.message.text
    inspector.next.click()
    looked(inspector)


def test_progress_and_stop_are_there_while_something_goes_on(inspector):
    seen = []
    inspector.status.observe(lambda change: seen.append(change.new), "value")
    inspector.views["advice"].look.click()
    looked(inspector)
    assert any(re.fullmatch(r"Going through all pictures: \d+%", text) for text in seen)
    assert inspector._working.layout.visibility == "hidden"


def test_every_class_in_the_stylesheet_is_given_to_a_part_of_the_panel(inspector):
    inspector.views["advice"].look.click()
    looked(inspector)
    named = set(re.findall(r"\.(nbs-[a-z-]+)", (STATIC / "inspector.css").read_text()))
    given = {name for part in inside(inspector) for name in part._dom_classes}
    source = "".join(p.read_text() for p in STATIC.parent.glob("inspector*.py"))
    # Of levels of advice and sides of the U, which this network has not all.
    made = {"nbs-mend-first", "nbs-worth-doing", "nbs-encoder", "nbs-centre", "nbs-decoder"}
    assert named - given - made <= set(re.findall(r"nbs-[a-z-]+", source))


def test_a_closed_panel_does_nothing_more(color_model, squares):  # noqa: F811
    inspector = Inspector(color_model, squares)
    inspector.close()
    assert inspector.wait(AT_MOST)
    assert inspector.comm is None
