"""The commands through their real entry point, in this process."""

import sys
from dataclasses import dataclass

import pytest

from notebook_seg import cli


@dataclass(frozen=True)
class Outcome:
    """What a command left behind on the terminal."""

    code: int
    out: str
    error: str

    @property
    def complaint(self) -> str:
        """The one line of an error."""
        lines = self.error.strip().splitlines()
        assert len(lines) == 1, self.error
        assert lines[0].startswith("Error: ")
        return lines[0]


def exit_code(*arguments) -> int:
    """Run a command as the installed program would, and return its exit code."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", ["notebook-seg", *map(str, arguments)])
        with pytest.raises(SystemExit) as left:
            cli.main()
    return left.value.code or 0


def outcome_of(capfd, *arguments) -> Outcome:
    """Run a command, and return what it left behind."""
    capfd.readouterr()
    code = exit_code(*arguments)
    printed = capfd.readouterr()
    return Outcome(code, printed.out, printed.err)
