"""Many photographs through one model, each result on disk as soon as it is there."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from notebook_seg.data.files import make_folder
from notebook_seg.data.images import Where
from notebook_seg.data.photographs import Photograph, find_photographs
from notebook_seg.errors import OptionError
from notebook_seg.interruption import stoppable
from notebook_seg.prediction.cluster import outcomes_on_cluster
from notebook_seg.prediction.identity import fingerprint
from notebook_seg.prediction.ledger import Ledger
from notebook_seg.prediction.outputs import OUTPUTS, Outputs
from notebook_seg.prediction.pipeline import Outcome, overlapped
from notebook_seg.prediction.predictor import Predictor
from notebook_seg.prediction.results import Job, stages_of
from notebook_seg.prediction.scales import Scales, read_scales
from notebook_seg.prediction.tables import Tables
from notebook_seg.progress import progress_bar

__all__ = ["FolderReport", "predict_folder"]


@dataclass(frozen=True)
class FolderReport:
    """What became of each photograph.

    Parameters
    ----------
    done : tuple of Path
        The masks that are there, those of an earlier run that was continued among them.
    failed : dict of Path to str
        The photographs that could not be read, each with the reason.
    left : tuple of Path
        The photographs that were not reached, because somebody interrupted.
    earlier : int
        How many of those that are done were so before.
    unscaled : tuple of Path
        The photographs whose scale is not known, where scales were given.
    """

    done: tuple[Path, ...]
    failed: dict[Path, str]
    left: tuple[Path, ...]
    earlier: int = 0
    unscaled: tuple[Path, ...] = ()


def predict_folder(
    model: Predictor,
    photographs: Where,
    out: str | Path,
    overlays: bool = True,
    progress: bool = True,
    augmented: bool = False,
    *,
    write: Sequence[str] | None = None,
    recursive: bool = False,
    crop: bool = False,
    background: str | None = None,
    split: bool = True,
    together: bool = False,
    smallest: float = 0.01,
    millimetres_per_pixel: Scales | None = None,
    again: bool = False,
    scheduler: Any = None,
    after_each: Callable[[int, int], bool | None] | None = None,
) -> FolderReport:
    """Predict photographs: a mask, pictures and measurements of each.

    Writes ``out/masks/<name>.png`` and what `write` names, and two tables: ``out/pictures.csv``
    with a row for each picture, ``out/objects.csv`` with a row for each object in it. Of pictures
    of more than 8 bits, the colours in them are those after each was stretched by its own smallest
    and largest value, and not to be compared between pictures. A photograph that cannot be read is
    passed over and told in ``out/failed.csv``. Interrupting keeps what is done, and the same call
    goes on from there.

    Parameters
    ----------
    model : Model or Ensemble
    photographs : path or iterable of paths
        A folder, a file, a glob pattern, or several of them.
    out : path
        The folder for the results; it is made where it is absent.
    overlays : bool
        Whether to write the photographs with their classes drawn over them, unless `write` says.
    progress : bool
        Whether to show a bar.
    augmented : bool
        Whether to look at each photograph in several ways; see `Model.predict`.
    write : sequence of str, optional
        What to write, each to a folder of its name: ``"overlays"``; ``"cutouts"``, the photograph
        with all but the classes transparent; ``"silhouettes"``, black on white; ``"objects"``, a
        cut-out for each object. Masks are always written.
    recursive : bool
        Whether to look in the folders below, too; the results are in folders of the same names.
    crop : bool
        Whether cut-outs are only as large as what is in them.
    background : str, optional
        A colour ``"#rrggbb"`` to put behind cut-outs and objects instead of transparency.
    split : bool
        Whether objects that touch are told apart at the necks between them.
    together : bool
        Whether an object is a specimen with all classes in it, such as a leaf with its symptoms,
        rather than a piece of one class.
    smallest : float
        Smaller objects are left out of tables and cut-outs of objects: from 1 on in pixels, below
        1 as a share of the largest object of the class in the picture.
    millimetres_per_pixel : float, path or mapping of str to float, optional
        What a pixel measures, for sizes in mm: of all photographs, of each by its name, or a CSV
        file with a column of photographs and one of these; of more columns, the one that is headed
        with mm or millimetres.
    again : bool
        Whether to remove the results of an earlier run in `out`, and start anew.
    scheduler : str or distributed.Client, optional
        Address of a Dask cluster to spread the work over, whose workers see the photographs and
        `out` at the same place; ``pip install "notebook_seg[dask]"``.
    after_each : callable, optional
        Is told how many photographs of how many are done or failed; False from it stops the run.

    Returns
    -------
    FolderReport

    Raises
    ------
    ImageError
        If there are no photographs.
    OptionError
        If two photographs have the same name, a value is not understood, `out` is the folder of
        the photographs or a dataset, or it holds results of another model or of other settings.
    SaveError
        If a result cannot be written. The same call goes on once there is space.
    MissingExtraError
        If Dask is asked for and not installed.

    Examples
    --------
    >>> import tempfile
    >>> from notebook_seg.data import ClassLabel, Dataset
    >>> from notebook_seg.prediction import Model
    >>> from notebook_seg.training import ModelRecord, Plan
    >>> plan = Plan(architecture="plain_unet", encoder="none", encoder_weights=None, epochs=1)
    >>> split = {"train": [], "validation": [], "test": []}
    >>> record = ModelRecord((ClassLabel(1, "coin", "#e6194b"),), plan, split)
    >>> model, coin = Model(record.build(), record), Dataset.sample().image_path("coin_01")
    >>> report = predict_folder(model, coin, tempfile.mkdtemp(), write=["cutouts"], progress=False)
    >>> sorted(path.name for path in report.done[0].parents[1].iterdir())
    ['cutouts', 'ledger.jsonl', 'masks', 'objects.csv', 'pictures.csv']
    """
    chosen = (("overlays",) if overlays else ()) if write is None else write
    outputs = Outputs(chosen, crop, background, split, together, smallest)
    folder = Path(out).expanduser()
    found = find_photographs(photographs, folder, recursive)
    _check_apart(found, folder)
    scales = _scales(found, millimetres_per_pixel)
    job = Job(make_folder(folder).resolve(), outputs, augmented, scales)
    run = _Run(job, found, Tables(job.out, model.class_names, bool(scales), together))
    with Ledger(folder, _description(model, job), again, outputs.write) as ledger:
        run.start(ledger)
        outcomes = (
            overlapped(run.todo, stages_of(model, job, run.record))
            if scheduler is None
            else outcomes_on_cluster(scheduler, model, job, run.todo, run.record)
        )
        run.follow(outcomes, progress, after_each)
        run.tables.write(ledger, run.failed)
    return run.report(folder)


def _check_apart(photographs: Sequence[Photograph], out: Path) -> None:
    """Refuse photographs that lie where results are written, be it now or in another run."""
    folders = {out.resolve() / output: output for output in OUTPUTS}
    for photograph in photographs:
        for above in photograph.path.resolve().parents:
            if above in folders:
                raise OptionError(
                    f"Photographs lie in {folders[above]} of the folder for results, where they "
                    f"would be written over. Give another folder. Received: {photograph.path}"
                )


def _scales(photographs: Sequence[Photograph], given: Scales | None) -> dict[str, float]:
    if given is None:
        return {}
    scale_of = read_scales(given)
    known = {photo.name: scale for photo in photographs if (scale := scale_of(photo)) is not None}
    if not known:
        raise OptionError(
            f"None of the photographs has a scale in {given}. Write their names as in the folder, "
            f"such as {photographs[0].file}"
        )
    return known


def _description(model: Predictor, job: Job) -> dict[str, Any]:
    """Return what must be the same for results to lie in one folder."""
    settings = {**asdict(job.outputs), "augmented": job.augmented, "scaled": bool(job.scales)}
    return {"model": fingerprint(model), "settings": settings}


@dataclass
class _Run:
    """One call: what is to be done, and what became of it."""

    job: Job
    photographs: Sequence[Photograph]
    tables: Tables
    todo: list[Photograph] = field(default_factory=list)
    failed: dict[Photograph, str] = field(default_factory=dict)
    _recorded: set[str] = field(default_factory=set)

    def start(self, ledger: Ledger) -> None:
        self._ledger = ledger
        scales = self.job.scales
        self.todo = [p for p in self.photographs if not ledger.is_done(p, scales.get(p.name))]

    def record(self, entry: Mapping[str, Any]) -> None:
        self._ledger.add(dict(entry))
        self._recorded.add(entry["name"])

    def follow(
        self,
        outcomes: Iterator[Outcome[Photograph]],
        progress: bool,
        after_each: Callable[[int, int], bool | None] | None,
    ) -> None:
        total = len(self.photographs)
        reached = total - len(self.todo)
        # An interruption is how a person says "enough": what is written stays.
        with (
            stoppable(),
            closing(outcomes),  # type: ignore[type-var]
            progress_bar(total, "Predicting", "photo", progress) as bar,
        ):
            bar.update(reached)
            for photograph, failure in outcomes:
                if failure is not None:
                    self.failed[photograph] = failure
                    # What is there of it is of what it was before.
                    self._ledger.forget(photograph.name)
                reached += 1
                bar.update()
                self.tables.write_if_due(self._ledger, self.failed)
                if after_each is not None and after_each(reached, total) is False:
                    break

    def report(self, out: Path) -> FolderReport:
        waiting = {photo.name for photo in self.todo} - self._recorded
        return FolderReport(
            done=tuple(
                out / "masks" / f"{photo.name}.png"
                for photo in self.photographs
                if photo.name not in waiting
            ),
            failed={photo.path: reason for photo, reason in self.failed.items()},
            left=tuple(
                photo.path
                for photo in self.todo
                if photo.name in waiting and photo not in self.failed
            ),
            earlier=len(self.photographs) - len(self.todo),
            unscaled=tuple(
                photo.path
                for photo in self.photographs
                if self.job.scales and photo.name not in self.job.scales
            ),
        )
