"""Repositories of the Hugging Face Hub: the one door to `huggingface_hub`."""

from pathlib import Path
from typing import NamedTuple

from notebook_seg.errors import CatalogueError, MissingExtraError

__all__ = ["HUB", "HubRepository", "hub_file", "hub_repository"]

HUB = "hf://"


class HubRepository(NamedTuple):
    """A repository, and which of its versions: a branch, a tag or a commit; None for the latest."""

    name: str
    revision: str | None


def hub_repository(where: str) -> HubRepository:
    """Return which repository ``hf://OWNER/NAME`` or ``hf://OWNER/NAME@REVISION`` means.

    Raises
    ------
    CatalogueError
        If it is not written so.

    Examples
    --------
    >>> hub_repository("hf://museum/fish@v2")
    HubRepository(name='museum/fish', revision='v2')
    """
    name, _, revision = where.removeprefix(HUB).partition("@")
    if len([part for part in name.split("/") if part]) != 2 or name.count("/") != 1:
        raise CatalogueError(
            f"A repository is written hf://OWNER/NAME or hf://OWNER/NAME@REVISION. "
            f"Received: {where!r}"
        )
    return HubRepository(name, revision or None)


def hub_file(repository: HubRepository, file: str, most: int) -> Path:
    """Return a file of a repository, fetched into the cache of `huggingface_hub` if need be.

    Parameters
    ----------
    repository : HubRepository
    file : str
        Its path in the repository.
    most : int
        Bytes that it may have; it is not fetched if it has more.

    Raises
    ------
    CatalogueError
        If it cannot be fetched, or is larger.
    MissingExtraError
        If `huggingface_hub` is not installed.
    """
    try:
        import huggingface_hub
    except ImportError as error:
        raise MissingExtraError(
            "Models are fetched from the Hugging Face Hub by a library that is not installed: "
            'pip install "notebook_seg[hub]"'
        ) from error
    try:
        name, revision = repository
        fetch = huggingface_hub.hf_hub_download
        announced = fetch(name, file, revision=revision, dry_run=True).file_size
        _check_size(announced or 0, repository, file, most)
        fetched = Path(fetch(name, file, revision=revision))
        _check_size(fetched.stat().st_size, repository, file, most)
        return fetched
    # OSError takes in the library's errors about repositories and files that are not there.
    except (OSError, ValueError, huggingface_hub.errors.HTTPError) as error:
        detail = " ".join(str(error).split()) or type(error).__name__
        raise CatalogueError(
            f"{file} of {HUB}{repository.name} cannot be fetched ({detail[:200]}). Check the "
            "spelling and the connection; for a repository that is not public, log in with: "
            "hf auth login"
        ) from error


def _check_size(n_bytes: int, repository: HubRepository, file: str, most: int) -> None:
    if n_bytes > most:
        raise CatalogueError(
            f"{file} of {HUB}{repository.name} has {n_bytes} bytes, and may have {most}. Ask "
            "whoever keeps the catalogue"
        )
