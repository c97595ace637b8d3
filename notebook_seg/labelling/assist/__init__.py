"""Help from the picture: what a click, two points or a loose lasso may have meant.

All of it works on arrays alone, in a window around the points whose size is bounded: a picture of
100 megapixels answers about as fast as one of 6. Nothing here changes a mask; what is found is a
`Region` to paint, or a new array of labels to compare with the old.
"""

from notebook_seg.labelling.assist.scissors import Scissors
from notebook_seg.labelling.assist.snap import snap_region
from notebook_seg.labelling.assist.superpixels import Superpixels
from notebook_seg.labelling.assist.tidy import drop_specks, fill_holes, smooth
from notebook_seg.labelling.assist.wand import wand_region

__all__ = [
    "Scissors",
    "Superpixels",
    "drop_specks",
    "fill_holes",
    "smooth",
    "snap_region",
    "wand_region",
]
