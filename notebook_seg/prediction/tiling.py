"""Tiling, where prediction's other parts look for it."""

from notebook_seg.training.tiling import Predict, predict_in_tiles, tile_edges

__all__ = ["Predict", "predict_in_tiles", "tile_edges"]
