import functools
import subprocess
import sys
import threading
import time
from contextlib import ExitStack

import pytest

from notebook_seg.data import Dataset
from notebook_seg.errors import DatasetError, OptionError, SaveError, TrainingError, WeightsError
from notebook_seg.prediction import load_model
from notebook_seg.training import ModelRecord, Plan
from notebook_seg.training.checkpoint import checkpoint_file
from notebook_seg.training.run_lock import alone_in
from notebook_seg.training.scale import WorkingScale
from notebook_seg.widgets.trainer_hints import where_to_set
from notebook_seg.widgets.trainer_state import TrainerState
from notebook_seg.widgets.trainer_view import status_of
from tests.conftest import BRIEFLY, SMALL_NETWORK

pytestmark = pytest.mark.usefixtures("eager")

SMALL = {name: value for name, value in BRIEFLY.items() if name not in ("epochs", "progress")} | {
    "scale": WorkingScale(long_side=64),
    "steps": 1,
}
# Seconds after which a thread is taken to hang.
AT_MOST = 300


def until(condition):
    deadline = time.monotonic() + AT_MOST
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


class Story:
    """A training that somebody pauses, stops, and continues with another loss."""

    def __init__(self, dataset, folder):
        self.other = TrainerState(dataset, **SMALL)
        self.state = state = TrainerState(dataset, folder, epochs=1000, **SMALL)
        self.seen, self.threads, self.errors = [], set(), []
        state.changed.connect(self.look)
        state.start()
        self.at_once = state.state
        until(lambda: state.step is not None)
        self.second_one = self.error_of(self.other.start)
        state.pause()
        time.sleep(0.2)
        self.paused, before = state.state, len(state.history.get("epoch", ()))
        time.sleep(0.5)
        self.learned_in_the_pause = len(state.history.get("epoch", ())) - before
        state.go_on()
        until(lambda: len(state.history.get("epoch", ())) >= 2)
        state.stop()
        assert state.wait(AT_MOST)
        self.stopped, self.first_model = state.state, state.model
        self.epochs = len(state.history["epoch"])
        self.continue_()

    def continue_(self):
        choices = self.state.choices
        choices.choose(architecture="plain_unet")
        self.another_network = self.error_of(self.state.start_further)
        choices.as_planned("architecture")
        choices.choose(loss="dice", epochs=1)
        self.state.start_further()
        assert self.state.wait(AT_MOST)

    def look(self):
        self.seen.append(self.state.state)
        self.threads.add(threading.current_thread().name)

    def error_of(self, action):
        with pytest.raises((OptionError, TrainingError)) as caught:
            action()
        return str(caught.value)


@pytest.fixture(scope="module")
def story(coin_dataset, tmp_path_factory):
    return Story(coin_dataset, tmp_path_factory.mktemp("story") / "model")


def test_starting_takes_no_time_and_the_work_is_done_in_a_thread(story):
    assert story.at_once in ("preparing", "running")
    assert "training" in story.threads
    assert list(dict.fromkeys(story.seen))[:2] == ["preparing", "running"]


def test_nothing_is_learned_in_a_pause(story):
    assert story.paused == "paused"
    assert story.learned_in_the_pause <= 1  # the batch at hand


def test_what_is_stopped_is_kept(story, coin_dataset):
    assert story.stopped == "stopped"
    assert story.epochs < 1000
    labels = story.first_model.predict(coin_dataset.image("coin_01")).labels
    assert labels.shape == coin_dataset.image_size("coin_01")
    assert (story.state.session.out / "model.weights.h5").exists()


def test_a_training_is_continued_with_what_was_chosen_since(story):
    assert story.state.state == "finished"
    assert story.state.session.plan.loss == "dice"
    assert len(story.state.history["epoch"]) == story.epochs + 1
    assert story.state.model is not story.first_model


def test_another_network_needs_a_new_start(story):
    assert "Another “Network” needs a new training" in story.another_network
    assert where_to_set(story.another_network) == "In this panel: Settings, “Network”."


def test_one_training_at_a_time_is_enough_for_a_computer(story):
    assert story.second_one.startswith("A training is running in another panel")
    assert story.other.state == "ready"


def test_pictures_and_weights_are_kept_beside_the_model(story):
    assert {"samples", "weights.csv", "weights.png", "curves.png"} <= {
        path.name for path in story.state.session.out.iterdir()
    }


def stopped_after_an_epoch(state):
    def look():
        if state.history.get("epoch") and state.state == "running":
            state.stop()

    state.changed.connect(look)
    state.start()
    assert state.wait(AT_MOST)
    assert state.state == "stopped"


def how_it_ended(folder):
    return ModelRecord.read(folder).training["ended"]


@pytest.mark.parametrize(
    "given", [SMALL, {"plan": Plan(minutes=1, loss="dice")}, {"test": 0.25, **SMALL}]
)
def test_a_training_that_was_stopped_is_gone_on_with_from_a_new_page(coin_dataset, tmp_path, given):
    first = TrainerState(coin_dataset, tmp_path / "model", epochs=2, **SMALL)
    assert not first.can_resume
    stopped_after_an_epoch(first)

    again = TrainerState(coin_dataset, tmp_path / "model", **given)
    assert again.can_resume
    assert how_it_ended(tmp_path / "model") == "stopped"
    again.resume()
    assert again.wait(AT_MOST)
    assert (again.state, again.error) == ("finished", None)
    assert how_it_ended(tmp_path / "model") == "finished"
    assert len(again.history["epoch"]) == 2
    assert not TrainerState(coin_dataset, tmp_path / "model", **SMALL).can_resume


def stopped_run(data, day):
    """What a training leaves that was stopped, or cut off, on a day in May."""
    run = data.folder / "runs" / f"2026-05-0{day}_09-30-00_unet-vgg16"
    run.mkdir(parents=True)
    checkpoint_file(run).touch()
    return run


def test_a_training_is_offered_while_no_other_was_begun_after_it(tmp_path):
    data = Dataset.sample(tmp_path / "coins")
    first = stopped_run(data, 1)
    assert TrainerState(data, **SMALL).to_resume == first
    later = stopped_run(data, 2)
    assert TrainerState(data, **SMALL).to_resume == later
    checkpoint_file(later).rename(later / "model.json")
    assert not TrainerState(data, **SMALL).can_resume


def test_a_training_that_runs_elsewhere_is_not_offered(tmp_path):
    data = Dataset.sample(tmp_path / "coins")
    with alone_in(stopped_run(data, 1)):
        assert not TrainerState(data, **SMALL).can_resume
        with pytest.raises(TrainingError, match="no training here to go on with"):
            TrainerState(data, **SMALL).resume()
    assert TrainerState(data, **SMALL).can_resume


def test_a_training_that_fails_at_once_offers_none_before_it(tmp_path):
    data = Dataset.sample(tmp_path / "coins")
    stopped_run(data, 1)
    state = TrainerState(data, **SMALL)
    state.choices.choose(architecture="unet", encoder_weights=str(tmp_path / "no such file.h5"))
    state.start()
    assert state.wait(AT_MOST)
    assert state.state == "failed"
    assert not state.can_resume


def test_a_tilde_is_the_home_of_the_user(coin_dataset, tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "checkpoint.npz").touch()
    assert TrainerState(coin_dataset, "~", **SMALL).to_resume == tmp_path


def test_what_goes_on_is_what_is_shown_and_what_comes_after_it(coin_dataset, tmp_path):
    stopped_after_an_epoch(
        TrainerState(coin_dataset, tmp_path / "model", epochs=2, loss="dice", **SMALL)
    )
    state = TrainerState(coin_dataset, tmp_path / "model", epochs=3, **SMALL)
    state.resume()
    assert state.wait(AT_MOST)
    choices = state.choices
    assert (choices.plan, choices.chosen) == (state.session.plan, {})
    assert (choices.plan.loss, choices.plan.epochs) == ("dice", 2)
    assert state._prepare(**state.choices_to_pass_on).plan == choices.plan
    choices.choose(epochs=3)
    state.start_further()
    assert state.wait(AT_MOST)
    assert len(state.history["epoch"]) == 2 + 3


@pytest.mark.parametrize(
    "given",
    [
        SMALL_NETWORK,
        {**SMALL_NETWORK, "encoder_rate": 0.5},
        {"plan": Plan(minutes=1, **SMALL_NETWORK)},
    ],
)
def test_an_encoder_that_is_chosen_learns_as_fast_as_is_shown(coin_dataset, given):
    state = TrainerState(coin_dataset, **given)
    state.choices.choose(architecture="unet")
    shown = state.choices.plan
    followed = state._prepare(**state.choices_to_pass_on).plan
    assert (shown.encoder, shown.encoder_rate) == (followed.encoder, followed.encoder_rate)
    assert shown.encoder_rate == given.get("encoder_rate", 0.1)


def test_without_pictures_held_back_it_is_said_what_an_overlap_is_worth(coin_dataset):
    state = TrainerState(coin_dataset.subset(coin_dataset.stems[:3]), epochs=1, **SMALL)
    state.start()
    assert state.wait(AT_MOST)
    assert state.state == "finished"
    (said,) = (sentence for sentence in state.sentences if "No picture is held back" in sentence)
    assert "how good it is on others it does not tell" in said


def test_when_all_is_learned_a_training_is_finished_and_not_stopped(coin_dataset, tmp_path):
    state = TrainerState(coin_dataset, tmp_path / "model", epochs=1, **SMALL)
    seen = []

    def look():
        seen.append(status_of(state))
        if state.state == "finishing":
            state.stop()

    state.changed.connect(look)
    state.start()
    assert state.wait(AT_MOST)
    assert state.state == "finished"
    assert any("All is learned" in text for text in seen)
    assert not checkpoint_file(tmp_path / "model").exists()


def test_curves_that_cannot_be_drawn_are_told_and_the_model_is_there(coin_dataset, tmp_path):
    (tmp_path / "model" / "curves.png").mkdir(parents=True)
    state = TrainerState(coin_dataset, tmp_path / "model", epochs=1, **SMALL)
    state.start()
    assert state.wait(AT_MOST)
    assert (state.state, state.error) == ("finished", None)
    assert state.model is not None
    assert "not the picture of its curves" in state.sentences[-1]


def test_a_training_that_failed_on_the_way_is_gone_on_with(coin_dataset, tmp_path, full_disk):
    state = TrainerState(coin_dataset, tmp_path / "model", epochs=3, **SMALL)
    with ExitStack() as disk:
        fill = functools.cache(lambda: disk.enter_context(full_disk()))
        state.changed.connect(lambda: fill() if state.history.get("epoch") else None)
        state.start()
        assert state.wait(AT_MOST)
    assert (state.state, type(state.error)) == ("failed", SaveError)
    assert status_of(state).endswith(f"in {tmp_path / 'model'}")
    again = TrainerState(coin_dataset, tmp_path / "model", epochs=3, **SMALL)
    assert again.can_resume
    assert (state.can_continue, state.can_resume) == (True, False)
    state.choices.choose(epochs=1)
    state.start_further()
    assert state.wait(AT_MOST)
    assert (state.state, state.error, len(state.history["epoch"])) == ("finished", None, 4)
    assert state.model is not None


def test_what_fails_is_told_and_one_can_try_again(coin_dataset, tmp_path):
    state = TrainerState(coin_dataset, tmp_path / "model", **SMALL)
    state.choices.choose(architecture="unet")
    state.choices.choose(encoder_weights=str(tmp_path / "no such file.h5"))
    state.start()
    assert state.wait(AT_MOST)
    assert state.state == "failed"
    assert isinstance(state.error, WeightsError)
    assert not state.is_busy
    assert not state.can_continue


def test_a_stop_before_anything_is_learned_is_no_fault(coin_dataset):
    state = TrainerState(coin_dataset, **SMALL)
    state.changed.connect(lambda: state.stop() if state.state == "running" else None)
    state.start()
    assert state.wait(AT_MOST)
    assert (state.state, state.error, state.model) == ("stopped", None, None)
    assert "nothing to keep" in state.sentences[-1]


def test_a_training_that_is_stopped_while_it_is_prepared_does_not_begin(coin_dataset):
    state = TrainerState(coin_dataset, **SMALL)
    state.start()
    state.stop()
    assert state.wait(AT_MOST)
    assert (state.state, state.step) == ("stopped", None)


def test_a_training_that_comes_to_nothing_has_no_model_of_an_older_one(coin_dataset, tmp_path):
    state = TrainerState(coin_dataset, tmp_path / "model", epochs=1, **SMALL)
    state.start()
    assert state.wait(AT_MOST)
    assert state.model is not None
    state.start()
    state.stop()
    assert state.wait(AT_MOST)
    assert state.model is None
    assert status_of(state) == "Stopped before anything was learned"
    assert not state.can_continue


def test_there_is_nothing_to_continue_before_the_first(coin_dataset):
    with pytest.raises(TrainingError, match="no network yet"):
        TrainerState(coin_dataset, **SMALL).start_further()


def test_epochs_that_are_chosen_take_the_place_of_minutes_that_were_given(coin_dataset):
    state = TrainerState(coin_dataset, minutes=1, **SMALL)
    state.choices.choose(epochs=3)
    assert state.choices_to_pass_on == {"epochs": 3, **SMALL}


def test_classes_that_are_chosen_to_count_alike_do_so_whatever_was_planned(coin_dataset):
    state = TrainerState(coin_dataset, plan=Plan(minutes=1, class_weights=(1, 5)))
    state.choices.choose(class_weights=None)
    assert state._prepare(**state.choices_to_pass_on).plan.class_weights is None


def test_a_dataset_without_masks_is_an_error(coin_dataset):
    unlabelled = coin_dataset.subset([])
    with pytest.raises(DatasetError, match="draw some masks first"):
        TrainerState(unlabelled)


@pytest.mark.slow
def test_python_ends_although_a_training_goes_on(tmp_path):
    source = (
        "import time, notebook_seg as nbs\n"
        "from notebook_seg.widgets.trainer_state import TrainerState\n"
        f"state = TrainerState(nbs.Dataset.sample({str(tmp_path / 'coins')!r}), minutes=60, "
        "patch=(64, 64), architecture='small_unet')\n"
        "state.start()\n"
        "while state.step is None: time.sleep(0.1)\n"
    )
    done = subprocess.run([sys.executable, "-c", source], capture_output=True, timeout=AT_MOST)
    assert done.returncode == 0
    assert b"Traceback" not in done.stderr
    (model,) = (tmp_path / "coins" / "runs").glob("*/model.json")
    # It is written at the end of a training only.
    assert "temperature" in load_model(model.parent).record.training
