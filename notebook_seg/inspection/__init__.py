"""Why the model said so, and how good it is: scores, tables and figures.

The scores need NumPy alone; `notebook_seg.inspection.figures`, which draws, loads Matplotlib.
"""

from notebook_seg.inspection.evaluation import Evaluation, evaluate_predictions
from notebook_seg.inspection.metrics import Scores, confusion_matrix

__all__ = ["Evaluation", "Scores", "confusion_matrix", "evaluate_predictions"]
