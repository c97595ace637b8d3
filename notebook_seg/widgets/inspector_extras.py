"""What the inspector finds out only when it is asked to, since it takes more than a moment."""

from typing import TYPE_CHECKING

import numpy as np

from notebook_seg.errors import OptionError
from notebook_seg.inspection.explain import excite, exciting_patches, faithfulness
from notebook_seg.inspection.explain.steps import Progress
from notebook_seg.inspection.explain.view import one_model
from notebook_seg.inspection.explain.weight_health import LayerHealth, weight_health
from notebook_seg.inspection.heat import Faithfulness, Heatmap
from notebook_seg.inspection.responses import ExcitingPatch

if TYPE_CHECKING:
    from notebook_seg.widgets.inspector_state import InspectorState

__all__ = ["Extras"]

_Channel = tuple[str, int | None]


class Extras:
    """Looks closer at the channel, the map and the network that an inspector shows.

    Each method works in the background, with a share done and a stop, and then the state tells
    its news of the same name: ``patches``, ``ideal``, ``faithfulness`` or ``weights``.

    Parameters
    ----------
    state : InspectorState
        Tells which channel and which map.

    Attributes
    ----------
    weights : tuple of LayerHealth
        Of every layer, once they were asked for.
    """

    def __init__(self, state: "InspectorState") -> None:
        self._state = state
        self._patches: dict[_Channel, tuple[ExcitingPatch, ...]] = {}
        self._ideals: dict[_Channel, np.ndarray] = {}
        self._tested: tuple[Heatmap, Faithfulness] | None = None
        self.weights: tuple[LayerHealth, ...] = ()

    @property
    def patches(self) -> tuple[ExcitingPatch, ...]:
        """What excites the channel most in the pictures of the dataset, once it was asked for."""
        return self._patches.get(self._channel, ())

    @property
    def ideal(self) -> np.ndarray | None:
        """The picture, made for it, that excites the channel most, once it was asked for."""
        return self._ideals.get(self._channel)

    @property
    def faithfulness(self) -> Faithfulness | None:
        """What came of testing the map that is shown, if it was tested."""
        tested = self._tested
        return tested[1] if tested is not None and tested[0] is self._state.heat else None

    def find_patches(self) -> None:
        """Look in all pictures of the dataset for the patches that excite the channel most.

        Raises
        ------
        OptionError
            If no channel is looked at yet.
        """
        state, layer, channel = self._state, *self._shown()

        def work(told: Progress) -> None:
            found = exciting_patches(state.model, state.dataset, layer, channel, progress=told)
            self._patches[layer, channel] = found

        state.run("Looking for patches", work, "patches")

    def imagine(self) -> None:
        """Make the picture that excites the channel most.

        Raises
        ------
        OptionError
            If no channel is looked at yet.
        """
        state, layer, channel = self._state, *self._shown()

        def work(told: Progress) -> None:
            self._ideals[layer, channel] = excite(state.model, layer, channel, progress=told)

        state.run("Making a picture", work, "ideal")

    def test_heat(self) -> None:
        """Hide what is hot in the map step by step, and see what the network says then.

        Raises
        ------
        OptionError
            If there is no map yet.
        """
        state, heat, image = self._state, self._state.heat, self._state.picture.image
        if heat is None:
            raise OptionError("Ask why first: there is no map to be tested. Received: none")

        def work(told: Progress) -> None:
            self._tested = heat, faithfulness(state.model, image, heat, progress=told)

        state.run("Testing the map", work, "faithfulness")

    def weigh(self) -> None:
        """Look at the weights of every layer."""

        def work(told: Progress) -> None:
            self.weights = weight_health(one_model(self._state.model).network)

        self._state.run("Looking at the weights", work, "weights")

    @property
    def _channel(self) -> _Channel:
        return self._state.layer, self._state.shown_channel

    def _shown(self) -> tuple[str, int]:
        layer, channel = self._channel
        if channel is None:
            raise OptionError("Choose a channel first. Received: none")
        return layer, channel
