import json
import shutil
import subprocess
import sys

import pytest
from PIL import Image

from notebook_seg.data import Dataset
from notebook_seg.errors import DatasetError, ImageError, ModelError, OptionError
from notebook_seg.widgets.app_state import STAGES, AppState

AT_MOST = 60
LOOKS = [("coin", "#112233"), ("scratch", "#445566")]


@pytest.fixture
def photographs(coin_dataset, tmp_path):
    folder = tmp_path / "photographs"
    folder.mkdir()
    for stem in coin_dataset.stems[:3]:
        shutil.copy(coin_dataset.image_path(stem), folder)
    return folder


@pytest.fixture
def state(tmp_path):
    return AppState(tmp_path / "new" / "coins")


def obstacles(state):
    return {stage: state.obstacle(stage) for stage in STAGES}


def test_without_a_dataset_only_pictures_can_be_entered_and_nothing_is_made(state):
    told = obstacles(state)
    assert [stage for stage, why in told.items() if not why] == ["pictures"]
    assert "Pictures" in told["share"]
    assert not state.folder.parent.exists()


def test_stages_open_one_after_the_other(dataset_with_model):
    data = dataset_with_model
    run = data.folder / "runs" / "first"
    aside = run.rename(data.folder / "aside")
    for stem in data.labelled:
        data.mask_path(stem).unlink()
    state = AppState(data.folder)
    assert [stage for stage, why in obstacles(state).items() if not why] == [
        "pictures",
        "label",
        "share",
    ]
    assert "Label" in state.obstacle("train")

    Dataset(data.folder).save_mask("coin_01", Dataset.sample().mask("coin_01"))
    assert state.obstacle("train") == ""
    assert "Train" in state.obstacle("predict")

    aside.rename(run)
    state.choose_stage("predict")
    assert set(obstacles(state).values()) == {""}
    assert state.note("label") == "1 of 12 drawn"


def test_the_sample_begins_at_once(state):
    news = []
    state.changed.connect(news.append)
    state.begin_with_sample()
    assert news == ["dataset"]
    assert state.note("pictures") == "12 photographs"
    with pytest.raises(DatasetError, match="already is a dataset"):
        state.begin_with_sample()


def test_a_dataset_is_made_of_all_photographs_with_names_and_colours(state, photographs):
    state.begin(photographs, LOOKS)
    assert state.adding.wait(AT_MOST)

    data = Dataset(state.folder)
    assert len(data) == 3
    assert data.class_names == ("background", "coin", "scratch")
    assert data.colors[1:] == ("#112233", "#445566")
    assert state.refused == []


def test_a_photograph_that_cannot_be_read_is_told_and_passed_over(state, photographs):
    (photographs / "a_broken.jpg").write_bytes(b"not a photograph")
    state.begin(photographs, LOOKS)
    assert state.adding.wait(AT_MOST)

    assert len(Dataset(state.folder)) == 3
    (why,) = state.refused
    assert "a_broken.jpg" in why


def test_photographs_none_of_which_can_be_read_make_no_dataset(state, tmp_path):
    broken = tmp_path / "broken.jpg"
    broken.write_bytes(b"not a photograph")
    with pytest.raises(ImageError, match=r"broken.jpg"):
        state.begin(broken, LOOKS)
    assert state.dataset is None
    assert not state.folder.exists()


def test_a_class_without_a_name_makes_no_dataset(state, photographs):
    with pytest.raises(DatasetError, match="class name"):
        state.begin(photographs, [("", "#112233")])
    assert not state.folder.exists()


def test_photographs_are_added_later(state, photographs):
    state.begin_with_sample()
    Image.new("RGB", (64, 48), "teal").save(photographs / "fish.png")
    news = []
    state.changed.connect(news.append)

    state.add(photographs)
    assert state.adding.wait(AT_MOST)

    assert len(Dataset(state.folder)) == 13
    assert news == ["pictures"]
    assert state.refused == []


def test_classes_are_described_anew(state):
    state.begin_with_sample()
    state.describe_classes(LOOKS)
    assert state.dataset.class_names == Dataset(state.folder).class_names
    assert state.dataset.class_names[1:] == ("coin", "scratch")


def test_what_is_neither_a_dataset_nor_empty_is_left_alone(photographs):
    with pytest.raises(DatasetError, match="is not empty"):
        AppState(photographs)


def test_the_latest_model_is_chosen_and_loaded_once(dataset_with_model):
    state = AppState(dataset_with_model.folder)
    assert state.model_name == "first"
    model = state.load_model()
    assert model.class_names == ("background", "coin")
    assert state.load_model() is model


def test_a_new_model_is_found_and_chosen(dataset_with_model):
    state = AppState(dataset_with_model.folder)
    runs = dataset_with_model.folder / "runs"
    shutil.copytree(runs / "first", runs / "second")
    news = []
    state.changed.connect(news.append)

    state.find_models()

    assert len(state.models) == 2
    assert news == ["models"]
    state.choose_model("second")
    assert state.load_model().class_names == ("background", "coin")
    with pytest.raises(OptionError, match="did you mean 'first'"):
        state.choose_model("frist")


def test_a_half_trained_network_is_not_chosen_until_it_is_finished(dataset_with_model):
    runs = dataset_with_model.folder / "runs"
    state = AppState(dataset_with_model.folder)
    state.training = "second"
    shutil.copytree(runs / "first", runs / "second")
    unfinished = runs / "second" / "checkpoint.npz"
    unfinished.write_bytes(b"")
    state.find_models()
    assert ([found.name for found in state.models], state.model_name) == (["first"], "first")

    state.training = ""
    state.find_models()
    assert (len(state.models), state.model_name) == (2, "first")
    assert AppState(dataset_with_model.folder).model_name == "first"

    unfinished.unlink()
    state.find_models()
    assert state.model_name == "second"


def test_a_network_whose_training_was_stopped_and_kept_is_chosen(dataset_with_model):
    runs = dataset_with_model.folder / "runs"
    state = AppState(dataset_with_model.folder)
    shutil.copytree(runs / "first", runs / "second")
    (runs / "second" / "checkpoint.npz").write_bytes(b"")
    state.find_models()
    assert state.model_name == "first"

    record = json.loads((runs / "second" / "model.json").read_text())
    record["training"]["ended"] = "stopped"
    (runs / "second" / "model.json").write_text(json.dumps(record))
    (runs / "second" / "model.weights.h5").touch()
    state.find_models()
    assert state.model_name == "second"
    assert AppState(dataset_with_model.folder).model_name == "second"


def test_a_model_that_is_trained_further_stays_chosen(dataset_with_model):
    state = AppState(dataset_with_model.folder)
    state.training = "first"
    (dataset_with_model.folder / "runs" / "first" / "checkpoint.npz").write_bytes(b"")
    state.find_models()
    assert state.model.name == "first"


def test_a_damaged_model_is_an_error_that_says_so(dataset_with_model):
    weights = dataset_with_model.folder / "runs" / "first" / "model.weights.h5"
    weights.write_bytes(weights.read_bytes()[:100])
    with pytest.raises(ModelError, match="first"):
        AppState(dataset_with_model.folder).load_model()


def test_a_model_of_other_classes_predicts_but_is_not_inspected(dataset_with_model):
    state = AppState(dataset_with_model.folder)
    state.describe_classes(LOOKS)
    assert "knows other classes (coin) than your pictures have (coin, scratch)" in state.obstacle(
        "inspect"
    )
    assert state.obstacle("predict") == ""


def test_the_page_does_not_wait_for_tensorflow(dataset_with_model):
    program = (
        "import sys; from notebook_seg.widgets.app import App; "
        f"app = App({str(dataset_with_model.folder)!r}); "
        "print(sorted({'keras', 'tensorflow'} & set(sys.modules)))"
    )
    said = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert said.stdout.strip() == "[]", said.stderr
