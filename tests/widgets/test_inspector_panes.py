import numpy as np

from notebook_seg.data.box import Box
from notebook_seg.inspection.heat import Heatmap
from notebook_seg.inspection.windows import Window
from notebook_seg.widgets.inspector_panes import heat_marks, heat_pane, mask_pane

WINDOW = Window((400, 600), (200, 300), Box(50, 100, 150, 250))


def heat_of(values, region):
    return Heatmap(values, values, region, "a region", 0.9, 1, "fish", "hires_cam", "x", WINDOW)


def test_heat_lies_where_the_window_is_in_the_photograph():
    values = np.zeros((100, 150), np.float32)
    values[20:40, 30:60] = 1
    image = np.full((400, 600, 3), 200, np.uint8)
    over = heat_pane(image, heat_of(values, values > 0)).image
    assert over.shape == image.shape
    hot, cold, outside = over[160, 290], over[250, 450], over[20, 20]
    assert int(hot[0]) - int(hot[2]) > 50
    assert len(set(cold.tolist())) == len(set(outside.tolist())) == 1
    assert outside[0] < cold[0] < 200


def test_the_outline_of_what_was_asked_about_and_the_patch_are_in_pixels_of_the_photograph():
    values = np.zeros((100, 150), np.float32)
    values[20:40, 30:60] = 1
    region, patch = heat_marks(heat_of(values, values > 0))
    assert region.points.min(axis=0).tolist() == [260.5, 140.5]
    assert region.points.max(axis=0).tolist() == [318.5, 178.5]
    assert patch.points.min(axis=0).tolist() == [259.5, 139.5]
    assert patch.points.max(axis=0).tolist() == [319.5, 179.5]


def test_nothing_is_marked_where_all_was_asked_about_and_nothing_is_hot():
    values = np.zeros((100, 150), np.float32)
    assert heat_marks(heat_of(values, np.ones((100, 150), bool))) == ()


def test_what_is_laid_over_a_large_photograph_is_drawn_small():
    image = np.zeros((4000, 6000, 3), np.uint8)
    pane = mask_pane(image, np.ones((4000, 6000), np.uint8), ("#000000", "#ff0000"), "Mask")
    assert max(pane.image.shape) == 2048
