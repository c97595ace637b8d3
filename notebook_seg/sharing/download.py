"""Files from a web server, no larger than they may be."""

import hashlib
import http.client
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import IO, NoReturn
from urllib.parse import urlsplit

from notebook_seg._version import __version__
from notebook_seg.data.files import replacing
from notebook_seg.errors import CatalogueError
from notebook_seg.progress import progress_bar

__all__ = ["SafeRedirects", "download", "read_small"]

_TIMEOUT = 20  # seconds without an answer
_CHUNK = 2**18  # bytes
_SCHEMES = ("http", "https")
_NETWORK_ERRORS = (OSError, http.client.HTTPException, ValueError)


class SafeRedirects(urllib.request.HTTPRedirectHandler):
    """Goes where a server sends it, but not from an encrypted connection to one that is not."""

    def redirect_request(
        self,
        req: urllib.request.Request,
        fp: IO[bytes],
        code: int,
        msg: str,
        headers: http.client.HTTPMessage,
        newurl: str,
    ) -> urllib.request.Request | None:
        """Return what to ask next, or raise an error."""
        scheme = urlsplit(newurl).scheme
        if scheme not in _SCHEMES or (req.type == "https" and scheme != "https"):
            raise urllib.error.URLError(f"it was redirected to {ascii(newurl)[:80]}")
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def _opener() -> urllib.request.OpenerDirector:
    # build_opener would also open files of this machine and ftp.
    opener = urllib.request.OpenerDirector()
    for handler in (
        urllib.request.ProxyHandler(),
        urllib.request.HTTPHandler(),
        urllib.request.HTTPSHandler(),
        urllib.request.HTTPDefaultErrorHandler(),
        urllib.request.HTTPErrorProcessor(),
        urllib.request.UnknownHandler(),
        SafeRedirects(),
    ):
        opener.add_handler(handler)
    opener.addheaders = [("User-Agent", f"notebook_seg/{__version__}")]
    return opener


def read_small(address: str, most: int) -> bytes:
    """Return what lies at an address, at most `most` bytes.

    Raises
    ------
    CatalogueError
        If it cannot be fetched, or is larger.
    """
    with _asked(address) as answer:
        return b"".join(_chunks(address, answer, most, progress=False))


def download(address: str, target: Path, most: int, progress: bool = True) -> str:
    """Write what lies at an address to a file, whole or not at all.

    Parameters
    ----------
    address : str
        It begins with http:// or https://.
    target : Path
    most : int
        Bytes that it may have.
    progress : bool
        Whether to show a bar.

    Returns
    -------
    str
        Its SHA-256, in hexadecimal digits.

    Raises
    ------
    CatalogueError
        If it cannot be fetched, breaks off, or is larger.
    SaveError
        If the file cannot be written.
    """
    digest = hashlib.sha256()
    with _asked(address) as answer, replacing(target) as file:
        for chunk in _chunks(address, answer, most, progress):
            digest.update(chunk)
            file.write(chunk)
    return digest.hexdigest()


def _chunks(
    address: str, answer: http.client.HTTPResponse, most: int, progress: bool
) -> Iterator[bytes]:
    announced = answer.length
    received = 0
    with progress_bar(announced or most, "Fetching", "B", progress) as bar:
        while chunk := _read(address, answer):
            received += len(chunk)
            if received > most:
                raise CatalogueError(f"{address} is larger than the {most} bytes that it may have")
            bar.update(len(chunk))
            yield chunk
    if announced is not None and received < announced:
        raise CatalogueError(
            f"{address} broke off after {received} of {announced} bytes. Try again"
        )


def _asked(address: str) -> closing[http.client.HTTPResponse]:
    if urlsplit(address).scheme not in _SCHEMES:
        raise CatalogueError(
            f"An address begins with https:// or http://. Received: {ascii(address)[:80]}"
        )
    try:
        return closing(_opener().open(address, timeout=_TIMEOUT))
    except urllib.error.HTTPError as error:
        error.close()
        _fail(address, f"the server says {error.code} {error.reason}")
    except _NETWORK_ERRORS as error:
        _fail(address, error)


def _read(address: str, answer: http.client.HTTPResponse) -> bytes:
    # Turned into the package's error here: what writes the file takes OSError for its own.
    try:
        return answer.read(_CHUNK)
    except _NETWORK_ERRORS as error:
        _fail(address, error)


def _fail(address: str, reason: object) -> NoReturn:
    told = getattr(reason, "reason", None) or reason
    raise CatalogueError(
        f"{address} cannot be fetched ({str(told) or type(told).__name__}). Check the spelling and "
        "the connection, then try again"
    ) from (reason if isinstance(reason, Exception) else None)
