"""Keeping a library's chatter from the user."""

import contextlib
import logging
import os
import sys
import tempfile
import threading
from collections.abc import Iterator

__all__ = ["environment_variable", "quiet_retracing", "quiet_stderr"]

_BACKEND_LOGGER = logging.getLogger("tensorflow")
# Two threads at once would each put back what the other has set.
_changing_environment = threading.RLock()


@contextlib.contextmanager
def quiet_stderr() -> Iterator[None]:
    """Hold back what libraries write to standard error, below Python too, unless they fail.

    TensorFlow's libraries report on every start what they found and did not find, before any
    setting of theirs can stop them; in a notebook that is a screen of red.

    Examples
    --------
    >>> with quiet_stderr():
    ...     _ = os.write(2, b"oneDNN custom operations are on")
    """
    sys.stderr.flush()
    standard_error = os.dup(2)
    with tempfile.TemporaryFile() as held_back:
        os.dup2(held_back.fileno(), 2)
        try:
            yield
        except BaseException:
            os.dup2(standard_error, 2)
            held_back.seek(0)
            os.write(2, held_back.read())
            raise
        finally:
            os.dup2(standard_error, 2)
            os.close(standard_error)


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
