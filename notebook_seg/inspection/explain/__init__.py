"""Why a network says what it says: its stages, what channels respond to, class heatmaps.

Everything takes a model and a photograph as an array, and gives arrays; the figures of them are in
`notebook_seg.inspection.explain_figures`.
"""

from notebook_seg import training  # noqa: F401 - first here, so that the start of Keras is quiet
from notebook_seg.inspection.explain.activations import activations
from notebook_seg.inspection.explain.faithfulness import faithfulness
from notebook_seg.inspection.explain.filters import excite, exciting_patches
from notebook_seg.inspection.explain.heatmaps import METHODS, METHODS_AT_A_LAYER, heatmap
from notebook_seg.inspection.explain.stages import layer_names, network_stages

__all__ = [
    "METHODS",
    "METHODS_AT_A_LAYER",
    "activations",
    "excite",
    "exciting_patches",
    "faithfulness",
    "heatmap",
    "layer_names",
    "network_stages",
]
