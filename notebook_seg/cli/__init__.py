"""The command line: one command a stage, the same calls as in Python."""

import os
import sys

# Each module adds its commands, which the help lists in this order.
from notebook_seg.cli import (  # isort: skip
    labelling as labelling,
    training as training,
    prediction as prediction,
    inspection as inspection,
    exchange as exchange,
    sharing as sharing,
    apps as apps,
)
from notebook_seg.cli.common import INTERRUPTED, app, complain
from notebook_seg.errors import NotebookSegError

__all__ = ["app", "main"]


def main() -> None:
    """Run the command line; a user's mistake is one line on standard error and exit code 1."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    try:
        app()
    except NotebookSegError as error:
        complain(str(error))
        sys.exit(1)
    except OSError as error:
        complain(_of_system(error))
        sys.exit(1)
    except KeyboardInterrupt:
        complain("Interrupted.")
        sys.exit(INTERRUPTED)


def _of_system(error: OSError) -> str:
    where = f" at {error.filename}" if error.filename else ""
    return f"The system says{where}: {error.strerror or error}. Check the place, then try again"
