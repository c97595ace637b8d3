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


def hub_file(repository: HubRepository, file: str) -> Path:
    """Return a file of a repository, fetched into the cache of `huggingface_hub` if need be.

    Raises
    ------
    CatalogueError
        If it cannot be fetched.
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
        return Path(
            huggingface_hub.hf_hub_download(repository.name, file, revision=repository.revision)
        )
    # OSError takes in the library's errors about repositories and files that are not there.
    except (OSError, ValueError, huggingface_hub.errors.HTTPError) as error:
        detail = " ".join(str(error).split()) or type(error).__name__
        raise CatalogueError(
            f"{file} of {HUB}{repository.name} cannot be fetched ({detail[:200]}). Check the "
            "spelling and the connection; for a repository that is not public, log in with: "
            "hf auth login"
        ) from error
