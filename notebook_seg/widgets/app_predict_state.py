"""Photographs through the chosen model, in the background: without a screen."""

from collections.abc import Iterator
from datetime import datetime
from functools import partial
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile

from psygnal import Signal

from notebook_seg.data import find_images
from notebook_seg.data.files import natural_key
from notebook_seg.data.images import IMAGE_SUFFIXES, by_stem
from notebook_seg.errors import OptionError, check_choice
from notebook_seg.widgets.app_photographs import Inbox
from notebook_seg.widgets.app_state import AppState
from notebook_seg.widgets.app_work import Work

__all__ = ["SOURCES", "PredictState"]

SOURCES = ("unlabelled", "all", "uploaded", "folder")
# What is packed already gets no smaller.
_PACKED = (".png", ".jpg")


class PredictState:
    """Predicts photographs, each result on disk as soon as it is there.

    Parameters
    ----------
    app : AppState
        Whose model predicts.

    Attributes
    ----------
    source : str
        One of `SOURCES`: pictures of the dataset without a mask, all of its pictures, those that
        were uploaded, or those of `folder`.
    folder : str
        A folder of photographs.
    inbox : Inbox
        Photographs that were uploaded.
    write : tuple of str
        What is written beside masks: of `notebook_seg.prediction.outputs.OUTPUTS`.
    crop : bool
        Whether cut-outs are only as large as what is in them.
    out : Path or None
        Where the results of the last go are, be it of another day: a folder of its own in
        ``results`` of the dataset.
    failed : list of str
        Why others were not.
    work : Work
        How far it is.
    changed : psygnal.Signal
        Emitted when something was chosen.

    Examples
    --------
    >>> from notebook_seg.data import Dataset
    >>> state = PredictState(AppState(Dataset.sample().folder))
    >>> state.source, len(state.photographs())
    ('all', 12)
    """

    changed = Signal()

    def __init__(self, app: AppState) -> None:
        self.app, self.work = app, Work()
        is_drawn = app.dataset is not None and not app.dataset.unlabelled
        self.source, self.folder = SOURCES[is_drawn], ""
        self.write: tuple[str, ...] = ("overlays",)
        self.crop = False
        self.inbox = Inbox(IMAGE_SUFFIXES)
        self.out: Path | None = None
        self._photographs: list[Path] = []
        self.failed: list[str] = []
        self._take_up_latest()

    @property
    def is_busy(self) -> bool:
        """Whether photographs are being predicted, or packed."""
        return self.work.is_busy

    def choose(self, source: str, folder: str = "") -> None:
        """Choose which photographs are predicted.

        Raises
        ------
        OptionError
            If there is no such choice.
        """
        self.source = check_choice("choice of photographs", source, SOURCES)
        self.folder = folder or self.folder
        self.changed.emit()

    def photographs(self) -> list[Path]:
        """Return the photographs that were chosen.

        Raises
        ------
        ImageError
            If there are none in the folder.
        OptionError
            If there are none otherwise.
        DatasetError
            If two would write the same mask.
        """
        if self.source == "folder" and not self.folder.strip():
            raise OptionError("Name the folder of the photographs first. Received: no name")
        found = find_images(self.folder.strip()) if self.source == "folder" else self._own()
        if not found:
            raise OptionError(
                f"There is no photograph to predict: choose others. Received: {self.source}"
            )
        by_stem(found)
        return found

    def start(self) -> None:
        """Begin to predict; what went before stays where it is on disk.

        Raises
        ------
        NotebookSegError
            If there is no model, no photograph, or something is being predicted.
        """
        photographs = self.photographs()
        out = self._new_folder()
        self.work.start("Predicting", [partial(self._predict, photographs, out)])

    def pack(self, target: Path) -> None:
        """Begin to write the results into a zip file; `work` tells when it is there.

        Raises
        ------
        OptionError
            If nothing was predicted, or something else goes on.
        SaveError
            If it cannot be written.
        """
        out = self.out
        if out is None or not self.done:
            raise OptionError("There is nothing to save yet: predict some photographs first")
        archive = ZipFile(target, "w")
        files = sorted((path for path in out.rglob("*") if path.is_file()), key=natural_key)
        steps = [partial(_pack, archive, path, path.relative_to(out.parent)) for path in files]
        self.work.start("Packing the results", steps, archive.close)

    @property
    def done(self) -> list[Path]:
        """The photographs whose masks are on disk, of those that were predicted last."""
        if self.out is None:
            return []
        masks = self.out / "masks"
        return [path for path in self._photographs if (masks / f"{path.stem}.png").exists()]

    def results(self) -> Iterator[tuple[str, Path]]:
        """Yield the name of each photograph that was predicted, and the picture that shows it."""
        for path in self.done:
            overlay = (self.out or Path()) / "overlays" / f"{path.stem}.jpg"
            yield path.name, overlay if overlay.exists() else path

    def _take_up_latest(self) -> None:
        """Find what was predicted before this page was opened."""
        goes = sorted((self.app.folder / "results").glob("*/masks"), key=natural_key)
        if goes:
            self.out = goes[-1].parent
            self._photographs = [self._picture_of(mask) for mask in goes[-1].glob("*.png")]
            self._photographs.sort(key=natural_key)

    def _picture_of(self, mask: Path) -> Path:
        """Return what can be shown of a photograph by the mask that was predicted."""
        data, overlay = self.app.dataset, mask.parents[1] / "overlays" / f"{mask.stem}.jpg"
        if data is not None and mask.stem in data.stems:
            return data.image_path(mask.stem)
        return overlay if overlay.exists() else mask

    def _own(self) -> list[Path]:
        data = self.app.dataset
        if self.source == "uploaded":
            return list(self.inbox.paths)
        if data is None:
            return []
        stems = data.stems if self.source == "all" else data.unlabelled
        return [data.image_path(stem) for stem in stems]

    def _new_folder(self) -> Path:
        name = f"{datetime.now():%Y-%m-%d_%H-%M-%S}"
        folder, number = self.app.folder / "results" / name, 1
        while folder.exists():
            number += 1
            folder = folder.with_name(f"{name}_{number}")
        return folder

    def _predict(self, photographs: list[Path], out: Path) -> None:
        from notebook_seg.prediction import predict_folder

        def after_each(done: int, total: int) -> bool:
            return self.work.say(done / total)

        self.out, self._photographs, self.failed = out, photographs, []
        model = self.app.load_model()
        report = predict_folder(
            model,
            photographs,
            out,
            progress=False,
            write=self.write,
            crop=self.crop,
            after_each=after_each,
        )
        self.failed = list(report.failed.values())


def _pack(archive: ZipFile, path: Path, name: Path) -> None:
    how = ZIP_STORED if path.suffix.lower() in _PACKED else ZIP_DEFLATED
    archive.write(path, name, how)
