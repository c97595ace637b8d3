"""Why the model said so, and how good it is: scores, tables and figures.

The scores need NumPy alone; `notebook_seg.inspection.figures`, which draws, loads Matplotlib.

Beyond the scores of pixels, `surfaces` tells how far outlines are apart, `instances` how many
objects were found, `reliability` whether probabilities can be trusted, and `thresholds` what
another threshold would change.
"""

from notebook_seg.inspection.evaluation import Evaluation, evaluate_predictions
from notebook_seg.inspection.metrics import Scores, confusion_matrix

__all__ = ["Evaluation", "Scores", "confusion_matrix", "evaluate_predictions"]
