import gc
import re
from pathlib import Path

import numpy as np
import pytest

import notebook_seg.widgets
from notebook_seg.data import Dataset, read_mask
from notebook_seg.errors import DatasetError, OptionError
from notebook_seg.widgets import Labeller
from notebook_seg.widgets.shortcuts import HELP
from tests.widgets.conftest import LEFT

OUTLINE = [(300, 200), (450, 200), (450, 320), (300, 320)]
STATIC = Path(notebook_seg.widgets.__file__).parent / "static"


@pytest.fixture
def labeller(coins):
    return Labeller(coins, surface="matplotlib")


@pytest.fixture
def mouse(labeller, pointer):
    return pointer(labeller.surface.widget)


def inside(widget):
    yield widget
    for child in getattr(widget, "children", ()):
        yield from inside(child)


def button(labeller, name):
    """The button with a text, or with a tooltip that begins so."""
    buttons = [part for part in inside(labeller) if type(part).__name__ == "Button"]
    return next(b for b in buttons if b.description == name or (b.tooltip or "").startswith(name))


def pictures(labeller):
    return next(part for part in inside(labeller) if type(part).__name__ == "Select")


def sliders(labeller):
    return {p.description: p for p in inside(labeller) if type(p).__name__.endswith("Slider")}


def press(labeller, key):
    """Send what the browser's half of the keyboard sends."""
    labeller.keyboard._handle_custom_msg({"key": key}, [])


def is_chosen(button):
    return "nbs-chosen" in button._dom_classes


def test_a_stroke_of_the_pointer_is_on_disk_when_the_button_is_released(labeller, mouse):
    mouse.drag(OUTLINE)
    on_disk = Dataset(labeller.session.dataset.folder).mask(labeller.session.stem)
    np.testing.assert_array_equal(on_disk, labeller.session.mask.labels)
    assert on_disk.any()


def test_the_buttons_undo_redo_and_clear(labeller, mouse):
    mouse.drag(OUTLINE)
    stroke = labeller.session.mask.labels.copy()
    button(labeller, "Undo").click()
    assert not labeller.session.mask.labels.any()
    button(labeller, "Redo").click()
    np.testing.assert_array_equal(labeller.session.mask.labels, stroke)
    button(labeller, "Clear").click()
    assert not labeller.session.mask.labels.any()


def test_a_button_ends_the_stroke_under_way_before_it_acts(labeller, mouse):
    mouse.press(OUTLINE[0])
    for place in OUTLINE:
        mouse.move(place, LEFT)
    button(labeller, "Undo").click()
    assert not labeller.session.mask.labels.any()
    assert labeller.session.mask.can_redo


@pytest.mark.parametrize("tool", ["Lasso", "Brush", "Erase", "Fill"])
def test_the_buttons_choose_the_tool_and_show_it(labeller, tool):
    button(labeller, tool).click()
    assert labeller.session.pen.tool == tool.lower()
    shown = [t for t in ("Lasso", "Brush", "Erase", "Fill") if is_chosen(button(labeller, t))]
    assert shown == [tool]


@pytest.mark.parametrize(
    ("name", "label"), [("coin", 1), ("scratch", 2), ("background", 0), ("unlabelled", 255)]
)
def test_the_buttons_choose_the_class_and_show_it(labeller, name, label):
    button(labeller, name).click()
    assert labeller.session.pen.label == label
    assert is_chosen(button(labeller, name))


def test_each_class_has_a_button_in_its_colour(labeller):
    for label in labeller.session.dataset.classes:
        assert label.color in button(labeller, label.name).layout.border_left


def test_a_change_in_python_is_shown(labeller):
    labeller.session.pen.tool = "fill"
    labeller.session.pen.label = 2
    labeller.session.pen.radius = 30
    labeller.session.next()
    assert is_chosen(button(labeller, "Fill"))
    assert is_chosen(button(labeller, "scratch"))
    assert sliders(labeller)["Brush"].value == 30
    assert pictures(labeller).value == labeller.session.stem


def test_the_sliders_set_brush_and_opacity(labeller):
    sliders(labeller)["Brush"].value = 25
    sliders(labeller)["Mask"].value = 0.8
    assert labeller.session.pen.radius == 25
    assert labeller.session.pen.opacity == 0.8


def test_a_brush_beyond_the_slider_stays_what_it_is(labeller):
    labeller.session.pen.radius = 2000
    assert labeller.session.pen.radius == 2000
    labeller.session.pen.radius = 0.5
    assert labeller.session.pen.radius == 0.5


def test_next_and_previous_save_and_walk_through_the_pictures(labeller, mouse):
    first = labeller.session.stem
    mouse.drag(OUTLINE)
    button(labeller, "Next picture").click()
    assert read_mask(labeller.session.dataset.mask_path(first)).any()
    assert pictures(labeller).value == labeller.session.stem != first
    button(labeller, "Previous picture").click()
    assert labeller.session.stem == first


def test_the_list_of_pictures_shows_which_are_labelled_and_jumps(labeller, mouse):
    assert {label[0] for label, _ in pictures(labeller).options} == {"○"}
    mouse.drag(OUTLINE)
    assert pictures(labeller).options[0][0].startswith("●")
    pictures(labeller).value = labeller.session.stems[3]
    assert labeller.session.stem == labeller.session.stems[3]
    button(labeller, "Next to do").click()
    assert labeller.session.stem == labeller.session.stems[1]
    button(labeller, "Mark as done").click()
    assert pictures(labeller).options[1][0].startswith("●")


def test_a_stroke_on_a_later_picture_does_not_leave_it(labeller, mouse):
    opened = []
    stem = labeller.session.stems[2]
    pictures(labeller).value = stem
    labeller.session.opened.connect(opened.append)
    mouse.drag(OUTLINE)
    assert pictures(labeller).options[2][0].startswith("●")
    assert pictures(labeller).value == labeller.session.stem == stem
    assert opened == []


def test_five_hundred_pictures_take_no_more_widgets_than_four(labeller, coins, tmp_path):
    photograph = coins.image_path(coins.stems[0])
    copies = tmp_path / "copies"
    copies.mkdir()
    for number in range(500):
        (copies / f"specimen_of_the_museum_{number}.png").symlink_to(photograph)
    many = Labeller(Dataset.create(tmp_path / "many", copies, ["coin", "scratch"]), "matplotlib")
    assert len(list(inside(many))) == len(list(inside(labeller)))
    assert len(pictures(many).options) == 500
    pictures(many).value = "specimen_of_the_museum_499"
    assert many.session.stem == "specimen_of_the_museum_499"


def test_a_picture_that_cannot_be_read_is_reported_and_one_can_go_on(labeller):
    data = labeller.session.dataset
    data.mask_path(data.stems[1]).write_bytes(b"no picture")
    button(labeller, "Next picture").click()
    assert str(data.mask_path(data.stems[1])) in labeller.message.text
    assert pictures(labeller).value == data.stems[1]
    button(labeller, "Next picture").click()
    assert labeller.message.text == ""
    assert labeller.session.stem == data.stems[2]


def test_a_message_outlives_the_movements_of_the_pointer(labeller, mouse):
    labeller.message.show("The disk is full")
    mouse.move((300, 300))
    mouse.wheel((300, 300), 1)
    labeller.session.pen.tool = "brush"
    assert labeller.message.text == "The disk is full"
    mouse.drag(OUTLINE)
    assert labeller.message.text == ""


def test_a_damaged_first_picture_is_reported_at_once(coins):
    coins.image_path(coins.stems[0]).write_bytes(b"no picture")
    assert coins.stems[0] in Labeller(coins).message.text


def test_a_jump_that_fails_leaves_the_list_at_the_open_picture(labeller, mouse):
    session = labeller.session
    mouse.drag(OUTLINE)
    Dataset(session.dataset.folder).save_mask(session.stem, session.mask.labels)
    pictures(labeller).value = session.stems[2]
    assert "was changed elsewhere" in labeller.message.text
    assert pictures(labeller).value == session.stem == session.stems[0]


def test_the_picture_can_be_reloaded_when_it_cannot_be_saved(labeller, mouse):
    session = labeller.session
    reload = button(labeller, "Reload from disk")
    assert reload.layout.display == "none"
    mouse.drag(OUTLINE)
    Dataset(session.dataset.folder).save_mask(session.stem, session.mask.labels)
    button(labeller, "Next picture").click()
    assert reload.layout.display != "none"
    reload.click()
    button(labeller, "Next picture").click()
    assert session.stem == session.stems[1]
    assert reload.layout.display == "none"


@pytest.mark.parametrize(
    ("key", "what", "value"),
    [
        ("b", "tool", "brush"),
        ("e", "tool", "erase"),
        ("f", "tool", "fill"),
        ("2", "label", 2),
        ("0", "label", 0),
        ("x", "label", 255),
    ],
)
def test_keys_choose_tool_and_class(labeller, key, what, value):
    press(labeller, key)
    assert getattr(labeller.session.pen, what) == value


def test_keys_change_brush_and_opacity_within_reason(labeller):
    pen = labeller.session.pen
    radius, opacity = pen.radius, pen.opacity
    press(labeller, "]")
    press(labeller, "+")
    assert pen.radius > radius
    assert pen.opacity > opacity
    for _ in range(60):
        press(labeller, "[")
        press(labeller, "-")
    assert pen.radius == 0.5
    assert pen.opacity == 0


def test_keys_undo_redo_and_walk(labeller, mouse):
    mouse.drag(OUTLINE)
    for key, drawn in (("u", False), ("r", True), ("ctrl+z", False), ("ctrl+y", True)):
        press(labeller, key)
        assert labeller.session.mask.labels.any() == drawn
    for key, index in (("n", 1), ("right", 2), ("p", 1), ("left", 0), ("t", 1)):
        press(labeller, key)
        assert labeller.session.index == index
    press(labeller, "d")
    assert labeller.session.is_labelled(labeller.session.stem)


def test_escape_cancels_the_stroke_under_way_and_h_shows_the_whole_picture(labeller, mouse):
    view = labeller.surface.view
    mouse.wheel((300, 300), 4)
    press(labeller, "h")
    assert labeller.surface.view == view
    mouse.press(OUTLINE[0])
    for place in OUTLINE:
        mouse.move(place, LEFT)
    press(labeller, "escape")
    mouse.release(OUTLINE[-1])
    assert not labeller.session.mask.labels.any()


def test_every_key_that_the_help_names_is_a_key(labeller):
    named = {key.lower() for key in re.findall("<kbd>(.+?)</kbd>", HELP)}
    names = {"−": "-", "esc": "escape"}
    assert {names.get(key, key) for key in named} <= set(labeller.keyboard.wanted)


def test_closing_saves_also_a_stroke_under_way(labeller, mouse):
    mouse.press(OUTLINE[0])
    for place in OUTLINE:
        mouse.move(place, LEFT)
    labeller.close()
    assert read_mask(labeller.session.dataset.mask_path(labeller.session.stem)).any()


def test_a_labeller_that_is_forgotten_writes_nothing_over_newer_work(coins, pointer):
    forgotten = Labeller(coins, "matplotlib")
    pointer(forgotten.surface.widget).drag(OUTLINE)
    newer = Labeller(coins, start=forgotten.session.stem)
    newer.session.clear()
    newer.session.mark_done()
    newer.close()
    del forgotten
    gc.collect()
    assert not Dataset(coins.folder).mask(coins.stems[0]).any()


def test_a_surface_that_is_not_known_is_refused_with_a_hint(coins):
    with pytest.raises(OptionError, match="did you mean 'matplotlib'"):
        Labeller(coins, surface="matplotlip")


def test_a_dataset_without_pictures_is_an_error(coins):
    for stem in coins.stems:
        coins.image_path(stem).unlink()
    with pytest.raises(DatasetError, match="no picture to label"):
        Labeller(coins)


def test_a_start_can_be_chosen(coins):
    assert Labeller(coins, start=coins.stems[2]).session.stem == coins.stems[2]


def test_every_class_in_the_stylesheet_is_given_to_a_widget(labeller):
    sheets = "".join((STATIC / name).read_text() for name in ("panel.css", "labeller.css"))
    named = set(re.findall(r"\.(nbs-[a-z]+)", sheets))
    given = {name for part in inside(labeller) for name in part._dom_classes}
    assert named <= given


@pytest.mark.parametrize("opened_first", [True, False])
def test_the_review_shows_which_pictures_are_worth_labelling(coins, opened_first):
    labeller = Labeller(coins)
    if opened_first:
        labeller.toggle_review()
    labeller.assistant.suggest_next()
    assert labeller.assistant.wait(120)
    if not opened_first:
        labeller.toggle_review()
    assert {found.stem for found in labeller.review.suggestions} == set(coins.unlabelled)
