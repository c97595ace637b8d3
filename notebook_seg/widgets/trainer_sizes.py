"""Fields of the trainer's form for sizes in pixels: of the photographs, and of what is cut out."""

from ipywidgets import HTML, BoundedFloatText, BoundedIntText, Dropdown, HBox, Layout, Widget

from notebook_seg.training.networks import STRIDE
from notebook_seg.training.scale import WorkingScale
from notebook_seg.widgets.trainer_fields import Field, widen

__all__ = ["PatchField", "ScaleField"]

_NARROW = "80px"
_LARGEST = 8192  # pixels
_KINDS = (("pixels, the longer side", "long_side"), ("times its own size", "factor"))
_FIRST = {"long_side": 512, "factor": 0.5}


class ScaleField(Field):
    """How large photographs are where the network sees them."""

    def control(self) -> Widget:
        """Return a number, and what it counts."""
        self.number = BoundedFloatText(min=0.01, max=_LARGEST, layout=Layout(width=_NARROW))
        self.kind = Dropdown(options=_KINDS, layout=Layout(width="200px"))
        self.number.observe(self.on_change(lambda value: self._write()), "value")
        self.kind.observe(self.on_change(self._choose_kind), "value")
        return HBox([self.number, self.kind])

    def show(self) -> None:
        """Show the scale."""
        scale = self.choices.plan.scale
        self.kind.value = "factor" if scale.long_side is None else "long_side"
        value = getattr(scale, self.kind.value)
        widen(self.number, value)
        self.number.value = value

    def _choose_kind(self, kind: object) -> None:
        planned = getattr(self.choices.planned.scale, str(kind))
        self._choose_value(_scale(kind, planned or _FIRST[str(kind)]))

    def _write(self) -> None:
        self._choose_value(_scale(self.kind.value, self.number.value))


def _scale(kind: object, value: float) -> WorkingScale:
    return WorkingScale(round(value)) if kind == "long_side" else WorkingScale(factor=value)


class PatchField(Field):
    """Height and width of what is learned from at a time."""

    def control(self) -> Widget:
        """Return a number for each side."""
        self.sides = [
            BoundedIntText(
                STRIDE, min=STRIDE, max=_LARGEST, step=STRIDE, layout=Layout(width=_NARROW)
            )
            for _ in ("height", "width")
        ]
        for side in self.sides:
            side.observe(self.on_change(lambda value: self._write()), "value")
        return HBox([self.sides[0], HTML("×"), self.sides[1]])

    def show(self) -> None:
        """Show both sides."""
        for number, side in zip(self.sides, self.choices.plan.patch, strict=True):
            widen(number, side)
            number.value = side

    def _write(self) -> None:
        self._choose_value(tuple(number.value for number in self.sides))
