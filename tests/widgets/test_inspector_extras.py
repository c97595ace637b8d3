import numpy as np
import pytest

from notebook_seg.errors import OptionError
from tests.inspection.explain.conftest import color_model  # noqa: F401
from tests.widgets.test_inspector_state import done, squares, state  # noqa: F401


@pytest.fixture
def reds(state):  # noqa: F811
    """The state, looking at the channel that responds to red."""
    state.choose_layer("features")
    done(state)
    state.choose_channel(0)
    return state


def test_the_patches_that_excite_a_channel_come_from_all_pictures(reds):
    reds.extras.find_patches()
    done(reds)
    assert {patch.stem for patch in reds.extras.patches[:2]} == {"a", "b"}


def test_the_picture_that_a_channel_would_like_best_is_made_for_it(reds):
    reds.extras.imagine()
    red, green, blue = done(reds).extras.ideal.reshape(-1, 3).mean(axis=0)
    assert red > green + 50 > blue


def test_what_was_found_of_a_channel_is_shown_with_that_channel_only(reds):
    reds.extras.imagine()
    done(reds).extras.find_patches()
    done(reds).choose_channel(1)
    assert reds.extras.patches == ()
    assert reds.extras.ideal is None
    reds.choose_channel(0)
    assert reds.extras.patches


def test_a_map_that_shows_what_the_network_looks_at_passes_its_test(state):  # noqa: F811
    state.choose_view("why")
    done(state).extras.test_heat()
    curves = done(state).extras.faithfulness
    assert curves.gap > 0.2
    state.ask(label=2)
    assert done(state).extras.faithfulness is None


def test_the_weights_of_all_layers_are_looked_at(state):  # noqa: F811
    state.extras.weigh()
    found = done(state).extras.weights
    assert "features" in {health.histogram.layer for health in found}


def test_without_a_channel_or_a_map_there_is_nothing_to_look_closer_at(state):  # noqa: F811
    state.picture.activations = None
    state.picture.heat = None
    for look, missing in (
        (state.extras.find_patches, "channel"),
        (state.extras.imagine, "channel"),
        (state.extras.test_heat, "map"),
    ):
        with pytest.raises(OptionError, match=missing):
            look()


def test_a_picture_that_is_stopped_is_what_it_is_by_then(reds):
    def stop(news):
        if news == "working" and reds.working.get("Making a picture"):
            reds.stop()

    reds.changed.connect(stop)
    reds.extras.imagine()
    ideal = done(reds).extras.ideal
    assert ideal.shape == (128, 128, 3)
    assert np.ptp(ideal) > 0


def test_what_goes_on_is_not_lost_because_something_else_is_asked_for(reds):
    def ask(news):
        if news == "working" and reds.working.get("Making a picture"):
            reds.changed.disconnect(ask)
            with pytest.raises(OptionError, match="One thing at a time"):
                reds.extras.weigh()

    reds.changed.connect(ask)
    reds.extras.imagine()
    assert done(reds).extras.ideal is not None
    reds.extras.weigh()
    assert done(reds).extras.weights
