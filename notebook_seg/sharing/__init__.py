"""Models on their way to somebody else.

`share` writes a model into one file, a bundle; `open_bundle` and `unpack_bundle` check one, and
`get` fetches one from a catalogue. What others wrote is data: nothing of it is executed.
"""

from notebook_seg.sharing.bioimage import export_bioimage
from notebook_seg.sharing.bundle import (
    Bundle,
    is_bundle,
    load_model,
    open_bundle,
    read_info,
    unpack_bundle,
)
from notebook_seg.sharing.catalogue import Entry, add_to_catalogue
from notebook_seg.sharing.getting import fetch, get, read_catalogue
from notebook_seg.sharing.info import BundleInfo
from notebook_seg.sharing.writing import share

__all__ = [
    "Bundle",
    "BundleInfo",
    "Entry",
    "add_to_catalogue",
    "export_bioimage",
    "fetch",
    "get",
    "is_bundle",
    "load_model",
    "open_bundle",
    "read_catalogue",
    "read_info",
    "share",
    "unpack_bundle",
]
