"""The commands that serve a page, run as people run them."""

import os
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path

import psutil

PROGRAM = Path(sys.executable).with_name("notebook-seg")
PATIENCE = 120  # seconds


class Served:
    """The command as it runs, with a folder of its own for temporary files.

    Parameters
    ----------
    folder, here : Path
        The dataset, and a folder for temporary files.
    command : str
        ``label`` or ``app``.
    *options : str
        Of the command.
    """

    def __init__(self, folder: Path, here: Path, command: str = "label", *options: str) -> None:
        self.here = here
        here.mkdir()
        self.program = subprocess.Popen(
            [PROGRAM, command, folder, *options],
            # A browser that can be started and shows nothing: the tests bring their own.
            env=os.environ | {"TMPDIR": str(here), "BROWSER": "true"},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        self.address = self.program.stdout.readline().strip()

    def get(self, address: str) -> tuple[str, str]:
        """Return where an address leads, and the page that is there."""
        with urllib.request.urlopen(address, timeout=PATIENCE) as answer:
            return answer.url, answer.read().decode()

    def kernels(self) -> list[psutil.Process]:
        return psutil.Process(self.program.pid).children(recursive=True)

    def end(self, sign: signal.Signals = signal.SIGINT) -> str:
        """End the command, and return what it has complained of."""
        if self.program.poll() is None:
            self.program.send_signal(sign)
        return self.program.communicate(timeout=PATIENCE)[1]
