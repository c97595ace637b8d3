"""What helps a person to label: a trained model, or what was labelled so far.

It joins `labelling`, which knows no Keras, and `prediction`, which opens models. Its answers are
plain arrays; the widgets ask for them in the background.
"""

from notebook_seg.assistance.advisor import Advisor, Answer, Say
from notebook_seg.assistance.trained import TrainedModel

__all__ = ["Advisor", "Answer", "Say", "TrainedModel"]
