"""Masks from and to other tools: one module a tool, and what all of them share.

::

    another tool's files --read--> Drawing or LabelMap --import_masks--> a dataset
    a dataset --export_masks--> Labelled --write--> another tool's files

A reader tells what was drawn, a writer is given masks; neither knows of datasets. Matching pictures
and classes, checking sizes and never overwriting are done once, for all formats.
"""

from notebook_seg.data.formats.exporting import Exported, export_masks
from notebook_seg.data.formats.imported import Imported
from notebook_seg.data.formats.importing import import_masks
from notebook_seg.data.formats.registry import FORMATS

__all__ = ["FORMATS", "Exported", "Imported", "export_masks", "import_masks"]
