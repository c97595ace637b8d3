import threading

import numpy as np
import pytest

from notebook_seg.data import Dataset
from notebook_seg.errors import DatasetError, ImageError, OptionError
from notebook_seg.widgets.inspector_state import InspectorState
from tests.inspection.explain.conftest import GREEN, RED, color_model, square  # noqa: F401

AT_MOST = 60


@pytest.fixture
def squares(tmp_path):
    """Two pictures of a red square, in one of them with a mask, and one of a green square."""
    import cv2

    places = {"a": (16, 24, RED), "b": (30, 60, RED), "c": (8, 8, GREEN)}
    (tmp_path / "photographs").mkdir()
    for stem, (top, left, color) in places.items():
        picture = square(top, left, color=color)
        cv2.imwrite(str(tmp_path / "photographs" / f"{stem}.png"), picture[..., ::-1])
    data = Dataset.create(tmp_path / "data", tmp_path / "photographs", classes=["red", "green"])
    for stem, label in (("a", 1), ("c", 2)):
        drawn = (data.image(stem).max(axis=2) > 0).astype(np.uint8) * label
        data.save_mask(stem, drawn)
    return data


@pytest.fixture
def state(color_model, squares):  # noqa: F811
    state = InspectorState(color_model, squares)
    state.update()
    assert state.wait(AT_MOST)
    yield state
    state.close()


def done(state):
    assert state.wait(AT_MOST)
    assert state.error is None
    return state


def test_what_a_channel_responds_to_is_laid_over_the_photograph(state):
    state.choose_layer("features")
    done(state)
    assert state.activations.dead.tolist() == [False, True, True, True]
    assert state.shown_channel == 0
    photograph, over = (pane.image for pane in state.panes)
    np.testing.assert_array_equal(photograph, state.picture.image)
    inside = over[20, 30].astype(int) - over[50, 80]
    assert inside.sum() > 200


def test_a_dead_channel_can_be_looked_at_and_is_called_so(state):
    state.choose_layer("features")
    done(state)
    state.choose_channel(2)
    assert state.panes[1].name == "Channel 2 of features, dead"
    with pytest.raises(OptionError, match="0 to 3"):
        state.choose_channel(4)


def test_a_clicked_pixel_is_explained_and_what_is_said_of_it_is_told(state):
    state.choose_view("why")
    state.point(20, 30)
    heat = done(state).heat
    assert heat.target == "at row 20, column 30"
    assert state.said_of_place.startswith("Row 20, column 30: the model says red (")
    assert state.said_of_place.endswith("your mask says red")
    assert heat.values[20, 30] == 1
    assert heat.values[50, 80] == 0


def test_a_region_that_is_drawn_is_what_is_asked_about(state):
    state.choose_view("why")
    state.draw(np.array([(24, 16), (40, 16), (40, 32), (24, 32)]) - 0.5)
    heat = done(state).heat
    np.testing.assert_array_equal(heat.region, state.picture.mask == 1)
    region, patch = state.marks
    assert (region.points.min(axis=0).tolist(), patch.dashed) == ([24, 16], True)


def test_the_answer_to_another_question_is_not_shown_for_this_one(state):
    state.choose_view("why")
    before = done(state).heat
    assert before is not None
    state.ask(label=2)
    assert state.heat is not before
    assert done(state).heat.class_name == "green"


def test_a_place_is_asked_about_when_there_is_one(state):
    with pytest.raises(OptionError, match="draw around it"):
        state.ask(where="region")
    with pytest.raises(OptionError, match="no pixel"):
        state.draw(np.array([[200, 200], [210, 200], [210, 210]]))
    with pytest.raises(OptionError, match="outside"):
        state.point(64, 0)


def test_another_picture_is_looked_at_in_the_same_view_and_without_the_old_place(state):
    state.choose_view("why")
    state.point(20, 30)
    done(state)
    state.step(1)
    done(state)
    assert (state.picture.name, state.place, state.where) == ("b", None, "predicted")
    assert state.heat.values[35, 65] > 0
    state.step(-2)
    assert done(state).picture.name == "c"


def test_masks_prediction_and_errors_are_seen_side_by_side(state):
    state.choose_view("overlap")
    done(state)
    assert [pane.name for pane in state.panes] == ["Your mask", "Prediction", "Errors"]
    np.testing.assert_allclose(state.scores.iou[1], 1)
    state.open("b")
    done(state)
    assert [pane.name for pane in state.panes] == ["Photograph", "Prediction"]
    assert state.scores is None


def test_a_threshold_changes_what_is_found(state):
    state.choose_view("overlap")
    done(state)
    state.choose_threshold(0.0, label=1)
    everything = state.thresholds.at(0.0)
    assert everything.precision == pytest.approx(16 * 16 / (64 * 96))
    assert state.panes[2].name == "Errors from 0.00"
    false_alarm, hit = state.panes[2].image[60, 90], state.panes[2].image[20, 30]
    assert false_alarm.tolist() == [0xF0, 0xE4, 0x42]
    assert hit.tolist() != false_alarm.tolist()
    state.choose_threshold(None)
    assert state.panes[2].name == "Errors"


def test_what_was_laid_over_a_picture_is_not_made_again(state):
    state.choose_view("overlap")
    done(state)
    first = [pane.image for pane in state.panes]
    assert all(a is b.image for a, b in zip(first, state.panes, strict=True))


def test_a_step_goes_past_a_picture_that_cannot_be_read_and_tells_it(state, squares):
    squares.image_path("b").write_bytes(b"no photograph")
    with pytest.raises(ImageError, match=r"b\.png"):
        state.step(1)
    assert done(state).picture.name == "c"
    with pytest.raises(ImageError, match=r"b\.png"):
        state.step(-1)
    assert done(state).picture.name == "a"


def test_all_pictures_are_looked_through_for_scores_and_advice(state):
    state.look_through()
    found = done(state).survey
    assert [p.stem for p in found.evidence.pictures] == ["a", "b", "c"]
    assert set(found.evaluation.scores) == {"a", "c"}
    assert found.done == 1
    assert set(found.thresholds) == {1, 2}
    rows = {(row["picture"], row["class"]): row for row in found.table.rows}
    assert rows["a", "red"]["hausdorff_95"] == 0
    assert rows["a", "red"]["object_f1"] == 1


def test_stopped_while_looking_through_what_was_counted_is_kept(state):
    def stop(news):
        if news == "working" and state.working.get("Going through all pictures"):
            state.stop()

    state.changed.connect(stop)
    state.look_through()
    found = done(state).survey
    assert [p.stem for p in found.evidence.pictures] == ["a"]
    assert found.done == pytest.approx(1 / 3)


def test_an_explanation_that_is_stopped_is_kept_as_far_as_it_came(state):
    def stop(news):
        if news == "working" and state.working.get("Asking why"):
            state.stop()

    state.choose_view("why")
    done(state)
    state.changed.connect(stop)
    state.ask(method="occlusion")
    assert 0 < done(state).heat.done < 1


def test_a_stop_holds_whatever_is_looked_at_after_it(state):
    def stop(news):
        if news == "working" and state.working.get("Going through all pictures"):
            state.stop()
            state.choose_layer("features")

    state.changed.connect(stop)
    state.look_through()
    assert done(state).survey.done < 1


def test_what_is_asked_last_wins(state):
    state.choose_view("why")
    for place in ((20, 25), (20, 30), (25, 35)):
        state.point(*place)
    assert done(state).heat.target == "at row 25, column 35"


def test_photographs_of_a_folder_and_uploaded_ones_are_looked_at_too(state, tmp_path):
    state.add(tmp_path / "photographs")
    assert done(state).picture.name == "a.png"
    assert state.pictures.names == ("a", "b", "c", "a.png", "b.png", "c.png")
    content = (tmp_path / "photographs" / "c.png").read_bytes()
    state.add_upload("new.png", content)
    done(state)
    assert (state.picture.name, state.picture.mask) == ("new.png", None)
    with pytest.raises(ImageError, match="nowhere"):
        state.add(tmp_path / "nowhere")
    with pytest.raises(ImageError):
        state.add_upload("broken.png", b"no picture")
    assert "broken.png" not in state.pictures.names


def test_what_fails_in_the_background_is_told(state, tmp_path):
    said = []
    state.changed.connect(lambda news: said.append((news, threading.current_thread().name)))
    for stem in state.dataset.stems:
        state.dataset.image_path(stem).write_bytes(b"no picture")
    state.look_through()
    assert state.wait(AT_MOST)
    assert "a.png" in str(state.error)
    assert ("error", "notebook_seg help") in said
    assert state.working == {}


def test_other_classes_and_no_pictures_are_errors(color_model, squares):  # noqa: F811
    with pytest.raises(OptionError, match="not those of the model"):
        InspectorState(color_model, Dataset.sample())
    with pytest.raises(OptionError, match="no picture"):
        InspectorState(color_model, squares.subset([]))
    with pytest.raises((OptionError, DatasetError), match="nothing"):
        InspectorState(color_model, squares, start="nothing")
