"""`bundle.json`: what a shared model says of itself, and what each of its files must be."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from notebook_seg.errors import OptionError
from notebook_seg.sharing.archive import FileRecord

__all__ = [
    "KIND",
    "BundleInfo",
    "ForeignJsonError",
    "check_name",
    "described_in",
    "load_object",
    "record_in",
]

KIND = "notebook_seg bundle"
FORMAT = 1

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_LONGEST = 20_000  # characters


class ForeignJsonError(ValueError):
    """A JSON document is not of the kind that is expected."""


def check_name(name: str) -> str:
    """Return `name` if models may be called so.

    Raises
    ------
    OptionError
        If it could not be the name of a file, or part of an address.

    Examples
    --------
    >>> check_name("minnow-fins_2")
    'minnow-fins_2'
    """
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise OptionError(
            "The name of a shared model has 1 to 64 letters, digits, '.', '_' or '-', and begins "
            f"with a letter or digit. Received: {ascii(name)[:80]}"
        )
    return name


def load_object(text: bytes, kind: str, newest: int) -> dict[str, Any]:
    """Return the JSON object in `text`, if it says that it is of this kind and a known format.

    Raises
    ------
    ForeignJsonError
        If it is not.

    Examples
    --------
    >>> load_object(b'{"kind": "notebook_seg bundle", "format": 1}', KIND, 1)["format"]
    1
    """
    try:
        content = json.loads(text.decode())
    except (ValueError, RecursionError) as error:
        raise ForeignJsonError("it is no JSON") from error
    if not isinstance(content, dict) or content.get("kind") != kind:
        raise ForeignJsonError(f"it does not say that it is a {kind}")
    written = content.get("format")
    if not isinstance(written, int) or written < 1:
        raise ForeignJsonError("it does not tell its format")
    if written > newest:
        raise ForeignJsonError(
            f"it was written by a newer notebook_seg (format {written}): "
            "pip install --upgrade notebook_seg"
        )
    return content


def _text(content: Mapping[str, Any], key: str) -> str:
    """Return a text that people will read on their terminals; empty where there is none."""
    value = content.get(key, "")
    if not isinstance(value, str) or len(value) > _LONGEST or _UNPRINTABLE.search(value):
        raise ForeignJsonError(f"its {key} is no text that can be shown")
    return value


def _texts(content: Mapping[str, Any], key: str) -> tuple[str, ...]:
    """Return several texts; none where there are none."""
    values = content.get(key, [])
    if not isinstance(values, list):
        raise ForeignJsonError(f"its {key} is no list")
    return tuple(_text({key: value}, key) for value in values)


def record_in(content: Mapping[str, Any]) -> FileRecord:
    """Return what a file must be."""
    sha256, n_bytes = content.get("sha256"), content.get("bytes")
    if not isinstance(sha256, str) or not _SHA256.fullmatch(sha256):
        raise ForeignJsonError("a checksum in it is no SHA-256")
    if not isinstance(n_bytes, int) or isinstance(n_bytes, bool) or n_bytes < 0:
        raise ForeignJsonError("a size in it is no number of bytes")
    return FileRecord(sha256, n_bytes)


def _writable(text: Any, key: str) -> str:
    """Return a text with the line ends of this format, if `from_json` would read it."""
    plain = text.replace("\r\n", "\n").replace("\r", "\n") if isinstance(text, str) else text
    try:
        return _text({key: plain}, key)
    except ForeignJsonError:
        raise OptionError(
            f"The {key} of a shared model is a text of at most {_LONGEST} characters, all of which "
            f"can be shown. Received: {ascii(text)[:80]}"
        ) from None


def described_in(content: Mapping[str, Any]) -> dict[str, Any]:
    """Return what both a bundle and a catalogue tell of a model.

    Examples
    --------
    >>> described_in({"name": "minnows", "classes": ["fish"]})["classes"]
    ('fish',)
    """
    try:
        name = check_name(content.get("name", ""))
    except OptionError:
        raise ForeignJsonError("it has no name that a model can have") from None
    told = {key: _text(content, key) for key in ("description", "licence", "citation", "shared")}
    return {"name": name, "classes": _texts(content, "classes"), **told}


def _records(files: object) -> dict[str, FileRecord]:
    if not isinstance(files, dict) or not all(isinstance(f, dict) for f in files.values()):
        raise ForeignJsonError("it does not list its files")
    return {name: record_in(told) for name, told in files.items()}


@dataclass(frozen=True)
class BundleInfo:
    """What a shared model says of itself.

    All of it was written by whoever shared it, and nothing of it is verified.

    Parameters
    ----------
    name : str
        Letters, digits, ``.``, ``_`` and ``-``, at most 64.
    classes : tuple of str
        Names of the foreground classes.
    description : str
        What it is for, in a sentence or two.
    authors : tuple of str
        Who made it.
    licence : str
        Under which it may be used, best as an SPDX identifier such as ``"CC-BY-4.0"``.
    citation : str
        How to cite it.
    limits : str
        What it must not be expected to do.
    shared : str
        The day, ``"2026-01-31"``.

    Raises
    ------
    OptionError
        If the name is none, or a text is too long or cannot be shown on a terminal.

    Examples
    --------
    >>> info = BundleInfo("minnow-fins", ("fin",), licence="CC-BY-4.0")
    >>> BundleInfo.from_json(info.to_json()) == info
    True
    """

    name: str
    classes: tuple[str, ...]
    description: str = ""
    authors: tuple[str, ...] = ()
    licence: str = ""
    citation: str = ""
    limits: str = ""
    shared: str = ""
    files: Mapping[str, FileRecord] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        check_name(self.name)
        for key in ("description", "licence", "citation", "limits", "shared"):
            object.__setattr__(self, key, _writable(getattr(self, key), key))
        for key in ("classes", "authors"):
            texts = tuple(_writable(text, key) for text in getattr(self, key))
            object.__setattr__(self, key, texts)

    def to_json(self) -> bytes:
        """Return the content of `bundle.json`."""
        content = {
            "kind": KIND,
            "format": FORMAT,
            "name": self.name,
            "description": self.description,
            "classes": list(self.classes),
            "authors": list(self.authors),
            "licence": self.licence,
            "citation": self.citation,
            "limits": self.limits,
            "shared": self.shared,
            "files": {
                name: {"sha256": record.sha256, "bytes": record.n_bytes}
                for name, record in self.files.items()
            },
        }
        return (json.dumps(content, indent=2, ensure_ascii=False) + "\n").encode()

    @classmethod
    def from_json(cls, text: bytes) -> "BundleInfo":
        """Read `bundle.json`, written by anybody.

        Raises
        ------
        ForeignJsonError
            If it is none; the message goes on from "it".
        """
        content = load_object(text, KIND, FORMAT)
        return cls(
            **described_in(content),
            authors=_texts(content, "authors"),
            limits=_text(content, "limits"),
            files=_records(content.get("files")),
        )
