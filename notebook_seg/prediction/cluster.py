"""The same work over the processes of a Dask cluster."""

import secrets
import shutil
import socket
import threading
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

from notebook_seg.data.files import saving
from notebook_seg.data.photographs import Photograph
from notebook_seg.errors import MissingExtraError, NotebookSegError, OptionError
from notebook_seg.prediction.identity import fingerprint
from notebook_seg.prediction.loading import load_model
from notebook_seg.prediction.pipeline import Outcome, overlapped
from notebook_seg.prediction.predictor import Predictor
from notebook_seg.prediction.results import Entry, Job, stages_of

__all__ = ["outcomes_on_cluster"]

# Photographs a task: enough to overlap their stages, few enough to be lost with a worker.
_MOST_AT_ONCE = 8
_SECONDS_TO_ANSWER = 20


def outcomes_on_cluster(
    scheduler: Any,
    model: Predictor,
    job: Job,
    photographs: Sequence[Photograph],
    record: Callable[[Entry], object],
) -> Generator[Outcome[Photograph], None, None]:
    """Predict photographs on a Dask cluster, and record each once, whatever becomes of workers.

    Workers write files, which they may do twice when one of them dies; what is done is recorded
    here alone.

    Parameters
    ----------
    scheduler : str or distributed.Client
        The address of the scheduler, such as ``"tcp://10.0.0.1:8786"``.
    model : Model or Ensemble
    job : Job
    photographs : sequence of Photograph
    record : callable
        Takes what is to be noted of a photograph.

    Yields
    ------
    Outcome
        Of each photograph, in the order in which they are done.

    Raises
    ------
    MissingExtraError
        If Dask is not installed.
    OptionError
        If the cluster cannot be reached, has no workers, or they do not see the files.
    """
    distributed = _library()
    if not photographs:
        return
    with _client(distributed, scheduler) as client, _shared_model(model, job.out) as folder:
        _check_workers(client, [folder, photographs[0].path.resolve()])
        yield from _followed(
            distributed, client, (folder, fingerprint(model), job), photographs, record
        )


def _followed(
    distributed: ModuleType,
    client: Any,
    work: tuple[Path, str, Job],
    photographs: Sequence[Photograph],
    record: Callable[[Entry], object],
) -> Iterator[Outcome[Photograph]]:
    tasks: dict[Any, list[Photograph]] = {}

    def submit(some: list[Photograph]) -> Any:
        folder, key, job = work
        arguments = (folder, key, _for(some, job), _absolute(some))
        future = client.submit(_predict_some, *arguments, pure=False)
        tasks[future] = some
        return future

    parts = list(_parts(client, photographs))
    waiting = distributed.as_completed(map(submit, parts), loop=client.loop)
    try:
        for future in waiting:
            some = tasks.pop(future)
            try:
                entries, failures = future.result()
            except distributed.KilledWorker:
                if len(some) > 1:  # one of them may be more than a worker can bear
                    waiting.update([submit([photograph]) for photograph in some])
                else:
                    yield Outcome(some[0], _too_much(some[0]))
                continue
            for entry in entries:
                record(entry)
            for photograph in some:
                yield Outcome(photograph, failures.get(photograph.name))
    except (OSError, distributed.CancelledError) as error:
        raise NotebookSegError(
            "The Dask scheduler is gone. What was done is kept: start the cluster, and run the "
            "same again to go on"
        ) from error
    finally:
        client.cancel(list(tasks))


def _parts(client: Any, photographs: Sequence[Photograph]) -> Iterator[list[Photograph]]:
    threads = sum(client.nthreads().values())
    size = max(1, min(_MOST_AT_ONCE, len(photographs) // (4 * threads)))
    for start in range(0, len(photographs), size):
        yield list(photographs[start : start + size])


def _for(photographs: list[Photograph], job: Job) -> Job:
    """Return the job without the scales of other photographs, which may be thousands."""
    names = [photo.name for photo in photographs]
    return replace(job, scales={name: job.scales[name] for name in names if name in job.scales})


def _absolute(photographs: list[Photograph]) -> list[Photograph]:
    return [photo._replace(path=photo.path.resolve()) for photo in photographs]


def _too_much(photograph: Photograph) -> str:
    return (
        f"{photograph.path} ended every worker that tried it, most likely for want of memory: "
        "scale it down, or give the workers more"
    )


@contextmanager
def _client(distributed: ModuleType, scheduler: Any) -> Iterator[Any]:
    if isinstance(scheduler, distributed.Client):
        yield scheduler
        return
    try:
        _knock(distributed, scheduler)
        client = distributed.Client(scheduler, timeout=_SECONDS_TO_ANSWER, set_as_default=False)
    except (OSError, ValueError, TypeError) as error:
        raise OptionError(
            f"No Dask scheduler answers. Start one with `dask scheduler`, and give the address "
            f"that it prints. Received: {scheduler!r}"
        ) from error
    with client:
        yield client


def _knock(distributed: ModuleType, address: str) -> None:
    """Connect once: a client that could not is heard of again, and waited for, when Python ends."""
    scheme, place = distributed.comm.parse_address(address)
    if scheme in ("tcp", "tls"):
        host_and_port = distributed.comm.parse_host_port(place)
        socket.create_connection(host_and_port, _SECONDS_TO_ANSWER).close()


def _library() -> ModuleType:
    try:
        import distributed
    except ImportError:
        raise MissingExtraError(
            'Dask is not installed: pip install "notebook_seg[dask]", here and for the workers'
        ) from None
    return distributed


@contextmanager
def _shared_model(model: Predictor, out: Path) -> Iterator[Path]:
    """Lay the model among the results for a while, where every worker can read it."""
    with saving(out):
        # What a kill has left; nothing else writes here while the ledger is held.
        for stale in out.glob(".model*"):
            shutil.rmtree(stale)
    folder = out / f".model-{secrets.token_hex(4)}"
    try:
        model.save(folder)
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _check_workers(client: Any, paths: list[Path]) -> None:
    seen = client.run(_missing, paths)
    if not seen:
        raise OptionError("The Dask cluster has no workers. Start some with `dask worker`")
    for worker, missing in seen.items():
        if missing:
            raise OptionError(
                f"The worker {worker} does not see {missing[0]}. Put photographs and results into "
                "a folder that all workers share, at the same path"
            )


def _missing(paths: list[Path]) -> list[Path]:
    return [path for path in paths if not path.exists()]


class _Held:
    """The model of a worker: loaded once, used by one thread at a time."""

    lock = threading.Lock()
    key = ""
    model: Predictor | None = None

    @classmethod
    def get(cls, folder: Path, key: str) -> Predictor:
        with cls.lock:
            if cls.model is None or cls.key != key:
                model = load_model(folder)
                if fingerprint(model) != key:
                    raise NotebookSegError(f"{folder} holds another model than that of the run")
                cls.model, cls.key = model, key
            return cls.model


def _predict_some(
    folder: Path, key: str, job: Job, photographs: list[Photograph]
) -> tuple[list[Entry], dict[str, str]]:
    """Do the work of a task, in a worker: return what to record, and why others failed."""
    entries: list[Entry] = []
    stages = stages_of(_Held.get(folder, key), job, entries.append, _Held.lock)

    def write(photograph: Photograph, predicted: Any) -> None:
        # Cancelling ends no task that has begun.
        if not folder.exists():
            raise NotebookSegError(f"The run that asked for {photograph.path} is over")
        stages.write(photograph, predicted)

    outcomes = list(overlapped(photographs, stages._replace(write=write)))
    return entries, {photo.name: said for photo, said in outcomes if said is not None}
