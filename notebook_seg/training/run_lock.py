"""One training at a time in a folder, and folders that nobody else has."""

import contextlib
import itertools
import os
import time
from collections.abc import Iterator
from pathlib import Path

from notebook_seg.data.files import make_folder, saving, try_lock, unlock
from notebook_seg.errors import TrainingError

__all__ = ["RunLock", "alone_in", "check_idle", "is_busy", "new_folder"]

_TRIES = 10
_PAUSE = 0.02  # seconds


class RunLock:
    """Keeps other trainings, of this and of other processes, out of a folder.

    It ends with the process that holds it, however that ends. Where the system has no such locks,
    as on Windows, nothing is kept out.

    Parameters
    ----------
    folder : Path

    Examples
    --------
    >>> import tempfile
    >>> folder = Path(tempfile.mkdtemp())
    >>> lock = RunLock(folder)
    >>> lock.take()
    >>> is_busy(folder)
    True
    >>> lock.give_back()
    >>> is_busy(folder)
    False
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._held: int | None = None

    def take(self) -> None:
        """Lock the folder that has the name now, in place of one that had it before.

        Raises
        ------
        TrainingError
            If another training has it.
        """
        # Who only looks whether a training is running has the lock, too, but soon gives it back.
        for _ in range(_TRIES):
            if self.try_take():
                return
            time.sleep(_PAUSE)
        raise self._busy()

    def try_take(self) -> bool:
        """Lock the folder as `take` does if nobody has it at this moment; return whether."""
        self.give_back()
        # Where a file system has no locks, it is used as if there were no others.
        with contextlib.suppress(OSError):
            self._held = os.open(self.folder, os.O_RDONLY)
            if not (try_lock(self._held) and self._is_in_place(self._held)):
                self.give_back()
                return False
        return True

    def give_back(self) -> None:
        """Let others in."""
        held, self._held = self._held, None
        if held is not None:
            unlock(held)
            os.close(held)

    def _is_in_place(self, descriptor: int) -> bool:
        # Between opening and locking, another training may have set the folder aside.
        return os.path.samestat(os.fstat(descriptor), self.folder.stat())

    def _busy(self) -> TrainingError:
        return TrainingError(
            f"A training is running in {self.folder}: wait until it has ended, or give another "
            "folder as out=."
        )


def check_idle(folder: Path) -> None:
    """Refuse to go on where a training is running.

    Raises
    ------
    TrainingError
        If there is one in the folder.

    Examples
    --------
    >>> check_idle(Path("no such folder"))
    """
    lock = RunLock(folder)
    lock.take()
    lock.give_back()


def is_busy(folder: Path) -> bool:
    """Return whether a training is running in a folder.

    Examples
    --------
    >>> is_busy(Path("no such folder"))
    False
    """
    # Tried once: panels ask each time they are painted.
    lock = RunLock(folder)
    is_free = lock.try_take()
    lock.give_back()
    return not is_free


@contextlib.contextmanager
def alone_in(folder: Path, fresh: bool = False) -> Iterator[RunLock]:
    """Make a folder where it is absent, and keep other trainings out of it.

    One that was made for nothing is removed again.

    Parameters
    ----------
    folder : Path
    fresh : bool
        Whether it must be a new one, with a number behind its name where there is one already.

    Raises
    ------
    SaveError
        If it cannot be made.
    TrainingError
        If another training is running there.

    Examples
    --------
    >>> import tempfile
    >>> with alone_in(Path(tempfile.mkdtemp()) / "model") as lock:
    ...     is_busy(lock.folder)
    True
    """
    is_new = fresh or not folder.exists()
    lock = RunLock(new_folder(folder) if fresh else make_folder(folder))
    lock.take()
    try:
        yield lock
    except BaseException:
        if is_new:
            with contextlib.suppress(OSError):  # it is not empty
                lock.folder.rmdir()
        raise
    finally:
        lock.give_back()


def new_folder(folder: Path) -> Path:
    """Make a folder of this name, or with -2, -3, ... behind it where there is one; return it.

    Raises
    ------
    SaveError
        If it cannot be made.

    Examples
    --------
    >>> import tempfile
    >>> run = Path(tempfile.mkdtemp()) / "run"
    >>> [new_folder(run).name for _ in range(3)]
    ['run', 'run-2', 'run-3']
    """
    make_folder(folder.parent)
    for name in itertools.chain([folder.name], (f"{folder.name}-{n}" for n in itertools.count(2))):
        with saving(folder.with_name(name)), contextlib.suppress(FileExistsError):
            folder.with_name(name).mkdir()
            return folder.with_name(name)
    raise AssertionError("numbers do not end")
