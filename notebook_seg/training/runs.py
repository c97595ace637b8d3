"""The folders that trainings have left, read back."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from notebook_seg.data import Dataset
from notebook_seg.errors import DatasetError, ModelError
from notebook_seg.model_files import RECORD
from notebook_seg.training.best import History
from notebook_seg.training.checkpoint import CHECKPOINT_NAME, checkpoint_file
from notebook_seg.training.plan import Plan
from notebook_seg.training.record import ModelRecord, holds_model, read_history
from notebook_seg.training.run_lock import is_busy

__all__ = [
    "Run",
    "find_runs",
    "latest_first",
    "latest_run",
    "name_in_full",
    "run_name",
    "runs_folder",
]

_FOLD = "fold_"
_DATE = "%Y-%m-%d_%H-%M-%S"
_DATE_LENGTH = len("2026-05-04_09-30-00")


@dataclass(frozen=True)
class Run:
    """One training, as its folder tells it.

    Parameters
    ----------
    folder : Path
        Also the folder of its model.
    date : datetime
        When it began as its name says, or else when it was last written.
    record : ModelRecord
    history : dict of str to list of float
        Its learning curves.
    """

    folder: Path
    date: datetime
    record: ModelRecord
    history: History

    @classmethod
    def read(cls, folder: str | Path) -> "Run":
        """Read the folder of a run.

        Raises
        ------
        ModelError
            If it is not one, or it is damaged.
        """
        folder = Path(folder)
        record = ModelRecord.read(folder)
        return cls(folder, _date(folder), record, read_history(folder))

    @property
    def name(self) -> str:
        """What it is called: its folder, and for a fold that of its cross-validation, too."""
        return name_in_full(self.folder)

    @property
    def epochs(self) -> int:
        """How many epochs it had."""
        return len(self.history.get("epoch", ()))

    @property
    def minutes(self) -> float:
        """How long it took."""
        # The model was written with its best epoch, and others came after it.
        seconds = [self.record.training.get("seconds", 0), *self.history.get("seconds", ())]
        return float(max(seconds)) / 60

    @property
    def best_iou(self) -> float | None:
        """The validation IoU of the epoch that was kept, None without validation pictures."""
        iou = self.record.training.get("best_validation_iou")
        return None if iou is None else float(iou)

    @property
    def is_running(self) -> bool:
        """Whether it goes on right now, here or in another process."""
        return is_busy(self.folder)

    @property
    def can_be_resumed(self) -> bool:
        """Whether it was stopped or killed before its end."""
        return checkpoint_file(self.folder).exists()


def find_runs(folder: str | Path) -> tuple[tuple[Run, ...], tuple[str, ...]]:
    """Read every run in a folder, the latest first.

    Parameters
    ----------
    folder : path
        Whose folders are runs, or that of a single run.

    Returns
    -------
    tuple of Run, tuple of str
        The runs, and a sentence for each one that cannot be read.

    Raises
    ------
    DatasetError
        If there is no such folder.

    Examples
    --------
    >>> import tempfile
    >>> find_runs(tempfile.mkdtemp())
    ((), ())
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise DatasetError(
            f"There are no runs: {folder} is no folder. Train first, or give the folder that "
            "trainings wrote to."
        )
    runs, problems = [], []
    for found in latest_first(_folders(folder)):
        try:
            runs.append(Run.read(found))
        except ModelError as error:
            problems.append(str(error))
    return tuple(runs), tuple(problems)


def runs_folder(dataset: Dataset) -> Path:
    """Return where the trainings of a dataset go if nobody says otherwise; it may be absent.

    Examples
    --------
    >>> runs_folder(Dataset.sample()).name
    'runs'
    """
    return dataset.folder / "runs"


def latest_first(runs: Iterable[Path]) -> list[Path]:
    """Return the folders of runs in order: by the date of their names, or else of their files.

    Examples
    --------
    >>> days = [Path(f"2026-05-0{day}_09-30-00_unet-vgg16") for day in (1, 3, 2)]
    >>> [run.name[:10] for run in latest_first(days)]
    ['2026-05-03', '2026-05-02', '2026-05-01']
    """
    return sorted(runs, key=lambda run: (_date(run), name_in_full(run)), reverse=True)


def latest_run(folder: str | Path) -> Path | None:
    """Return the folder of the latest training in a folder of runs, however it has ended.

    One that was cut off before its first epoch has left nothing, and is passed over.

    Examples
    --------
    >>> import tempfile
    >>> latest_run(tempfile.mkdtemp()) is None
    True
    """
    left = (RECORD, CHECKPOINT_NAME)
    runs = {file.parent for name in left for file in Path(folder).glob(f"*/{name}")}
    return next(iter(latest_first(runs)), None)


def name_in_full(folder: Path) -> str:
    """Return the name of a run's folder; for a fold with that of its cross-validation.

    Examples
    --------
    >>> name_in_full(Path("runs/coins_5-folds/fold_1")), name_in_full(Path("runs/model"))
    ('coins_5-folds/fold_1', 'model')
    """
    is_fold = folder.name.startswith(_FOLD)
    return f"{folder.absolute().parent.name}/{folder.name}" if is_fold else folder.name


def run_name(plan: Plan) -> str:
    """Return the name of a training that begins now.

    Examples
    --------
    >>> run_name(Plan(minutes=5))
    '..._unet-mobilenetv2'
    """
    return f"{datetime.now():{_DATE}}_{plan.network.replace(' with ', '-')}"


def _folders(folder: Path) -> Iterator[Path]:
    if holds_model(folder):
        yield folder
    # A cross-validation has a folder for each fold within its own.
    for pattern in (f"*/{RECORD}", f"*/{_FOLD}*/{RECORD}"):
        yield from (record.parent for record in sorted(folder.glob(pattern)))


def _date(folder: Path) -> datetime:
    try:
        return datetime.strptime(folder.name[:_DATE_LENGTH], _DATE)
    except ValueError:
        record = folder / RECORD
        return datetime.fromtimestamp((record if record.exists() else folder).stat().st_mtime)
