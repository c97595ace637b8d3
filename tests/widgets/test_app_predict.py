import csv
import zipfile
from threading import Event

import numpy as np
import pytest
from PIL import Image

from notebook_seg.data import read_mask
from notebook_seg.errors import DatasetError, OptionError
from notebook_seg.prediction import predict_folder
from notebook_seg.prediction.outputs import OUTPUTS
from notebook_seg.widgets.app_predict import PredictPanel
from notebook_seg.widgets.app_predict_state import PredictState
from notebook_seg.widgets.app_state import AppState
from notebook_seg.widgets.messages import Guard, MessageLine

AT_MOST = 120


@pytest.fixture
def state(dataset_with_model):
    return PredictState(AppState(dataset_with_model.folder))


def predicted(state):
    state.start()
    assert state.work.wait(AT_MOST)
    assert state.work.error is None
    return state


def test_each_choice_leads_to_its_photographs(state, tmp_path):
    assert [path.stem for path in state.photographs()] == [f"coin_{n:02}" for n in range(9, 13)]
    state.choose("all")
    assert len(state.photographs()) == 12
    state.choose("folder", str(state.app.folder / "images" / "coin_0[12].png"))
    assert [path.stem for path in state.photographs()] == ["coin_01", "coin_02"]
    state.choose("uploaded")
    with pytest.raises(OptionError, match="no photograph to predict"):
        state.photographs()


def test_no_folder_and_two_photographs_of_one_name_are_told(state, tmp_path):
    state.choose("folder", " ")
    with pytest.raises(OptionError, match="Name the folder"):
        state.photographs()
    for name in ("fish.png", "fish.jpg"):
        Image.new("RGB", (64, 48)).save(tmp_path / name)
    state.choose("folder", str(tmp_path))
    with pytest.raises(DatasetError, match="would share one mask"):
        state.photographs()


def test_masks_are_those_of_the_model_and_lie_beside_the_pictures(state):
    predicted(state)
    assert state.out.parent == state.app.folder / "results"
    assert [path.stem for path in state.done] == [f"coin_{n:02}" for n in range(9, 13)]
    model = state.app.load_model()
    for photograph in state.done:
        mask = read_mask(state.out / "masks" / f"{photograph.stem}.png")
        np.testing.assert_array_equal(mask, model.predict(photograph).labels)
    assert [shown.parent.name for _, shown in state.results()] == ["overlays"] * 4


def test_a_second_go_leaves_the_first_as_it_was(state):
    first = predicted(state).out
    before = {path: path.stat().st_mtime_ns for path in first.rglob("*.png")}
    assert predicted(state).out != first
    assert {path: path.stat().st_mtime_ns for path in first.rglob("*.png")} == before


def test_the_latest_results_are_there_when_the_page_is_opened_again(state, tmp_path):
    folder = tmp_path / "photographs"
    folder.mkdir()
    Image.new("RGB", (64, 48), "teal").save(folder / "fish.png")
    predicted(state)
    state.choose("folder", str(folder))
    predicted(state)

    again = PredictState(AppState(state.app.folder))
    assert again.out == state.out
    assert [path for _, path in again.results()] == [state.out / "overlays" / "fish.jpg"]
    again.pack(tmp_path / "results.zip")
    assert again.work.wait(AT_MOST)
    with zipfile.ZipFile(tmp_path / "results.zip") as archive:
        assert f"{state.out.name}/masks/fish.png" in archive.namelist()


def test_a_photograph_that_cannot_be_read_is_told_and_the_rest_goes_on(state, tmp_path):
    folder = tmp_path / "photographs"
    folder.mkdir()
    (folder / "a_broken.jpg").write_bytes(b"not a photograph")
    Image.new("RGB", (64, 48), "teal").save(folder / "fish.png")
    state.choose("folder", str(folder))
    predicted(state)
    assert [path.stem for path in state.done] == ["fish"]
    (why,) = state.failed
    assert "a_broken.jpg" in why


def test_a_stop_keeps_what_is_done(state):
    state.choose("all")
    state.work.changed.connect(lambda: state.work.stop() if state.work.done > 0.2 else None)
    predicted(state)
    assert state.work.stopped
    assert 0 < len(state.done) < 12
    assert len(list((state.out / "masks").iterdir())) >= len(state.done)


def test_all_results_come_as_one_zip_file(state, tmp_path):
    with pytest.raises(OptionError, match="nothing to save"):
        state.pack(tmp_path / "results.zip")
    predicted(state)
    state.pack(tmp_path / "results.zip")
    assert state.work.wait(AT_MOST)

    with zipfile.ZipFile(tmp_path / "results.zip") as archive:
        assert archive.testzip() is None
        names = {name.partition("/")[2] for name in archive.namelist()}
        on_disk = {str(path.relative_to(state.out)) for path in state.out.rglob("*.*")}
        assert names == on_disk
        member = f"{state.out.name}/masks/coin_09.png"
        assert archive.read(member) == (state.out / "masks" / "coin_09.png").read_bytes()


def test_every_output_that_is_offered_is_written(state):
    state.write, state.crop = OUTPUTS, True
    predicted(state)
    for name in state.write:
        assert (state.out / name).is_dir(), name
    if "cutouts" in state.write:  # these come with tables
        with (state.out / "pictures.csv").open() as file:
            assert len(list(csv.DictReader(file))) == 4


def test_somebody_who_has_seen_enough_ends_it_from_within(state, tmp_path):
    told = []

    def after_each(done, total):
        told.append((done, total))
        return done < 2

    photographs = state.photographs()
    model = state.app.load_model()
    report = predict_folder(
        model, photographs, tmp_path / "out", progress=False, write=[], after_each=after_each
    )
    assert report.failed == {}
    assert told == [(1, 4), (2, 4)]


# --- the panel


@pytest.fixture
def panel(dataset_with_model):
    message = MessageLine()
    panel = PredictPanel(AppState(dataset_with_model.folder), Guard(message))
    panel.message = message
    yield panel
    panel.close()


def shown(panel):
    assert panel.state.work.wait(AT_MOST)
    assert panel.painter.wait(AT_MOST)
    assert panel.message.text == ""
    return panel


def test_the_panel_shows_what_was_found(panel):
    assert panel._results.layout.display == "none"
    panel.start.click()
    shown(panel)
    assert panel._results.layout.display is None
    assert panel.gallery.tiles.value.count("<img") == 4
    assert str(panel.state.out) in panel.said.value


def test_the_panel_hands_over_a_zip_file(panel):
    offered = []
    panel.download.offer = offered.append
    panel.start.click()
    shown(panel)
    panel.save.click()
    shown(panel)
    (path,) = offered
    assert zipfile.is_zipfile(path)


def test_only_what_belongs_to_the_choice_is_there(panel):
    def visible():
        parts = {"upload": panel.upload, "folder": panel.folder}
        is_there = panel._other.layout.display is None
        return [name for name, p in parts.items() if is_there and p.layout.display is None]

    seen = []
    for source in ("all", "uploaded", "folder", "unlabelled"):
        panel.source.value = source
        seen.append(visible())
    assert seen == [[], ["upload"], ["folder"], []]


def test_an_error_is_told_in_the_page(panel):
    panel.source.value = "folder"
    panel.folder.value = "/no/such/folder"
    panel.start.click()
    assert "/no/such/folder" in panel.message.text


def test_the_button_waits_while_photographs_are_predicted(panel):
    go_on = Event()
    panel.state.work.start("Waiting", [lambda: go_on.wait(AT_MOST)])
    assert panel.painter.wait(AT_MOST)
    assert panel.start.disabled
    go_on.set()
    shown(panel)
    assert not panel.start.disabled
