"""Keeps a training in its model folder: the state after each epoch, the model now and then."""

import math
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import keras

from notebook_seg.data.files import make_folder
from notebook_seg.training.best import History
from notebook_seg.training.checkpoint import Checkpoint, CheckpointWriter, checkpoint_file
from notebook_seg.training.record import (
    ModelRecord,
    remove_leftovers,
    save_model,
    set_aside,
)
from notebook_seg.training.run_lock import RunLock, alone_in

__all__ = ["Keeper"]

_SAVING_SHARE = 0.05  # of the time, at most


class Keeper:
    """Keeps a training in a folder, or nothing where there is none.

    Parameters
    ----------
    folder : Path or None
    fresh : bool
        Whether it must be a new one: where there is one already, it gets a number behind its name.

    Attributes
    ----------
    folder : Path or None
        Where the training is kept.

    Examples
    --------
    >>> keeper = Keeper(None)
    >>> with keeper.alone():
    ...     keeper.make_room() is None
    True
    """

    def __init__(self, folder: Path | None, fresh: bool = False) -> None:
        self.folder, self._fresh = folder, fresh
        self._lock: RunLock | None = None
        self._writer = CheckpointWriter()
        self._saved_at, self._saving_took = -math.inf, 0.0

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Keep other trainings out of the folder inside a ``with`` statement.

        Raises
        ------
        SaveError
            If it cannot be made.
        TrainingError
            If another training is running there.
        """
        if self.folder is None:
            yield
            return
        with alone_in(self.folder, self._fresh) as self._lock:
            self.folder, self._fresh = self._lock.folder, False
            yield

    def make_room(self) -> Path | None:
        """Set a model aside that is there already; return where it is now.

        Raises
        ------
        SaveError
            If it cannot be renamed.
        """
        aside = None if self.folder is None else set_aside(self.folder)
        if self.folder is not None and aside is not None:
            make_folder(self.folder)
            if self._lock is not None:
                self._lock.take()  # of the new folder: the old one took its lock with it
        return aside

    @property
    def has_state(self) -> bool:
        """Whether the state of a training is there to go on from; true where nothing is kept."""
        return self.folder is None or checkpoint_file(self.folder).exists()

    def tidy_up(self) -> None:
        """Remove what a kill in the middle of writing has left."""
        if self.folder is not None:
            remove_leftovers(self.folder)

    def keep_state(self, checkpoint: Checkpoint) -> None:
        """Begin to write the state after an epoch.

        Raises
        ------
        SaveError
            If this one or the last could not be written.
        """
        if self.folder is None:
            return
        self._writer.write(checkpoint, self.folder)
        if len(checkpoint.best.history["epoch"]) == 1:
            # So that a model without a state beside it is one whose training is finished.
            self._writer.wait()

    def keep_best(self, network: keras.Model, record: ModelRecord, history: History) -> None:
        """Write the model of the best epoch, unless that would take too much of the time.

        Raises
        ------
        SaveError
            If it cannot be written.
        """
        began = time.monotonic()
        # On a fast GPU an epoch may be over before a model is written; its state holds it as well.
        if self.folder is not None and began - self._saved_at > self._saving_took / _SAVING_SHARE:
            save_model(self.folder, network, record, history)
            self._saved_at = time.monotonic()
            self._saving_took = self._saved_at - began

    def wait(self) -> None:
        """Return when the state is written.

        Raises
        ------
        SaveError
            If it could not be.
        """
        self._writer.wait()

    def keep_last(self, network: keras.Model, record: ModelRecord, history: History) -> None:
        """Write the model that a training came to.

        Raises
        ------
        SaveError
            If it cannot be written.
        """
        if self.folder is not None:
            save_model(self.folder, network, record, history)

    def end(self, record: ModelRecord, unfinished: Checkpoint | None) -> None:
        """Write what was found out about the model, and the state if there is more to train.

        Raises
        ------
        SaveError
            If it cannot be written.
        """
        if self.folder is None:
            return
        record.write(self.folder)
        if unfinished is None:
            checkpoint_file(self.folder).unlink(missing_ok=True)
        else:
            unfinished.write(self.folder)
