"""The command that opens a page for people who do not program."""

import ipaddress
from pathlib import Path
from typing import Annotated

import typer

from notebook_seg.cli.common import app, warn

__all__ = ["open_the_app"]

_OPEN_TO_ALL = (
    "without a token, whoever reaches this address can do on this machine what you can. "
    "Leave --no-token out unless something else keeps others away"
)
_NOT_ENCRYPTED = (
    "other machines may reach this address, and what goes over the network is not encrypted. "
    "Give the address only to those who may do on this machine what you can"
)


@app.command("app")
def open_the_app(
    folder: Annotated[
        Path, typer.Argument(metavar="DIR", help="A dataset, or a new folder for one.")
    ],
    ip: Annotated[
        str, typer.Option(help="The address to serve at; by itself, this machine alone.")
    ] = "127.0.0.1",
    port: Annotated[
        int | None, typer.Option(help="By itself, one that is free.", min=1, max=65535)
    ] = None,
    token: Annotated[
        bool, typer.Option("--token/--no-token", help="Only for those who know the address.")
    ] = True,
) -> None:
    """Do it all on one page in your browser: photographs, label, train, inspect, predict, share.

    For people who do not program. Close the page and press Ctrl-C here when you are done.

    Example: notebook-seg app my_fish
    """
    from notebook_seg.data import Dataset
    from notebook_seg.data.creation import check_free
    from notebook_seg.data.description import DESCRIPTION
    from notebook_seg.lab import open_app

    if (folder / DESCRIPTION).exists():
        Dataset(folder)
    else:
        check_free(folder)
    if not token:
        warn(_OPEN_TO_ALL)
    elif not _is_loopback(ip):
        warn(_NOT_ENCRYPTED)
    open_app(folder, lambda address: typer.echo(f"{address}\nCtrl-C ends it."), ip, port, token)


def _is_loopback(ip: str) -> bool:
    """Whether an address is reached from this machine alone.

    Examples
    --------
    >>> _is_loopback("127.0.0.1"), _is_loopback("localhost"), _is_loopback("0.0.0.0")
    (True, True, False)
    """
    try:
        return ipaddress.ip_address(ip).is_loopback
    except ValueError:
        return ip == "localhost"
