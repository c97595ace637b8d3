"""Keeping a library's chatter from the user."""

import contextlib
import logging
import os
import sys
import tempfile
from collections.abc import Iterator

__all__ = ["quiet_retracing", "quiet_stderr"]

_BACKEND_LOGGER = logging.getLogger("tensorflow")


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
