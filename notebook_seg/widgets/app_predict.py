"""The stage of the app in which the chosen model segments photographs."""

from functools import partial
from html import escape
from pathlib import Path
from tempfile import TemporaryDirectory

from ipywidgets import HTML, Checkbox, RadioButtons, Text, VBox
from traitlets import Bunch

from notebook_seg.labelling.thumbnails import jpeg_bytes, small_photograph
from notebook_seg.prediction.outputs import OUTPUTS
from notebook_seg.widgets.app_gallery import Gallery
from notebook_seg.widgets.app_parts import ModelChoice, Painter, WorkView, heading, primary, section
from notebook_seg.widgets.app_predict_state import SOURCES, PredictState
from notebook_seg.widgets.app_state import AppState
from notebook_seg.widgets.app_transfer import Download, Upload
from notebook_seg.widgets.messages import Guard
from notebook_seg.widgets.toolbar import icon_button, row
from notebook_seg.wording import counted

__all__ = ["PredictPanel"]

# As sharp as the gallery shows it on most screens.
_LONGEST = 480
_TITLES = {
    "masks": "Masks: PNG files of class numbers, at the photographs' own size",
    "overlays": "Photographs with what was found drawn over them",
    "cutouts": "Cut-outs: all else is transparent",
    "silhouettes": "Silhouettes: black on white",
    "objects": "A cut-out for each object",
}


class PredictPanel(VBox):
    """Chooses photographs and what is written, and shows what the model sees in them.

    Parameters
    ----------
    app : AppState
    guard : Guard
        Wraps each callback.

    Attributes
    ----------
    state : PredictState
        All that the panel does, for use in Python.
    gallery : Gallery
        The photographs that were predicted, with what was found.
    download : Download
        Hands all results over as one file.
    """

    def __init__(self, app: AppState, guard: Guard) -> None:
        self.state = PredictState(app)
        self._app, self._guard = app, guard
        self._temporary: TemporaryDirectory[str] | None = None
        self._zip: Path | None = None
        self._build()
        super().__init__(
            [
                section(heading("Which model, which photographs?"), self.model, self.source),
                self._other,
                section(heading("What is written?"), self._outputs, row(self.start), self.work),
                self._results,
            ]
        )
        self.painter = Painter(self.show, guard)
        self.state.work.changed.connect(self.painter)
        app.changed.connect(self.painter)
        self.show()

    # ---------------------------------------------------------------- the parts

    def _build(self) -> None:
        state, guard = self.state, self._guard
        self._reading = False
        self.model = ModelChoice(self._app, guard)
        self.source = RadioButtons(options=self._sources())
        self.source.observe(guard(self._take_source, clears=True), "value")
        self.upload = Upload(state.inbox, "Choose photographs")
        self.upload.arrived.connect(guard(self.show, clears=True))
        self.folder = Text(placeholder="The path of a folder on this computer")
        self.folder.observe(guard(self._take_folder, clears=True), "value")
        self.came = HTML()
        self._other = section(self.upload, self.folder, self.came)
        self.outputs = {name: self._output(name) for name in OUTPUTS if name != "masks"}
        self.crop = _checkbox("Cut-outs only as large as what is in them", False)
        self.crop.observe(guard(self._take_outputs), "value")
        masks = _checkbox(_TITLES["masks"], True)
        masks.disabled = True
        crop = [self.crop] if "cutouts" in self.outputs else []
        self._outputs = VBox([masks, *self.outputs.values(), *crop])
        self.start = primary("Predict", "play", "Begin", guard(self._start, clears=True))
        self.work = WorkView(state.work, guard)
        self.said, self.failed = HTML(), HTML()
        self.failed.add_class("nbs-refused")
        self.gallery, self.download = Gallery(guard), Download()
        self.save = icon_button(
            "Download all as one file", "download", "A zip file", guard(self._pack, clears=True)
        )
        self._results = section(
            heading("Results"), self.said, self.failed, row(self.save, self.download), self.gallery
        )

    def _output(self, name: str) -> Checkbox:
        box = _checkbox(_TITLES[name], name in self.state.write)
        box.observe(self._guard(self._take_outputs), "value")
        return box

    def _sources(self) -> list[tuple[str, str]]:
        data = self._app.dataset
        left, total = (0, 0) if data is None else (len(data.unlabelled), len(data))
        titles = (
            f"Pictures without a mask ({left})",
            f"All pictures of this dataset ({total})",
            "Photographs that I upload",
            "A folder on this computer",
        )
        return list(zip(titles, SOURCES, strict=True))

    # ---------------------------------------------------------------- what a person does

    def _take_source(self, change: Bunch) -> None:
        if not self._reading and change.new:
            self.state.choose(change.new)
            self.show()

    def _take_folder(self, change: Bunch) -> None:
        self.state.folder = change.new

    def _take_outputs(self, change: Bunch) -> None:
        self.state.write = tuple(name for name, box in self.outputs.items() if box.value)
        self.state.crop = self.crop.value
        self._show_choice()

    def _start(self) -> None:
        self.state.start()
        self._zip = None
        self.download.forget()

    def _pack(self) -> None:
        if self._temporary is None:
            self._temporary = TemporaryDirectory(prefix="notebook_seg_")
        name = "results" if self.state.out is None else self.state.out.name
        self._zip = Path(self._temporary.name) / f"{name}.zip"
        self.state.pack(self._zip)

    # ---------------------------------------------------------------- what is to be seen

    def show(self) -> None:
        """Bring it up to date."""
        state = self.state
        self._show_choice()
        self.start.disabled = state.work.is_busy
        self.save.disabled = state.work.is_busy or not state.done
        self._results.layout.display = None if state.done or state.failed else "none"
        self.said.value = escape(self._said())
        self.failed.value = "".join(f"<p>{escape(why)}</p>" for why in state.failed)
        self.gallery.show([(name, partial(_small, path)) for name, path in state.results()])
        self._hand_over()

    def _show_choice(self) -> None:
        self._reading = True
        options = self._sources()
        if list(self.source.options) != options:
            self.source.options = options
        self.source.value = self.state.source
        self._reading = False
        self.crop.layout.display = None if "cutouts" in self.state.write else "none"
        uploads, is_folder = self.state.source == "uploaded", self.state.source == "folder"
        self._other.layout.display = None if uploads or is_folder else "none"
        for part, shown in ((self.upload, uploads), (self.came, uploads), (self.folder, is_folder)):
            part.layout.display = None if shown else "none"
        count = len(self.state.inbox.paths)
        self.came.value = f"{counted(count, 'photograph')} {'is' if count == 1 else 'are'} here."

    def _said(self) -> str:
        return f"{counted(len(self.state.done), 'photograph')}, in {self.state.out}"

    def _hand_over(self) -> None:
        work, ready = self.state.work, self._zip
        if ready is not None and not work.is_busy:
            self._zip = None
            if work.error is None and not work.stopped:
                self.download.offer(ready)


def _checkbox(title: str, value: bool) -> Checkbox:
    return Checkbox(value, description=title, indent=False)


def _small(path: Path) -> bytes:
    return jpeg_bytes(small_photograph(path, _LONGEST))
