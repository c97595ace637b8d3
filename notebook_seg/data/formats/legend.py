"""Which number stands for which class: a little table beside pictures of numbers."""

import csv
import io
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np

from notebook_seg.data.classes import ClassLabel, color_to_rgb
from notebook_seg.data.formats.annotated import Found, LabelMap, Sizes, understanding

__all__ = [
    "CLASSES",
    "OBJECTS",
    "Legend",
    "classes_table",
    "label_maps",
    "objects_table",
    "read_legend",
]

CLASSES = "classes.csv"
OBJECTS = "label_objects.csv"

_CLASS_COLUMNS = ("value", "name", "color")
_OBJECT_COLUMNS = ("picture", "object", "class")


class Legend(NamedTuple):
    """What the tables in a folder tell.

    Parameters
    ----------
    colors : dict of str to str or None
        The classes in their order, and their colours.
    values : dict of int to str or None
        The class of each value, the same in all pictures.
    objects : dict
        The class of each number by picture, where objects are numbered.
    """

    colors: dict[str, str | None]
    values: dict[int, str] | None
    objects: dict[str, dict[int, str]]

    def names(self, picture: str) -> Mapping[int, str] | None:
        """Return the class of each value in a picture, None if nothing tells."""
        return self.objects.get(picture, self.values)


def classes_table(classes: Iterable[ClassLabel]) -> bytes:
    r"""Return the table of values, names and colours.

    Examples
    --------
    >>> classes_table([ClassLabel(1, "fish", "#ee3377")])
    b'value,name,color\n1,fish,#ee3377\n'
    """
    return _table(_CLASS_COLUMNS, ((c.index, c.name, c.color) for c in classes))


def objects_table(rows: Iterable[tuple[str, int, str]]) -> bytes:
    r"""Return the table of pictures, numbers and classes.

    Examples
    --------
    >>> objects_table([("coin_01", 1, "coin")])
    b'picture,object,class\ncoin_01,1,coin\n'
    """
    return _table(_OBJECT_COLUMNS, rows)


def _table(columns: tuple[str, ...], rows: Iterable[tuple[object, ...]]) -> bytes:
    content = io.StringIO()
    writer = csv.writer(content, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(rows)
    return content.getvalue().encode()


def read_legend(folder: Path) -> Legend:
    """Read the tables of a folder, as far as they are there.

    Raises
    ------
    MaskError
        If one of them cannot be understood.
    """
    legend = Legend({}, None, {})
    path = folder / CLASSES
    if path.is_file() and path.read_bytes().startswith(b"value,name"):
        with understanding(path, "table of classes"):
            rows = [(int(r["value"]), r["name"], r["color"] or None) for r in _rows(path)]
            for _, _, color in rows:
                if color is not None:
                    color_to_rgb(color)
            values = {value: name for value, name, _ in rows}
            legend = Legend({name: color for _, name, color in rows}, values, {})
    path = folder / OBJECTS
    if path.is_file() and path.read_bytes().startswith(b"picture,object,class"):
        with understanding(path, "table of objects"):
            for row in _rows(path):
                of_picture = legend.objects.setdefault(row["picture"], {})
                of_picture[int(row["object"])] = row["class"]
    return legend


def label_maps(pictures: Mapping[Path, str], reader: Callable[[Path, Sizes], np.ndarray]) -> Found:
    """Return files of numbers with the classes that the tables beside them tell.

    Parameters
    ----------
    pictures : mapping of Path to str
        The files, and the name of the picture of each.
    reader : callable
        Reads the values of a file; see `LabelMap`.
    """
    legends = {folder: read_legend(folder) for folder in {path.parent for path in pictures}}
    maps = [
        LabelMap(name, path, partial(reader, path), legends[path.parent].names(name))
        for path, name in pictures.items()
    ]
    return Found(maps, {n: color for one in legends.values() for n, color in one.colors.items()})


def _rows(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(path.read_text("utf-8"))))
