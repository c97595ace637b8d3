"""The network as its U, and what the channels of one of its layers say of the picture."""

from collections.abc import Callable
from functools import partial

from ipywidgets import HTML, Box, Button, Combobox, DOMWidget, GridBox, Image, Layout, VBox
from traitlets import Bunch

from notebook_seg.inspection.explain.weight_health import draw_weight_health
from notebook_seg.inspection.explain_figures import exciting_grid
from notebook_seg.inspection.responses import Stage
from notebook_seg.widgets.channel_grid import PER_PAGE, ChannelGrid
from notebook_seg.widgets.inspector_state import InspectorState
from notebook_seg.widgets.messages import Guard
from notebook_seg.widgets.toolbar import icon_button, row

__all__ = ["LayersView", "NetworkDrawing"]

_SIDES = {"encoder": 1, "centre": 2, "decoder": 3, "outputs": 4}
_HEADINGS = ("way down", "deepest", "way up", "classes")
_ABOUT = (
    "The network looks at the picture at several sizes: on the way down it finds ever larger "
    "things in ever coarser maps, on the way up it finds out where they end. Press a stage to see "
    "what its channels respond to. Written on it: height × width · channels."
)


class NetworkDrawing(GridBox):
    """The stages of a network as buttons: down at the left, up at the right.

    Parameters
    ----------
    stages : sequence of Stage
    choose : callable
        Called with the layer of the stage that is pressed.

    Attributes
    ----------
    buttons : dict of str to Button
        By the name of the layer.
    """

    def __init__(self, stages: tuple[Stage, ...], choose: Callable[[str], Callable]) -> None:
        self._stages = stages
        self.buttons = {stage.layer: _stage_button(stage) for stage in stages}
        for layer, button in self.buttons.items():
            button.on_click(choose(layer))
        headings = [HTML(name, layout=_at(1, i)) for i, name in enumerate(_HEADINGS, 1)]
        strides = sorted({stage.stride for stage in stages})
        for stage in stages:
            place = _at(2 + strides.index(stage.stride), _SIDES[stage.side])
            self.buttons[stage.layer].layout = place
        super().__init__([*headings, *_bridges(stages, strides), *self.buttons.values()])
        self.add_class("nbs-network")

    def show(self, shape: tuple[int, int], layer: str) -> None:
        """Write the sizes for a working picture of this height and width; press one stage."""
        for stage in self._stages:
            button = self.buttons[stage.layer]
            height, width = stage.size(*shape)
            button.description = f"{height} × {width} · {stage.channels}"
            (button.add_class if stage.layer == layer else button.remove_class)("nbs-chosen")


def _stage_button(stage: Stage) -> Button:
    what = "classes" if stage.side == "outputs" else "channels"
    tip = f"{stage.layer}: {stage.channels} {what}, one value for {stage.stride} pixels"
    button = Button(tooltip=tip)
    button.add_class(f"nbs-{stage.side}")
    return button


def _at(row: int, column: int) -> Layout:
    return Layout(grid_area=f"{row} / {column}", width="auto", height="auto")


def _bridges(stages: tuple[Stage, ...], strides: list[int]) -> list[HTML]:
    """Return dotted lines where the way up takes over what was found on the way down."""
    sides: dict[int, set[str]] = {}
    for stage in stages:
        sides.setdefault(stage.stride, set()).add(stage.side)
    rows = [s for s, there in sides.items() if {"encoder", "decoder"} <= there - {"centre"}]
    bridges = [HTML("<hr>", layout=_at(2 + strides.index(s), 2)) for s in rows]
    for bridge in bridges:
        bridge.add_class("nbs-bridge")
    return bridges


class LayersView(VBox):
    """Chooses a layer and one of its channels.

    Parameters
    ----------
    state : InspectorState
    guard : Guard
        Wraps each callback.

    Attributes
    ----------
    network : NetworkDrawing
    layer : Combobox
        Any layer by its name.
    grid : ChannelGrid
    page : int
        Which channels are shown, from 0.
    """

    def __init__(self, state: InspectorState, guard: Guard) -> None:
        self.state, self.page = state, 0
        self.network = NetworkDrawing(
            state.stages,
            lambda layer: guard(lambda _: state.choose_layer(layer), clears=True),
        )
        self.layer = Combobox(
            value=state.layer,
            options=state.layers,
            ensure_option=True,
            continuous_update=False,
            description="or any layer",
        )
        self.grid = ChannelGrid()
        self.about, self.patches, self.weights = HTML(), Image(format="png"), Image(format="png")
        self.before, self.after = (
            icon_button("", icon, tip, guard(partial(self._turn, by)))
            for icon, tip, by in (
                ("chevron-left", "Channels that respond more", -1),
                ("chevron-right", "Channels that respond less", 1),
            )
        )
        self.excite = icon_button(
            "What excites this channel?",
            "search",
            "Look in all pictures of the dataset for the patches to which it responds most",
            guard(state.extras.find_patches, clears=True),
        )
        self.imagine = icon_button(
            "What would it like best?",
            "magic",
            "Make a picture to which the channel responds as much as can be",
            guard(state.extras.imagine, clears=True),
        )
        self.weigh = icon_button(
            "Are the weights sound?",
            "balance-scale",
            "Draw how the weights of the layers are spread; dead and exploding ones are marked",
            guard(state.extras.weigh, clears=True),
        )
        self.layer.observe(guard(self._take_layer, clears=True), "value")
        self.grid.observe(guard(self._take_channel), "chosen")
        head = row(self.before, self.after, self.about, self.excite, self.imagine)
        self.patches.add_class("nbs-chart")
        self.weights.add_class("nbs-chart")
        left = VBox([HTML(_ABOUT), self.network, row(self.layer, self.weigh)])
        right = VBox([head, self.grid, self.patches, self.weights])
        columns = Box([left, right])
        columns.add_class("nbs-columns")
        super().__init__([columns])
        self.add_class("nbs-layers-view")

    def show(self, news: str) -> None:
        """Bring up to date what a change of the state touches."""
        if news in ("picture", "choice", "activations", "view"):
            if self.grid.chosen != -1 and news == "activations":
                self.page = 0
            self._show_channels()
        if news in ("patches", "ideal", "weights", "choice", "picture", "activations"):
            self._show_extras()

    def _show_extras(self) -> None:
        state, extras = self.state, self.state.extras
        patches, ideal = extras.patches, extras.ideal
        if patches or ideal is not None:
            drawn = exciting_grid(patches, state.layer, state.shown_channel or 0, ideal)
            self.patches.value = drawn._repr_png_()
        if extras.weights and not self.weights.value:
            self.weights.value = draw_weight_health(extras.weights)._repr_png_()
        _show_if(self.patches, bool(patches) or ideal is not None)
        _show_if(self.weights, bool(extras.weights))

    def _show_channels(self) -> None:
        state = self.state
        self.network.show(self._working_shape(), state.layer)
        self.layer.value = state.layer
        found = state.activations
        for button in (self.before, self.after, self.excite, self.imagine):
            button.disabled = found is None
        if found is None:
            self.about.value = "Looking at the channels…"
            return
        last = (len(found) - 1) // PER_PAGE
        self.page = min(self.page, last)
        self.before.disabled, self.after.disabled = self.page == 0, self.page == last
        self.about.value = _about(len(found), int(found.dead.sum()), self.page)
        if self._drawn != (found, self.page):
            self.grid.show(found, self.page)
        self._drawn = (found, self.page)
        channel = state.shown_channel
        self.grid.chosen = -1 if channel is None else channel

    _drawn: tuple[object, int] = (None, 0)

    def _working_shape(self) -> tuple[int, int]:
        found = self.state.activations
        if found is not None:
            return found.window.shape
        return self.state.model.record.plan.scale.size(*self.state.picture.shape)

    def _turn(self, by: int) -> None:
        self.page += by
        self._show_channels()

    def _take_layer(self, change: Bunch) -> None:
        if change.new != self.state.layer:
            self.state.choose_layer(change.new)

    def _take_channel(self, change: Bunch) -> None:
        if change.new not in (-1, self.state.shown_channel):
            self.state.choose_channel(change.new)


def _show_if(widget: DOMWidget, is_there: bool) -> None:
    widget.layout.display = None if is_there else "none"


def _about(count: int, dead: int, page: int) -> str:
    first, last = page * PER_PAGE + 1, min(count, (page + 1) * PER_PAGE)
    lost = f"; {dead} of them dead: they say the same everywhere in this picture" if dead else ""
    return f"Channels {first} to {last} of {count}, the most responding first{lost}"
