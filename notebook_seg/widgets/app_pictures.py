"""The first stage of the app: photographs and classes, for a new dataset or one that is there."""

from functools import partial
from html import escape
from pathlib import Path

from ipywidgets import HTML, Text, VBox
from traitlets import Bunch

from notebook_seg.data import Dataset
from notebook_seg.data.classes import DEFAULT_COLORS
from notebook_seg.data.images import IMAGE_SUFFIXES
from notebook_seg.labelling.thumbnails import Thumbnails
from notebook_seg.widgets.app_class_editor import ClassEditor
from notebook_seg.widgets.app_gallery import Gallery, Tile
from notebook_seg.widgets.app_parts import Painter, WorkView, heading, primary, section, text
from notebook_seg.widgets.app_photographs import Inbox
from notebook_seg.widgets.app_state import AppState
from notebook_seg.widgets.app_transfer import Upload
from notebook_seg.widgets.messages import Guard
from notebook_seg.widgets.toolbar import icon_button, row
from notebook_seg.wording import counted

__all__ = ["PicturesPanel"]

_COPIED = "They are copied; the originals are never touched."


class PicturesPanel(VBox):
    """Adds photographs to a dataset and names its classes, or makes the dataset first.

    Parameters
    ----------
    state : AppState
    guard : Guard
        Wraps each callback.

    Attributes
    ----------
    upload : Upload
        Where photographs are dropped.
    folder : Text
        Names a folder of photographs on the computer that runs this.
    classes : ClassEditor
    gallery : Gallery
        The pictures of the dataset.
    """

    def __init__(self, state: AppState, guard: Guard) -> None:
        self.state, self._guard = state, guard
        self.inbox = Inbox(IMAGE_SUFFIXES)
        self.upload = Upload(self.inbox, "Choose photographs")
        self.upload.arrived.connect(guard(self._take_uploads, clears=True))
        self.upload.observe(guard(self._show_uploads), "is_open")
        self.folder = Text(placeholder="or the path of a folder on this computer")
        self.folder.continuous_update = False
        self.folder.observe(guard(self._take_folder, clears=True), "value")
        self.classes = ClassEditor(guard, [("", DEFAULT_COLORS[0])])
        self.gallery = Gallery(guard)
        self.ready, self.refused, self.saved = HTML(), HTML(), HTML()
        self.refused.add_class("nbs-refused")
        self._sent: tuple[Path, ...] = ()
        self._thumbnails: Thumbnails | None = None
        self._build()
        super().__init__([self._new, self._there])
        self.painter = Painter(self.show, guard)
        state.changed.connect(self._note)
        state.adding.changed.connect(self.painter)
        self._open()
        self.show()

    # ---------------------------------------------------------------- the parts

    def _build(self) -> None:
        state, guard = self.state, self._guard
        self.work = WorkView(state.adding, guard)
        self.make = primary(
            "Make the dataset", "check", "Copy the photographs", guard(self._make, clears=True)
        )
        self.sample = icon_button(
            "Begin with twelve coins",
            "play",
            "Photographs of coins that come with this program, all labelled",
            guard(state.begin_with_sample, clears=True),
        )
        self.save = icon_button(
            "Save the classes", "save", "Masks stay as they are", guard(self._save, clears=True)
        )
        self._adding_new, self._classes_new = VBox(), VBox()
        self._adding, self._classes = VBox(), VBox()
        self._new = section(
            heading("Your photographs"),
            text(_COPIED),
            self._adding_new,
            heading("What do you want to find in them?"),
            text("Give each kind of thing a name: fish, fin; or leaf, symptom."),
            self._classes_new,
            row(self.make, text("or, to try everything without photographs:"), self.sample),
        )
        self._there = section(
            self.gallery,
            heading("Add photographs"),
            self._adding,
            heading("Classes"),
            self._classes,
        )

    def _open(self) -> None:
        """Put the same parts where they belong: before there is a dataset, and after."""
        data = self.state.dataset
        self._new.layout.display = "none" if data else None
        self._there.layout.display = None if data else "none"
        adding = [self.upload, self.folder, self.ready, self.work, self.refused]
        if data is None:
            self._adding_new.children, self._classes_new.children = adding, [self.classes]
            return
        self._adding_new.children = self._classes_new.children = []
        self._adding.children = [text(_COPIED), *adding]
        self._classes.children = [self.classes]
        self.classes.foot.children = [self.classes.foot.children[0], self.save, self.saved]
        self.saved.value = ""
        self.classes.fill([(c.name, c.color) for c in data.classes], fixed=len(data.classes))
        self._thumbnails = Thumbnails(data)

    # ---------------------------------------------------------------- what a person does

    def _take_uploads(self) -> None:
        self.painter()

    def _take_folder(self, change: Bunch) -> None:
        where = change.new.strip()
        if where and self.state.dataset is not None:
            self.state.add(where)
            self.folder.value = ""

    def _make(self) -> None:
        folder = self.folder.value.strip()
        self._sent = self.inbox.paths
        self.state.begin([*self._sent, *([folder] if folder else [])], self.classes.looks)
        self.folder.value = ""

    def _save(self) -> None:
        self.state.describe_classes(self.classes.looks)
        self.saved.value = "Saved."

    # ---------------------------------------------------------------- what is to be seen

    def _note(self, news: str) -> None:
        if news == "dataset":
            self._open()
        if news == "pictures":
            self.inbox.forget(self._sent)
            self._sent = ()
        self.painter()

    def _add_uploads(self) -> None:
        """Add what has come, be it while other photographs were added."""
        fresh = tuple(path for path in self.inbox.paths if path not in self._sent)
        if fresh and self.state.dataset is not None and not self.state.adding.is_busy:
            self._sent = fresh
            self.state.add(fresh)

    def show(self) -> None:
        """Bring it up to date."""
        self._add_uploads()
        self._show_uploads()
        self.refused.value = _as_list(self.state.refused)
        data = self.state.dataset
        self.gallery.show([] if data is None else [self._tile(data, stem) for stem in data.stems])

    def _show_uploads(self, change: Bunch | None = None) -> None:
        # To make the dataset moves the place where files are dropped, which breaks off its uploads.
        self.make.disabled = self.sample.disabled = self.upload.is_open
        self.ready.value = self._said_of_uploads()

    def _said_of_uploads(self) -> str:
        count = len(self.inbox.paths)
        if self.state.dataset is not None:
            return ""
        if self.upload.is_open:
            return "Photographs are on their way: the dataset can be made when all are here."
        if not count:
            return ""
        return f"{counted(count, 'photograph')} {'is' if count == 1 else 'are'} here."

    def _tile(self, data: Dataset, stem: str) -> Tile:
        return stem, partial(self._thumbnail, data, stem)

    def _thumbnail(self, data: Dataset, stem: str) -> bytes:
        thumbnails = self._thumbnails or Thumbnails(data)
        return thumbnails.with_mask(stem, data.mask(stem))


def _as_list(sentences: list[str]) -> str:
    return "".join(f"<p>{escape(sentence)}</p>" for sentence in sentences)
