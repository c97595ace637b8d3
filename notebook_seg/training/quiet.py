"""Keeping a library's chatter from the user."""

import contextlib
import logging
import os
import sys
import tempfile
import threading
from collections.abc import Iterator
from typing import IO

__all__ = ["environment_variable", "quiet_retracing", "quiet_stderr"]

_BACKEND_LOGGER = logging.getLogger("tensorflow")
# Two threads at once would each put back what the other has set.
_changing_environment = threading.RLock()


class _StandardError:
    """Standard error, which goes to a file from the first that wants it quiet to the last.

    Nobody waits for the others: two threads that import would wait for each other.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._wanted_quiet = 0
        self._held_back: IO[bytes]
        self._real: int

    def begin(self) -> None:
        with self._lock:
            if self._wanted_quiet == 0:
                sys.stderr.flush()
                # Without a buffer, which would not see what others write; `end` closes it.
                self._held_back = tempfile.TemporaryFile(buffering=0)  # noqa: SIM115
                self._real = os.dup(2)
                os.dup2(self._held_back.fileno(), 2)
            self._wanted_quiet += 1

    def tell(self) -> None:
        """Write to the real one what was held back so far."""
        with self._lock:
            self._held_back.seek(0)
            os.write(self._real, self._held_back.read())
            self._held_back.seek(0)
            self._held_back.truncate()

    def end(self) -> None:
        with self._lock:
            self._wanted_quiet -= 1
            if self._wanted_quiet == 0:
                os.dup2(self._real, 2)
                os.close(self._real)
                self._held_back.close()


_standard_error = _StandardError()


@contextlib.contextmanager
def quiet_stderr() -> Iterator[None]:
    """Hold back what libraries write to standard error, below Python too, unless they fail.

    TensorFlow's libraries report on every start what they found and did not find, before any
    setting of theirs can stop them; in a notebook that is a screen of red. Several threads may
    want it at once.

    Examples
    --------
    >>> with quiet_stderr():
    ...     _ = os.write(2, b"oneDNN custom operations are on")
    """
    _standard_error.begin()
    try:
        yield
    except BaseException:
        _standard_error.tell()
        raise
    finally:
        _standard_error.end()


@contextlib.contextmanager
def quiet_retracing() -> Iterator[None]:
    """Leave out the warning that a network is traced anew.

    TensorFlow counts traces over all networks together, and takes photographs of several sizes,
    or an ensemble of several networks, for a mistake.

    Examples
    --------
    >>> with quiet_retracing():
    ...     logging.getLogger("tensorflow").warning("... triggered tf.function retracing ...")
    """

    def is_other(record: logging.LogRecord) -> bool:
        return "retracing" not in record.getMessage()

    _BACKEND_LOGGER.addFilter(is_other)
    try:
        yield
    finally:
        _BACKEND_LOGGER.removeFilter(is_other)


@contextlib.contextmanager
def environment_variable(name: str, value: str) -> Iterator[None]:
    """Set an environment variable inside a ``with`` statement, one thread at a time.

    Some libraries that ask or tell the internet something when they are imported can only be kept
    from it by a variable.

    Examples
    --------
    >>> with environment_variable("NOTEBOOK_SEG_EXAMPLE", "1"):
    ...     os.environ["NOTEBOOK_SEG_EXAMPLE"]
    '1'
    >>> "NOTEBOOK_SEG_EXAMPLE" in os.environ
    False
    """
    with _changing_environment:
        before = os.environ.get(name)
        os.environ[name] = value
        try:
            yield
        finally:
            if before is None:
                del os.environ[name]
            else:
                os.environ[name] = before
