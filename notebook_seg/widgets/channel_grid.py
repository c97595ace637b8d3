"""The channels of a layer as a grid of pictures, one of which can be chosen."""

import cv2
from anywidget import AnyWidget
from traitlets import Bytes, Dict, Int, List

from notebook_seg.data.overlays import as_jpeg
from notebook_seg.inspection.responses import Activations
from notebook_seg.widgets.inspector_panes import colored
from notebook_seg.widgets.modules import joined_modules, static_text

__all__ = ["PER_PAGE", "ChannelGrid"]

PER_PAGE = 24
_LONGEST = 160


class ChannelGrid(AnyWidget):
    """Shows channels, the most responding first; a click chooses one.

    Attributes
    ----------
    channels : list of dict
        ``index`` of each that is shown, and whether it is ``dead``.
    chosen : int
        Index of one of them, -1 for none.

    Examples
    --------
    >>> import numpy as np
    >>> from notebook_seg.inspection.windows import Window
    >>> from notebook_seg.data.box import Box
    >>> values = np.zeros((8, 12, 3), np.float32)
    >>> values[0, 0, 2] = 1
    >>> grid = ChannelGrid()
    >>> grid.show(Activations("relu", 8, values, Window((64, 96), (64, 96), Box(0, 0, 64, 96))))
    >>> grid.channels[:2]
    [{'index': 2, 'dead': False}, {'index': 0, 'dead': True}]
    """

    _esm = joined_modules("channels")
    _css = static_text("channels.css")

    channels: List = List(Dict()).tag(sync=True)
    pictures: List = List(Bytes()).tag(sync=True)
    chosen = Int(-1).tag(sync=True)

    def show(self, activations: Activations, page: int = 0) -> None:
        """Show a page of `PER_PAGE` channels."""
        shown = activations.order[page * PER_PAGE : (page + 1) * PER_PAGE].tolist()
        # The browser draws when the pictures come.
        self.channels = [{"index": i, "dead": bool(activations.dead[i])} for i in shown]
        self.pictures = [_drawn(activations, index) for index in shown]


def _drawn(activations: Activations, index: int) -> bytes:
    height, width = activations.window.shape
    values, stride = activations.channel(index), activations.stride
    # Without what was added to the picture so that the network can halve it.
    values = values[: -(-height // stride), : -(-width // stride)]
    factor = _LONGEST / max(values.shape)
    size = [max(1, round(side * factor)) for side in values.shape[::-1]]
    how = cv2.INTER_AREA if factor < 1 else cv2.INTER_NEAREST
    return as_jpeg(colored(cv2.resize(values, size, interpolation=how), "channel"))
