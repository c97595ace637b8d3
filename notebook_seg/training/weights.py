"""Files of pretrained encoder weights: in Keras' cache, where the user says, or fetched."""

import os
from pathlib import Path

import pooch

from notebook_seg.errors import WeightsError

__all__ = ["find_weights", "weights_folder"]

_TIMEOUT = 20  # seconds without an answer


def weights_folder() -> Path:
    """Return the folder where Keras keeps encoder weights, ``~/.keras/models`` as a rule.

    Examples
    --------
    >>> weights_folder().name
    'models'
    """
    home = os.environ.get("KERAS_HOME") or Path.home() / ".keras"
    return Path(home).expanduser() / "models"


def find_weights(
    name: str,
    origin: str,
    *,
    source: str | Path = "imagenet",
    md5_hash: str | None = None,
    file_hash: str | None = None,
    cache_subdir: str | None = None,
) -> str:
    """Return the path of a weights file; called by an encoder that asks for its weights.

    Parameters
    ----------
    name, origin : str
        The file's name and the address it is published at.
    source : {"imagenet"} or path
        ``"imagenet"`` looks in `weights_folder` and fetches what is not there. A path names the
        file itself or a folder that has it.
    md5_hash, file_hash : str, optional
        What the fetched file must hash to: MD5, or SHA-256 where it has 64 digits.
    cache_subdir : str, optional
        Accepted because encoders pass it; all files are kept in `weights_folder`.

    Raises
    ------
    WeightsError
        If the file is not there and cannot be fetched.
    """
    if str(source) != "imagenet":
        return str(_given_file(Path(source), name))
    cached = weights_folder() / name
    if not cached.is_file():
        _fetch(cached, origin, md5_hash or file_hash)
    return str(cached)


def _given_file(path: Path, name: str) -> Path:
    file = path / name if path.is_dir() else path
    if not file.is_file():
        raise WeightsError(
            f"No encoder weights at {file}: pass encoder_weights=PATH of the file {name}, "
            f"or of a folder that has it. Received: {str(path)!r}"
        )
    return file


def _known_hash(digits: str | None) -> str | None:
    if digits is None:
        return None
    return f"{'sha256' if len(digits) == 64 else 'md5'}:{digits}"


def _fetch(target: Path, origin: str, checksum: str | None) -> None:
    downloader = pooch.HTTPDownloader(timeout=_TIMEOUT, progressbar=False)
    try:
        pooch.retrieve(
            origin,
            known_hash=_known_hash(checksum),
            fname=target.name,
            path=target.parent,
            downloader=downloader,
        )
    # OSError takes in every failure of the network and the disk; ValueError is a wrong checksum.
    except (OSError, ValueError) as error:
        raise WeightsError(
            f"No ImageNet weights for this encoder: {target.name} is not in {target.parent} and "
            f"could not be fetched ({type(error).__name__}). Fetch {origin} on a machine with "
            "internet and put it there, or pass encoder_weights=PATH, or encoder_weights=None to "
            "learn from random weights."
        ) from error
