"""A model on its way to somebody else, or from there: without a screen."""

from pathlib import Path
from tempfile import TemporaryDirectory

from notebook_seg.errors import OptionError
from notebook_seg.model_files import CARD
from notebook_seg.widgets.app_photographs import Inbox
from notebook_seg.widgets.app_sharing import About, bundle_endings, take_bundle, write_bundle
from notebook_seg.widgets.app_state import AppState
from notebook_seg.widgets.app_work import Work

__all__ = ["ShareState"]


class ShareState:
    """Makes one file of the chosen model, and takes in the files of others.

    Parameters
    ----------
    app : AppState

    Attributes
    ----------
    about : About
        What is to be said of the model.
    inbox : Inbox
        Files of others that were uploaded.
    written : Path or None
        The file that was made.
    taken : Path or None
        The folder of the model that was taken in last.
    work : Work
        How far it is.

    Examples
    --------
    >>> from notebook_seg.data import Dataset
    >>> ShareState(AppState(Dataset.sample().folder)).card
    ''
    """

    def __init__(self, app: AppState) -> None:
        self.app, self.about, self.work = app, About(), Work()
        self.inbox = Inbox(bundle_endings)
        self.written: Path | None = None
        self.taken: Path | None = None
        self._temporary: TemporaryDirectory[str] | None = None

    @property
    def is_busy(self) -> bool:
        """Whether a file is being made or taken in."""
        return self.work.is_busy

    @property
    def card(self) -> str:
        """What the chosen model says of itself, as Markdown; empty where there is nothing."""
        model = self.app.model
        path = None if model is None else model.folder / CARD
        return path.read_text("utf-8", "replace") if path is not None and path.is_file() else ""

    def write(self) -> None:
        """Begin to make the file of the chosen model.

        Raises
        ------
        OptionError
            If there is no model, or something else goes on.
        """
        model, data = self.app.model, self.app.dataset
        if model is None:
            raise OptionError("There is no model to share: train one first. Received: none")
        if self._temporary is None:
            self._temporary = TemporaryDirectory(prefix="notebook_seg_")
        folder = Path(self._temporary.name)
        fits = data is not None and data.class_names == model.class_names
        self.written = None

        def make() -> None:
            self.written = write_bundle(model.folder, folder, self.about, data if fits else None)

        self.work.start("Making the file", [make])

    def take(self) -> None:
        """Begin to take in the file that was uploaded last; its model is then the chosen one.

        Raises
        ------
        OptionError
            If nothing was uploaded, or something else goes on.
        """
        if not self.inbox.paths:
            raise OptionError("There is no file to open: upload one first. Received: none")
        bundle = self.inbox.paths[-1]

        def unpack() -> None:
            self.taken = take_bundle(bundle, self.app.folder / "models")
            self.app.find_models()
            self.app.choose_model(self.taken.name)

        self.taken = None
        self.work.start(f"Checking {bundle.name}", [unpack], lambda: self.inbox.forget([bundle]))
