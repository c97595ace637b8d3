"""Which stage of the work is open, which may be, and what the dataset holds: without a screen."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from psygnal import Signal

from notebook_seg.data import Dataset, find_images
from notebook_seg.data.creation import check_free
from notebook_seg.data.description import DESCRIPTION
from notebook_seg.data.images import Where, image_size
from notebook_seg.errors import NotebookSegError, OptionError, check_choice
from notebook_seg.widgets.app_classes import Look, make_looks, rewrite_classes
from notebook_seg.widgets.app_models import FoundModel, find_models
from notebook_seg.widgets.app_photographs import add_photograph
from notebook_seg.widgets.app_work import Work
from notebook_seg.wording import counted

if TYPE_CHECKING:
    from notebook_seg.prediction import Predictor

__all__ = ["STAGES", "AppState"]

STAGES = ("pictures", "label", "train", "inspect", "predict", "share")
_NEED_MODEL = ("inspect", "predict")
_NO_PICTURES = "There are no pictures yet: add photographs in “Pictures” first."
_NO_MASKS = (
    "Nothing is drawn yet: draw the outlines of what you look for in “Label” first. "
    "Three pictures are enough to begin with; ten are better."
)
_NO_MODEL = (
    "There is no model yet: train a network in “Train” first, or open a model that somebody has "
    "shared with you in “Share”."
)


class AppState:
    """The way of a dataset from photographs to a model that is shared.

    Parameters
    ----------
    folder : path
        A dataset, or a folder that is empty or not there yet, in which one will be made.

    Attributes
    ----------
    folder : Path
        Where the dataset is, or will be.
    dataset : Dataset or None
        None until there is one.
    stage : str
        Which of `STAGES` is open.
    model_name : str
        Of the model that is inspected, predicts and is shared; empty while there is none.
    training : str
        Name of the model that is being trained; empty while there is none.
    adding : Work
        Photographs on their way into the dataset.
    refused : list of str
        Why some of them were not added.
    changed : psygnal.Signal
        Emitted with ``"stage"``, ``"dataset"`` (there is one, or its classes are others),
        ``"pictures"`` or ``"models"`` when that is another one.

    Raises
    ------
    DatasetError
        If something else is in the folder.

    Examples
    --------
    >>> import tempfile
    >>> state = AppState(Path(tempfile.mkdtemp()) / "coins")
    >>> state.obstacle("label")
    'There are no pictures yet: add photographs in “Pictures” first.'
    >>> state.begin_with_sample()
    >>> state.obstacle("label"), state.note("label")
    ('', '12 of 12 drawn')
    """

    changed = Signal(str)

    def __init__(self, folder: str | Path) -> None:
        self.folder = Path(folder).expanduser()
        self.dataset: Dataset | None = None
        if (self.folder / DESCRIPTION).exists():
            self.dataset = Dataset(self.folder)
        else:
            check_free(self.folder)
        self.stage, self.model_name, self.training = STAGES[0], "", ""
        self._known: list[tuple[str, str]] = []
        self.adding = Work()
        self.refused: list[str] = []
        self._loaded: tuple[Path, float, Predictor] | None = None
        self.find_models()

    @property
    def is_busy(self) -> bool:
        """Whether photographs are being added."""
        return self.adding.is_busy

    # ---------------------------------------------------------------- the dataset

    def begin_with_sample(self) -> None:
        """Make the dataset of the photographs of coins that come with the package, all labelled.

        Raises
        ------
        DatasetError
            If there is a dataset already.
        """
        Dataset.sample(self.folder)
        self._open()

    def begin(self, photographs: Where, looks: Sequence[Look]) -> None:
        """Make a dataset, at first of one photograph; `adding` then adds the others.

        Parameters
        ----------
        photographs : path or iterable of paths
            Folders, files or patterns. They are copied; one that cannot be read is passed over.
        looks : sequence of (str, str)
            Name and colour of each class.

        Raises
        ------
        DatasetError
            If there is a dataset already, or a name of a class is not usable.
        ImageError
            If no photograph can be read.
        """
        classes, found = make_looks(looks), find_images(photographs)
        check_free(self.folder)
        first = _first_readable(found)
        Dataset.create(self.folder, first, [label.name for label in classes])
        self.dataset = rewrite_classes(Dataset(self.folder), looks)
        self._open()
        self.add(found)

    def add(self, photographs: Where) -> None:
        """Begin to add photographs to the dataset; `adding` tells how far it is.

        Raises
        ------
        ImageError
            If there are none.
        OptionError
            If others are being added.
        """
        dataset, self.refused = self._need_dataset(), []
        steps = [partial(self._add, dataset, path) for path in find_images(photographs)]
        self.adding.start("Adding photographs", steps, lambda: self.changed.emit("pictures"))

    def describe_classes(self, looks: Sequence[Look]) -> None:
        """Give the classes other names and colours, and add those that are new.

        Raises
        ------
        DatasetError
            If one is missing, or a name is not usable.
        """
        self.dataset = rewrite_classes(self._need_dataset(), looks)
        self.changed.emit("dataset")

    def _need_dataset(self) -> Dataset:
        if self.dataset is None:
            raise OptionError(f"{_NO_PICTURES} Received: {self.folder}, without a dataset")
        return self.dataset

    def _open(self) -> None:
        self.dataset = Dataset(self.folder)
        self.changed.emit("dataset")

    def _add(self, dataset: Dataset, path: Path) -> None:
        try:
            add_photograph(dataset, path)
        except NotebookSegError as error:
            self.refused.append(str(error))

    # ---------------------------------------------------------------- the stages

    def choose_stage(self, stage: str) -> None:
        """Open a stage; what hinders it, if anything, is told by `obstacle`."""
        self.stage = check_choice("stage", stage, STAGES)
        self.find_models()
        self.changed.emit("stage")

    def obstacle(self, stage: str) -> str:
        """Return why a stage cannot be entered yet and what to do first; empty if it can."""
        if stage == "pictures":
            return ""
        if self.dataset is None or not len(self.dataset):
            return _NO_PICTURES
        if stage == "train" and not self.dataset.labelled:
            return _NO_MASKS
        if stage in _NEED_MODEL and self.model is None:
            return _NO_MODEL
        return self._stranger() if stage == "inspect" else ""

    def note(self, stage: str) -> str:
        """Return in a few words how far a stage is."""
        if self.dataset is None:
            return ""
        total = len(self.dataset)
        if stage == "pictures":
            return counted(total, "photograph")
        if stage == "label":
            return f"{len(self.dataset.labelled)} of {total} drawn"
        if stage == "train":
            count = len(self.models)
            return counted(count, "model") if count else ""
        return ""

    def _stranger(self) -> str:
        model, data = self.model, self._need_dataset()
        if model is None or model.class_names == data.class_names:
            return ""
        return (
            f"This model knows other classes ({', '.join(model.class_names[1:])}) than your "
            f"pictures have ({', '.join(data.class_names[1:])}), so it cannot be compared with "
            "what you drew. Choose another model, or train one."
        )

    # ---------------------------------------------------------------- the models

    @property
    def models(self) -> tuple[FoundModel, ...]:
        """What was trained here, and what others have shared; the latest first.

        One that is being trained is not among them, unless it was chosen before.
        """
        found = find_models(self.folder)
        return tuple(m for m in found if m.name != self.training or m.name == self.model_name)

    @property
    def model(self) -> FoundModel | None:
        """The one that is chosen."""
        return next((found for found in self.models if found.name == self.model_name), None)

    def choose_model(self, name: str) -> None:
        """Take another model for what follows.

        Raises
        ------
        OptionError
            If there is none of that name.
        """
        check_choice("model", name, [found.name for found in self.models])
        if name != self.model_name:
            self.model_name = name
            self.changed.emit("models")

    def find_models(self) -> None:
        """Look again which models there are; one whose training has just ended is chosen."""
        models = self.models
        known = [(found.name, found.ending) for found in models]
        if known == self._known:
            return
        finished = [found for found in models if found.is_finished]
        fresh = [f.name for f in finished if (f.name, f.ending) not in self._known]
        self._known = known
        if fresh:
            self.model_name = fresh[0]
        elif self.model is None:
            self.model_name = next((found.name for found in [*finished, *models]), "")
        self.changed.emit("models")

    def load_model(self) -> "Predictor":
        """Return the chosen model, which is read from disk when it is first asked for.

        Raises
        ------
        OptionError
            If there is none.
        ModelError
            If it is damaged.
        """
        from notebook_seg.prediction import load_model

        found = self.model
        if found is None:
            raise OptionError(f"{_NO_MODEL} Received: {self.model_name!r}")
        if self._loaded is None or self._loaded[:2] != (found.folder, found.written):
            self._loaded = found.folder, found.written, load_model(found.folder)
        return self._loaded[2]


def _first_readable(photographs: Sequence[Path]) -> Path:
    for path in photographs[:-1]:
        try:
            image_size(path)
        except NotebookSegError:
            continue
        return path
    return photographs[-1]
