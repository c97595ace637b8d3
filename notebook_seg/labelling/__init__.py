"""Drawing masks: the edits of one mask, and the session of a person who draws many.

Neither knows of a screen. The widgets are views of a `LabellingSession`.
"""

from notebook_seg.labelling.mask import Mask
from notebook_seg.labelling.pen import MODES, TOOLS, Pen
from notebook_seg.labelling.proposal import Proposal
from notebook_seg.labelling.session import LabellingSession

__all__ = ["MODES", "TOOLS", "LabellingSession", "Mask", "Pen", "Proposal"]
