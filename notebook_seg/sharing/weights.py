"""A weights file by somebody else: looked through before Keras opens it.

HDF5 files may point to other files of the machine that opens them, or tell of arrays that are far
larger than they are. What Keras writes does neither: plain arrays of numbers, in plain groups.
"""

import math
from collections.abc import Iterator
from pathlib import Path

import h5py

__all__ = ["fault_of_weights"]

_MOST_ENTRIES = 50_000
_NUMBERS = "fiu"
_HDF5_ERRORS = (KeyError, OSError, OverflowError, RuntimeError, TypeError, ValueError)


def fault_of_weights(file: Path) -> str | None:
    """Say what is wrong with a weights file, None if it holds plain numbers alone.

    Parameters
    ----------
    file : Path
        An HDF5 file, of anybody.

    Examples
    --------
    >>> import tempfile
    >>> file = Path(tempfile.mkdtemp()) / "model.weights.h5"
    >>> with h5py.File(file, "w") as weights:
    ...     weights["kernel"] = [0.5, 0.25]
    >>> fault_of_weights(file)
    >>> with h5py.File(file, "a") as weights:
    ...     weights["elsewhere"] = h5py.ExternalLink("/etc/other.h5", "/kernel")
    >>> fault_of_weights(file)
    'elsewhere is a link to somewhere else'
    """
    try:
        with h5py.File(file, "r") as weights:
            return next(_faults(weights, file.stat().st_size), None)
    except _HDF5_ERRORS:
        return "it is damaged"


def _faults(weights: h5py.File, most_bytes: int) -> Iterator[str]:
    groups: list[h5py.Group] = [weights]
    seen = {_address(weights)}
    n_bytes = 0
    while groups:
        group = groups.pop()
        for name in group:
            # The link is looked at before anything follows it.
            if not isinstance(group.get(name, getlink=True), h5py.HardLink):
                yield f"{name} is a link to somewhere else"
            entry = group[name]
            if _address(entry) in seen:
                yield f"{name} is in it twice"
            seen.add(_address(entry))
            if len(seen) > _MOST_ENTRIES:
                yield f"it has more than {_MOST_ENTRIES} entries"
            if isinstance(entry, h5py.Group):
                groups.append(entry)
                continue
            yield from _faults_of_entry(name, entry)
            n_bytes += math.prod(entry.shape) * entry.dtype.itemsize
            if n_bytes > most_bytes:
                yield f"its arrays would have {n_bytes} bytes, more than the file"


def _address(entry: h5py.Group | h5py.Dataset | h5py.Datatype) -> int:
    """Return where in the file an entry lies: groups may hold each other."""
    return int(h5py.h5o.get_info(entry.id).addr)


def _faults_of_entry(name: str, entry: h5py.Dataset | h5py.Datatype) -> Iterator[str]:
    if not isinstance(entry, h5py.Dataset) or entry.dtype.kind not in _NUMBERS:
        yield f"{name} holds no numbers"
    elif entry.shape is None:
        yield f"{name} is empty"
    elif entry.external or entry.is_virtual:
        yield f"{name} lies in another file"
    elif entry.chunks is not None:
        yield f"{name} is packed"
