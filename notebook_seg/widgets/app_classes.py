"""Names and colours of the classes of a dataset, changed without touching a mask."""

from collections.abc import Sequence
from dataclasses import replace

from notebook_seg.data import Dataset
from notebook_seg.data.classes import DEFAULT_COLORS, ClassLabel, color_to_rgb, make_classes
from notebook_seg.data.description import DESCRIPTION, Description
from notebook_seg.data.files import atomic_write
from notebook_seg.errors import DatasetError

__all__ = ["Look", "make_looks", "rewrite_classes", "unused_color"]

# A name and a colour as '#rrggbb'.
Look = tuple[str, str]


def make_looks(looks: Sequence[Look]) -> tuple[ClassLabel, ...]:
    """Return classes of these names and colours, in this order.

    Raises
    ------
    DatasetError
        If a name is empty, taken twice or reserved, or a colour is none.

    Examples
    --------
    >>> make_looks([("fish", "#ee3377")])
    (ClassLabel(index=1, name='fish', color='#ee3377'),)
    """
    classes = make_classes([name.strip() for name, _ in looks])
    for _, color in looks:
        color_to_rgb(color)
    return tuple(replace(c, color=look[1]) for c, look in zip(classes, looks, strict=True))


def rewrite_classes(dataset: Dataset, looks: Sequence[Look]) -> Dataset:
    """Give the classes of a dataset other names or colours, and add new ones after them.

    Masks hold indexes, so none is touched; a class that is there cannot be taken away.

    Parameters
    ----------
    dataset : Dataset
    looks : sequence of (str, str)
        Name and colour of each class, in the order of the indexes.

    Returns
    -------
    Dataset
        The same folder, opened anew.

    Raises
    ------
    DatasetError
        If a class is missing, or a name or colour is not usable.
    SaveError
        If it cannot be written.

    Examples
    --------
    >>> data = Dataset.sample()
    >>> rewrite_classes(data, [("money", "#ee3377"), ("scratch", "#0077bb")]).class_names
    ('background', 'money', 'scratch')
    """
    if len(looks) < len(dataset.classes):
        raise DatasetError(
            f"The classes of {dataset.folder} stay, since masks may hold them: rename them, or add "
            f"others. Received: {len(looks)} classes in place of {len(dataset.classes)}"
        )
    description = Description(make_looks(looks), dataset.groups)
    atomic_write(dataset.folder / DESCRIPTION, description.to_json())
    return Dataset(dataset.folder)


def unused_color(taken: Sequence[str]) -> str:
    """Return the next colour for a class.

    Examples
    --------
    >>> unused_color(["#ee3377"])
    '#bbcc33'
    """
    free = [color for color in DEFAULT_COLORS if color not in taken]
    return free[0] if free else DEFAULT_COLORS[len(taken) % len(DEFAULT_COLORS)]
