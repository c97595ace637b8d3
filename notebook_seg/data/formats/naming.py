"""Which class of the dataset each name or number in other people's files becomes."""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from notebook_seg.data.classes import (
    BACKGROUND,
    DEFAULT_COLORS,
    UNLABELLED,
    ClassLabel,
    make_classes,
)
from notebook_seg.data.counting import Tally, count_objects
from notebook_seg.data.formats.annotated import Annotated, Drawing, LabelMap
from notebook_seg.data.values import (
    DEFAULT_NAME,
    OTHERS,
    Meaning,
    Value,
    Values,
    decide_meaning,
)
from notebook_seg.errors import MaskError, OptionError

__all__ = ["ClassBook", "Item"]

# `__ignore__` and `_background_` are LabelMe's own.
_NO_CLASS = {
    "background": BACKGROUND,
    "_background_": BACKGROUND,
    "unlabelled": UNLABELLED,
    "unlabeled": UNLABELLED,
    "__ignore__": UNLABELLED,
}


class Item(NamedTuple):
    """An annotation, and for a label map which values are in it, and whether they count objects."""

    picture: Annotated
    values: frozenset[Value]
    tally: Tally | None = None


class ClassBook:
    """The classes of a dataset, to which new names are added where that is allowed.

    Parameters
    ----------
    classes : sequence of ClassLabel
        Those that are there.
    grows : bool
        Whether names that are not there become new classes; else they are an error.
    values : mapping, optional
        What the user says that names and values mean; see `import_masks`.
    colors : mapping of str to str or None, optional
        Colours that the files give to their classes.
    named : bool, optional
        Whether any shape in the files has a class; else those without one are of the only class.

    Examples
    --------
    >>> book = ClassBook(make_classes(["fish"]), grows=True)
    >>> book.index("Fish"), book.index("fin"), book.index("unlabelled")
    (1, 2, 255)
    >>> book.added
    ['fin']
    """

    def __init__(
        self,
        classes: Sequence[ClassLabel],
        grows: bool,
        values: Values | None = None,
        colors: Mapping[str, str | None] | None = None,
        named: bool = False,
    ) -> None:
        self._names = [label.name for label in classes]
        self._colors = [label.color for label in classes]
        self._grows = grows
        self._values = dict(values or {})
        self._said = {str(k).strip().casefold(): v for k, v in self._values.items()}
        self._told = dict(colors or {})
        self._known = len(classes)
        self._named = named

    @property
    def classes(self) -> tuple[ClassLabel, ...]:
        """All classes, new ones last."""
        made = make_classes(self._names or [DEFAULT_NAME])
        colors = self._colors or [made[0].color]
        return tuple(ClassLabel(m.index, m.name, c) for m, c in zip(made, colors, strict=True))

    @property
    def added(self) -> list[str]:
        """The new ones."""
        return self._names[self._known :]

    def index(self, name: str) -> int:
        """Return the class index of a name.

        Raises
        ------
        MaskError
            If it is none of the classes, and none may be added.
        """
        said = self._said_of(name)
        if isinstance(said, int):
            return self._checked(said)
        known = self._index_of(said)
        if known is not None:
            return known
        if not self._grows:
            raise self._unknown(name)
        return self._add(said.strip(), self._told.get(name))

    def _said_of(self, name: str) -> int | str:
        folded = name.strip().casefold()
        if folded in self._said:
            return self._said[folded]
        return name if self._index_of(name) is not None else self._said.get(OTHERS, name)

    def _index_of(self, name: str) -> int | None:
        folded = name.strip().casefold()
        if folded in _NO_CLASS:
            return _NO_CLASS[folded]
        names = [known.casefold() for known in self._names]
        return names.index(folded) + 1 if folded in names else None

    def indexes(self, item: Item) -> Mapping:
        """Return the class index of each name, or of each value, of an annotation."""
        if isinstance(item.picture, Drawing):
            names = item.picture.names
            return {
                name: self._unnamed(item) if name is None else self.index(name) for name in names
            }
        return {value: self._of_value(value, item.picture) for value in item.values}

    def settle(self, items: Iterable[Item]) -> None:
        """Add the classes of some annotations, in their order, and check that all are clear.

        Raises
        ------
        MaskError
            If a name or a value has no class.
        """
        items = list(items)
        plain = [i for i in items if isinstance(i.picture, LabelMap) and i.picture.names is None]
        if plain:
            self._understand(plain)
        for item in items:
            self.indexes(item)

    def _understand(self, items: Sequence[Item]) -> None:
        found: set[Value] = set().union(*(item.values for item in items))
        where = items[0].picture.source.parent
        counted = count_objects(item.tally for item in items)
        meaning = decide_meaning(found, self._names or None, self._values or None, where, counted)
        self._meaning: Meaning = meaning
        for name in meaning.names:
            self.index(name)

    def _of_value(self, value: Value, picture: LabelMap) -> int:
        if picture.names is None:
            return self._meaning.indexes[value]
        if value == BACKGROUND:
            return BACKGROUND
        if value in self._values:
            return self.index(str(self._values[value]))
        if OTHERS in self._values and value not in picture.names:
            return self.index(str(self._values[OTHERS]))
        if not isinstance(value, int) or value not in picture.names:
            raise MaskError(
                f"{picture.source} holds the value {value}, and nothing tells its class. Say it "
                f"with values={{{value!r}: 'fish'}} or similar"
            )
        return self.index(picture.names[value])

    def _unnamed(self, item: Item) -> int:
        if self._said.keys() & {"", OTHERS}:
            return self.index("")
        names = self._names or [DEFAULT_NAME]
        # Where other shapes have a class, one without may be a region of interest or a scale.
        if self._named or len(names) > 1:
            raise MaskError(
                f"{item.picture.source} has shapes without a class, and the classes are "
                f"{', '.join(names)}. Say which one they are with values={{'': {names[0]!r}}}, or "
                "'background'"
            )
        return self.index(names[0])

    def _add(self, name: str, color: str | None) -> int:
        # Also checks the name, and that there are not too many.
        make_classes([*self._names, name])
        self._names.append(name)
        self._colors.append(color or DEFAULT_COLORS[(len(self._names) - 1) % len(DEFAULT_COLORS)])
        return len(self._names)

    def _checked(self, index: int) -> int:
        if 0 <= index <= len(self._names) or index == UNLABELLED:
            return index
        raise OptionError(
            f"A class index goes from 0 to {len(self._names)}, or is {UNLABELLED} for unlabelled. "
            f"Received in values: {index}"
        )

    def _unknown(self, name: str) -> MaskError:
        return MaskError(
            f"The files have a class {name!r}, and the classes are {', '.join(self._names)}. Add "
            f"it to classes, or say what it means: values={{{name!r}: 'background'}}, or "
            f"{{'{OTHERS}': 'background'}} for all others"
        )
