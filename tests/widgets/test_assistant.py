import numpy as np
import pytest

from notebook_seg.data import Dataset
from notebook_seg.labelling import LabellingSession
from notebook_seg.labelling.proposal import Proposal
from notebook_seg.prediction import load_model
from notebook_seg.widgets.assistant import Assistant
from notebook_seg.widgets.messages import Guard, MessageLine
from tests.assistance.test_advisor import iou

# Seconds after which a thread is taken to hang.
AT_MOST = 120


@pytest.fixture
def sample(tmp_path):
    return Dataset.sample(tmp_path / "sample")


@pytest.fixture
def unlabelled(sample, tmp_path):
    return Dataset.create(tmp_path / "coins", sample.folder / "images", ["coin"])


@pytest.fixture
def half_labelled(unlabelled, sample):
    for stem in ("coin_01", "coin_02", "coin_03"):
        unlabelled.save_mask(stem, sample.mask(stem))
    return unlabelled


class Desk:
    """A session and its assistant, as a labeller puts them together."""

    def __init__(self, dataset, **options):
        self.session = LabellingSession(dataset)
        self.line = MessageLine()
        self.guard = Guard(self.line)
        self.assistant = Assistant(self.session, self.guard, **options)

    def wait(self):
        assert self.assistant.wait(AT_MOST)

    def ask(self):
        self.assistant.ask()
        self.wait()

    def scribble(self, label, points):
        self.session.stroke(points, tool="scribble", label=label, radius=3)

    def scribble_on_coin_and_background(self, truth):
        rows, columns = np.nonzero(truth)
        middle = int(rows.mean())
        self.scribble(1, [(columns.min() + 9, middle), (columns.max() - 9, middle)])
        self.scribble(0, [(3, 3), (truth.shape[1] - 4, 3)])
        self.wait()

    def why(self):
        return self.assistant.children[3].value

    def press_which_next(self):
        (button,) = (part for part in self.assistant.children if hasattr(part, "click"))
        assert button.description == "Which next?"
        button.click()


@pytest.fixture
def desk(half_labelled):
    desk = Desk(half_labelled)
    yield desk
    desk.wait()


@pytest.fixture
def bare_desk(unlabelled):
    desk = Desk(unlabelled)
    yield desk
    desk.wait()


def proposed(session):
    """The mask as it would be if the proposal were accepted."""
    labels = session.mask.labels.copy()
    labels[session.proposal.box.slices] = session.proposal.labels
    return labels


def test_asked_without_a_model_it_proposes_from_the_labelled_pictures(desk, sample):
    desk.ask()
    assert desk.session.proposal.title == "The labelled pictures"
    found = proposed(desk.session)
    assert iou(found == 1, sample.mask(desk.session.stem) == 1) > 0.6


def test_an_accepted_proposal_is_one_step_to_undo(desk):
    desk.ask()
    desk.session.accept()
    assert desk.session.mask.labels.any()
    desk.session.undo()
    assert not desk.session.mask.labels.any()


def test_scribbles_on_two_labels_bring_a_proposal(bare_desk, sample):
    truth = sample.mask(bare_desk.session.stem)
    bare_desk.scribble_on_coin_and_background(truth)
    assert bare_desk.session.proposal.title == "The scribbles"
    assert iou(proposed(bare_desk.session) == 1, truth == 1) > 0.45


def test_a_scribble_on_one_label_alone_asks_for_another(bare_desk):
    bare_desk.scribble(1, [(40, 40), (60, 40)])
    bare_desk.wait()
    assert bare_desk.session.proposal is None
    assert bare_desk.line.text.startswith("Only coin was shown so far")


def test_one_more_scribble_makes_a_new_proposal(bare_desk, sample):
    bare_desk.scribble_on_coin_and_background(sample.mask(bare_desk.session.stem))
    before = proposed(bare_desk.session)
    bare_desk.scribble(0, [(40, 40), (60, 40)])
    assert bare_desk.session.proposal is None
    bare_desk.wait()
    after = proposed(bare_desk.session)
    assert (after[38:42, 42:58] == 0).all()
    assert (after != before).any()


def test_asked_before_anything_is_known_it_says_what_to_do(bare_desk):
    bare_desk.ask()
    assert bare_desk.line.text.startswith("Nothing is known yet to make a proposal from")


def test_a_proposal_for_a_picture_that_was_left_does_not_arrive(desk):
    with desk.guard.lock:
        desk.assistant.ask()
        desk.session.next()
    desk.wait()
    assert desk.session.proposal is None


def test_a_proposal_does_not_arrive_when_something_was_drawn_meanwhile(desk):
    with desk.guard.lock:
        desk.assistant.ask()
        desk.session.stroke([(5, 5), (20, 5), (20, 20)])
    desk.wait()
    assert desk.session.proposal is None


def test_a_proposal_does_not_take_the_place_of_one_that_came_meanwhile(desk):
    labels = desk.session.mask.labels
    other = Proposal.between("Another", labels, np.ones_like(labels))
    with desk.guard.lock:
        desk.assistant.ask()
        desk.session.propose(other)
    desk.wait()
    assert desk.session.proposal is other


def test_what_a_person_has_drawn_stays_in_the_proposal(desk):
    desk.session.stroke([(0, 0), (12, 0), (12, 12), (0, 12)])
    drawn = desk.session.mask.labels == 1
    desk.ask()
    found = proposed(desk.session)
    assert (found[drawn] == 1).all()
    assert (found == 1).sum() > drawn.sum()


def test_what_a_person_has_drawn_stays_however_often_one_asks(desk):
    corner = [(0, 0), (12, 0), (12, 12), (0, 12)]
    desk.session.stroke(corner)
    drawn = desk.session.mask.labels == 1
    desk.ask()
    desk.session.refuse()
    desk.ask()
    assert (proposed(desk.session)[drawn] == 1).all()


def test_what_a_person_draws_after_a_refusal_is_theirs_though_it_was_proposed(desk):
    desk.ask()
    as_proposed = proposed(desk.session)
    desk.session.stroke([(0, 0), (12, 0), (12, 12), (0, 12)])
    row, column = np.argwhere(as_proposed == 1)[0].tolist()
    desk.session.stroke([(column, row)], tool="brush", radius=2)
    drawn = desk.session.mask.labels == 1
    desk.scribble(0, [(60, 3), (70, 3)])
    desk.scribble(1, [(60, 9), (70, 9)])
    desk.wait()
    assert (proposed(desk.session)[drawn] == 1).all()


def test_what_came_from_an_accepted_proposal_may_change_in_the_next(bare_desk, sample):
    bare_desk.scribble_on_coin_and_background(sample.mask(bare_desk.session.stem))
    bare_desk.session.accept()
    before = (bare_desk.session.mask.labels == 1).sum()
    rows, columns = np.nonzero(bare_desk.session.mask.labels)
    # All of it was wrong: the coin is the background.
    row = int(rows.mean()) + 8
    bare_desk.scribble(0, [(columns.min(), row), (columns.max(), row)])
    bare_desk.scribble(1, [(3, 7), (60, 7)])
    bare_desk.wait()
    gone = (bare_desk.session.mask.labels == 1) & (proposed(bare_desk.session) == 0)
    assert gone.sum() > 0.1 * before


def test_more_labelled_pictures_are_learned_from(desk, sample):
    desk.ask()
    before = proposed(desk.session)
    stem = desk.session.stem
    desk.session.open("coin_09")
    desk.session.stroke([(0, 0), (40, 0), (40, 40), (0, 40)])
    desk.session.open(stem)
    desk.ask()
    assert (proposed(desk.session) != before).any()


def test_nothing_is_proposed_unasked_without_a_model(desk):
    desk.session.next()
    desk.wait()
    assert not desk.assistant.auto
    assert desk.session.proposal is None


def test_unlabelled_pictures_open_with_a_proposal_when_that_is_ticked(desk):
    desk.assistant.auto = True
    desk.session.next()
    desk.wait()
    assert desk.session.proposal is not None


def test_labelled_pictures_open_as_they_are(desk):
    desk.assistant.auto = True
    desk.session.open("coin_01")
    desk.wait()
    assert desk.session.proposal is None


def test_the_tick_is_that_of_the_property(desk):
    tick = desk.assistant.children[1]
    tick.value = True
    assert desk.assistant.auto
    desk.assistant.auto = False
    assert not tick.value


def always_saying(label, model_folder, folder):
    """A model in a folder of its own that sees one class everywhere."""
    model = load_model(model_folder)
    last = [layer for layer in model.network.layers if layer.weights][-1]
    kernel, bias = last.get_weights()
    # The one output of a network for one class is above 0 where it sees the class.
    outputs = [2 * label - 1] if len(bias) == 1 else np.eye(len(bias))[label]
    last.set_weights([0 * kernel, 9 * np.array(outputs)])
    model.save(folder)
    return folder


def test_with_a_model_the_first_unlabelled_picture_has_a_proposal(
    half_labelled, model_folder, tmp_path
):
    folder = always_saying(1, model_folder, tmp_path / "eager")
    desk = Desk(half_labelled, model=folder)
    desk.wait()
    assert desk.assistant.auto
    assert desk.line.text == ""
    assert desk.session.proposal.title == "The model eager"
    assert (proposed(desk.session) == 1).all()


def test_a_model_that_sees_nothing_says_so_only_when_it_is_asked(
    half_labelled, model_folder, tmp_path
):
    desk = Desk(half_labelled, model=always_saying(0, model_folder, tmp_path / "blind"))
    desk.wait()
    assert (desk.line.text, desk.session.proposal) == ("", None)
    desk.ask()
    assert desk.line.text.startswith("The model blind: nothing to change here")


def test_with_a_model_scribbles_still_teach_the_pixel_classifier(unlabelled, sample, brief_model):
    desk = Desk(unlabelled, model=brief_model)
    desk.wait()
    desk.scribble_on_coin_and_background(sample.mask(desk.session.stem))
    assert desk.session.proposal.title == "The scribbles"


def test_a_folder_that_holds_no_model_is_told_in_the_message_line(half_labelled, tmp_path):
    desk = Desk(half_labelled, model=tmp_path / "nothing")
    desk.wait()
    assert "nothing" in desk.line.text
    assert desk.session.proposal is None


def test_the_best_picture_to_label_next_opens_and_says_why(desk):
    before = desk.session.stem
    desk.assistant.suggest_next()
    desk.wait()
    assert desk.session.stem != before
    assert desk.session.stem == desk.assistant.suggestion.stem
    assert not desk.session.is_labelled(desk.session.stem)
    why = desk.why()
    assert why.startswith(f"{desk.session.stem}: The model is unsure of ")


def test_the_open_picture_is_ranked_with_the_others_but_not_suggested(desk):
    desk.assistant.suggest_next()
    desk.wait()
    best = desk.assistant.suggestions[0].stem
    desk.session.open(best)
    desk.assistant.suggest_next()
    desk.wait()
    assert best in {found.stem for found in desk.assistant.suggestions}
    assert desk.assistant.suggestion.stem != best


def test_why_is_gone_when_another_picture_is_opened(desk):
    desk.assistant.suggest_next()
    desk.wait()
    desk.session.open("coin_01")
    assert desk.why() == ""


def test_a_suggestion_does_not_tear_away_a_picture_that_is_being_drawn_on(desk):
    with desk.guard.lock:
        desk.assistant.suggest_next()
        desk.session.stroke([(5, 5), (20, 5), (20, 20)])
        stem = desk.session.stem
    desk.wait()
    assert desk.session.stem == stem
    assert desk.assistant.suggestion.stem in desk.why()


def test_a_suggestion_does_not_tear_away_a_picture_on_which_an_outline_is_begun(desk):
    with desk.guard.lock:
        desk.assistant.suggest_next()
        desk.session.begun.emit()
        stem = desk.session.stem
    desk.wait()
    assert desk.session.stem == stem


def test_when_nothing_is_left_to_label_it_says_so(sample):
    desk = Desk(sample)
    desk.assistant.suggest_next()
    desk.wait()
    assert desk.why() == "There is no other picture left to label"


def test_it_tells_what_it_is_doing_until_it_is_done(desk):
    told = []
    show = desk.assistant.children[2]
    show.observe(lambda change: told.append(change.new), "value")
    desk.ask()
    assert any("Learning from the labelled pictures, 3 of 3" in text for text in told)
    assert told[-1] == desk.assistant.status == ""


def test_its_button_suggests_the_next_picture(desk):
    desk.press_which_next()
    desk.wait()
    assert desk.assistant.suggestion is not None


def test_a_picture_that_cannot_be_read_is_told_and_not_guessed_at(desk):
    desk.session.dataset.image_path("coin_05").write_bytes(b"no picture")
    desk.guard(lambda: desk.session.open("coin_05"))()
    desk.guard(desk.assistant.ask)()
    desk.wait()
    assert "coin_05" in desk.line.text


def test_an_assistant_that_is_closed_proposes_nothing_more(desk):
    with desk.guard.lock:
        desk.assistant.ask()
        desk.assistant.close()
    desk.wait()
    assert desk.session.proposal is None
