import pytest

from notebook_seg.data import Dataset
from notebook_seg.errors import OptionError
from notebook_seg.workflow.survey import survey

from .conftest import broken, untrained


@pytest.fixture(scope="module")
def coins():
    data = Dataset.sample()
    return data.subset(data.stems[:3])


@pytest.fixture(scope="module")
def model(coins):
    return untrained({"train": coins.stems[:2], "validation": (), "test": coins.stems[2:]}, {})


def test_trust_and_thresholds_are_of_pictures_that_were_not_learned_from(model, coins):
    found, unseen = survey(model, coins), survey(model, coins.subset(coins.stems[2:]))
    assert found.reliability.pixels.sum() == unseen.reliability.pixels.sum() > 0
    assert found.thresholds[1].at(0.5) == unseen.thresholds[1].at(0.5)
    assert found.evidence.summary == unseen.evidence.summary
    assert {row["part"] for row in found.table.rows if row["picture"] in coins.stems} == {
        "train",
        "test",
    }


def test_where_all_pictures_were_learned_from_they_are_judged_on_and_it_is_said(model, coins):
    found = survey(model, coins.subset(coins.stems[:1]))
    assert found.reliability is not None
    assert found.evidence.summary.startswith("On pictures that it has learned from: of the")


def test_a_pixel_without_size_is_told_before_any_picture_is_looked_at(model, coins):
    told = []
    with pytest.raises(OptionError, match="positive"):
        survey(model, coins, told.append, spacing=-1.0)
    assert told == []


def test_of_a_broken_model_all_is_counted_that_there_is_and_the_rest_is_left_out(coins):
    found = survey(broken(untrained({"train": coins.stems[:2]}, {})), coins)
    assert found.advice[0].topic == "broken weights"
    assert len(found.table.rows) > 0
    assert found.reliability is None
    assert found.thresholds == {}
