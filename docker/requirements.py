"""Print what the package needs, a requirement a line, as setup.cfg says.

The image installs these before the package, so that a change of the package fetches none of them.

Usage: python requirements.py [EXTRA,EXTRA...]
"""

import sys
from configparser import ConfigParser
from pathlib import Path


def requirements(setup: ConfigParser, extras: list[str]) -> list[str]:
    """Return the requirements of the package with some extras, each once, in order."""
    offered = setup["options.extras_require"]
    unknown = [extra for extra in extras if extra not in offered]
    if unknown:
        sys.exit(f"setup.cfg has no extra {unknown[0]!r}: choose from {', '.join(offered)}")
    sections = [setup["options"]["install_requires"], *(offered[extra] for extra in extras)]
    lines = (line.strip() for section in sections for line in section.splitlines())
    return list(dict.fromkeys(line for line in lines if line and not line.startswith("#")))


def main() -> None:
    """Read the setup.cfg of the current folder."""
    setup = ConfigParser()
    setup.read_string(Path("setup.cfg").read_text(encoding="utf-8"))
    extras = sys.argv[1].split(",") if len(sys.argv) > 1 and sys.argv[1] else []
    print("\n".join(requirements(setup, extras)))


if __name__ == "__main__":
    main()
