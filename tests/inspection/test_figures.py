import subprocess
import sys
import tracemalloc

import numpy as np
import pytest

from notebook_seg.data.classes import color_to_rgb
from notebook_seg.errors import MaskError, OptionError
from notebook_seg.inspection import figures
from notebook_seg.inspection.overlays import ERROR_COLORS, Error

from .conftest import COLORS, shifted

NAMES = ("background", "fish")
SQUARE = np.full((60, 60, 3), 90, np.uint8)


def block(rows, value=1):
    mask = np.zeros((60, 60), np.uint8)
    mask[rows, 10:50] = value
    return mask


def panel(axes):
    (image,) = axes.images
    return np.asarray(image.get_array())


def headings(figure):
    return [axes.get_title() for axes in figure.axes]


def legend_texts(figure):
    return [[text.get_text() for text in legend.get_texts()] for legend in figure.legends]


def drawn(figure):
    figure.canvas.draw()
    return np.asarray(figure.canvas.buffer_rgba())[..., :3]


def share(picture, color):
    return (np.abs(picture.astype(int) - color_to_rgb(color)).max(-1) < 3).mean()


def test_importing_the_figures_loads_neither_pyplot_nor_keras():
    code = (
        "import sys, notebook_seg.inspection.figures;"
        "print([m for m in ('matplotlib.pyplot', 'keras', 'tensorflow') if m in sys.modules])"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"


def test_scores_and_tables_load_no_matplotlib():
    code = "import sys, notebook_seg.inspection; print('matplotlib' in sys.modules)"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "False"


@pytest.mark.parametrize(("kind", "panels_a_row"), [("fish", 4), ("leaf", 2)])
def test_a_comparison_shows_photograph_truth_prediction_and_errors(labelled, kind, panels_a_row):
    stem, image, truth, names = labelled(kind)
    figure = figures.comparison(
        image, truth, shifted(truth, 12), names, COLORS[: len(names)], title=stem
    )
    assert headings(figure)[:3] == ["Photograph", "Truth", "Prediction"]
    assert headings(figure)[3].startswith("Errors (IoU 0.")
    assert figure.get_suptitle() == stem
    assert figure.axes[0].get_subplotspec().get_gridspec().ncols == panels_a_row
    classes, errors = legend_texts(figure)
    assert classes == list(names[1:])
    assert errors[:3] == ["right", "missed", "false alarm"]


def test_errors_have_their_colours_in_the_panel_of_errors_and_in_no_other():
    figure = figures.comparison(
        SQUARE, block(slice(10, 30)), block(slice(20, 40)), NAMES, COLORS[:2]
    )
    photograph, truth, prediction, errors = map(panel, figure.axes)
    assert (errors[10:20, 10:50] == color_to_rgb(ERROR_COLORS[Error.MISSED])).all()
    assert (errors[30:40, 10:50] == color_to_rgb(ERROR_COLORS[Error.FALSE_ALARM])).all()
    np.testing.assert_array_equal(photograph, SQUARE)
    assert (truth[10] != truth[40]).any()
    for picture in (photograph, truth, prediction):
        assert share(picture, ERROR_COLORS[Error.MISSED]) == 0
    seen = drawn(figure)
    assert share(seen, ERROR_COLORS[Error.MISSED]) > 0.01
    assert share(seen, ERROR_COLORS[Error.FALSE_ALARM]) > 0.01
    assert share(seen, ERROR_COLORS[Error.WRONG_CLASS]) == 0


def test_the_score_of_a_comparison_is_that_of_the_full_size_masks():
    truth, prediction = (np.zeros((3000, 3000), np.uint8) for _ in range(2))
    truth[1001:2000, 1000:2000] = 1
    prediction[1000:2000, 1000:2000] = 1
    image = np.zeros((3000, 3000, 3), np.uint8)
    figure = figures.comparison(image, truth, prediction, NAMES, COLORS[:2])
    assert headings(figure)[3] == "Errors (IoU 0.999)"
    assert max(panel(figure.axes[0]).shape) < 500


def test_unlabelled_pixels_are_in_the_legend_and_are_no_errors():
    truth = block(slice(10, 30))
    truth[40:] = 255
    figure = figures.comparison(
        SQUARE, truth, np.where(truth, 1, 0).astype(np.uint8), NAMES, COLORS[:2]
    )
    assert legend_texts(figure) == [["fish", "unlabelled"], ["right"]]
    assert headings(figure)[3] == "Errors (IoU 1.000)"


def test_a_picture_of_mere_background_has_no_score_and_no_legend():
    nothing = np.zeros((60, 60), np.uint8)
    figure = figures.comparison(SQUARE, nothing, nothing, NAMES, COLORS[:2])
    assert headings(figure)[3] == "Errors"
    assert figure.legends == []
    drawn(figure)


def test_an_overlay_shows_the_classes_that_are_there(labelled):
    _, image, truth, names = labelled("yeast")
    figure = figures.overlay(image, truth, names, COLORS, opacity=1, title="yeast")
    assert legend_texts(figure) == [["mother", "daughter"]]
    picture = panel(figure.axes[0])
    np.testing.assert_array_equal(
        picture[truth == 1], [color_to_rgb(COLORS[1])] * (truth == 1).sum()
    )
    assert figure.get_suptitle() == "yeast"


def test_names_are_written_letter_by_letter():
    names = ("background", "_$x_1$")
    figure = figures.overlay(SQUARE, block(slice(10, 30)), names, COLORS[:2], title="_$y^2$")
    assert legend_texts(figure) == [["_$x_1$"]]
    texts = [*figure.legends[0].get_texts(), figure._suptitle]
    assert not any(text.get_parse_math() for text in texts)


def test_a_gallery_shows_the_worst_pictures_first_and_no_more_than_asked_for():
    truth = block(slice(10, 30))
    empty = np.zeros_like(truth)
    pictures = [
        ("perfect", SQUARE, truth, truth),
        ("nothing there", SQUARE, empty, empty),
        ("missed", SQUARE, truth, empty),
        ("half", SQUARE, truth, block(slice(10, 20))),
    ]
    figure = figures.gallery(iter(pictures), NAMES, COLORS[:2])
    assert headings(figure)[::4] == ["1. missed", "2. half", "3. perfect", "4. nothing there"]
    assert headings(figure)[3::4] == [
        "Errors (IoU 0.000)",
        "Errors (IoU 0.500)",
        "Errors (IoU 1.000)",
        "Errors",
    ]
    top = [axes.get_position().y1 for axes in figure.axes[::4]]
    assert top == sorted(top, reverse=True)
    missed, half = (panel(figure.axes[i]) for i in (3, 7))
    assert share(missed, ERROR_COLORS[Error.MISSED]) == pytest.approx(2 * 400 / 3600)
    assert share(half, ERROR_COLORS[Error.MISSED]) == pytest.approx(400 / 3600)
    shorter = figures.gallery(pictures, NAMES, COLORS[:2], limit=2)
    assert headings(shorter)[::4] == ["1. missed", "2. half"]


def test_a_gallery_of_real_pictures_of_different_sizes_keeps_their_shapes(labelled):
    pictures = [labelled("fish", i) for i in range(3)]
    figure = figures.gallery(
        ((p.stem, p.image, p.truth, shifted(p.truth, 9)) for p in pictures), NAMES, COLORS[:2]
    )
    assert len(figure.axes) == 12
    drawn(figure)
    shapes = {p.stem: p.image.shape[1] / p.image.shape[0] for p in pictures}
    for axes in figure.axes[::4]:
        box = axes.get_window_extent()
        stem = axes.get_title().partition(". ")[2]
        assert box.width / box.height == pytest.approx(shapes[stem], rel=0.02)


def test_a_gallery_holds_only_shrunk_copies_of_the_pictures():
    def pictures():
        for i in range(5):
            image = np.zeros((2000, 3000, 3), np.uint8)
            mask = np.zeros((2000, 3000), np.uint8)
            mask[: 100 * i] = 1
            yield str(i), image, mask, mask

    tracemalloc.start()
    figures.gallery(pictures(), NAMES, COLORS[:2], limit=2)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 3 * 24e6


def test_panels_of_24_megapixels_are_no_larger_than_they_are_drawn():
    image, mask = np.zeros((4000, 6000, 3), np.uint8), np.zeros((4000, 6000), np.uint8)
    mask[1000:2000, 1000:2000] = 1
    for figure in (
        figures.overlay(image, mask, NAMES, COLORS[:2]),
        figures.comparison(image, mask, mask, NAMES, COLORS[:2]),
    ):
        width, height = figure.get_size_inches() * figure.dpi
        assert sum(panel(axes).size / 3 for axes in figure.axes) <= 1.01 * width * height


def test_no_text_is_cut_off_at_the_edge_of_the_figure(labelled):
    stem, image, truth, _ = labelled("leaf")
    many = ("background", *(f"class number {i}" for i in range(1, 21)))
    stripes = (np.arange(image.shape[1]) // 100 % 21).astype(np.uint8) + 0 * truth
    colors = ["#123456"] * 21
    for figure in (
        figures.comparison(image, stripes, shifted(stripes, 30), many, colors, title=stem),
        figures.overlay(image, stripes, many, colors, title=stem * 20),
        figures.overlay(image[:, :300], stripes[:, :300], many, colors, title=stem * 20),
        figures.class_legend(many, colors),
    ):
        drawn(figure)
        texts = [axes.title for axes in figure.axes] + figure.texts
        texts += [text for legend in figure.legends for text in legend.get_texts()]
        boxes = [text.get_window_extent() for text in texts]
        panels = [axes.get_window_extent() for axes in figure.axes]
        assert all(box.x0 >= 0 and box.x1 <= figure.bbox.x1 for box in boxes)
        assert all(box.y0 >= 0 and box.y1 <= figure.bbox.y1 for box in boxes)
        assert not any(box.overlaps(picture) for box in boxes for picture in panels)


def test_a_class_legend_names_every_class_but_the_background():
    figure = figures.class_legend(("background", "leaf", "symptom"), COLORS)
    assert legend_texts(figure) == [["leaf", "symptom"]]
    assert all(share(drawn(figure), color) > 0.001 for color in COLORS[1:])


def test_names_and_colours_that_do_not_pair_up_are_an_error():
    with pytest.raises(OptionError, match="Received: 2 names and 3 colours"):
        figures.overlay(SQUARE, block(slice(10, 30)), NAMES, COLORS)


def test_a_mask_of_another_size_is_an_error_that_tells_the_full_sizes():
    image, mask = np.zeros((4000, 100, 3), np.uint8), np.zeros((4000, 101), np.uint8)
    with pytest.raises(MaskError, match=r"\(4000, 100\).* Received: .*\(4000, 101\)"):
        figures.overlay(image, mask, NAMES, COLORS[:2])


def test_a_gallery_of_nothing_is_an_error():
    with pytest.raises(OptionError, match="needs a picture"):
        figures.gallery([], NAMES, COLORS[:2])


def test_pairs_of_patches_stand_below_one_another():
    patches = [(SQUARE, block(slice(10, 30 + i))) for i in range(6)]
    figure = figures.patch_pairs(patches, patches, NAMES, COLORS[:2], title="light")
    assert (
        headings(figure)
        == ["as it is"] * 4 + ["augmented"] * 4 + ["as it is"] * 2 + ["augmented"] * 2
    )
    assert legend_texts(figure) == [["fish"]]
    for above, below in zip(figure.axes[:4], figure.axes[4:8], strict=True):
        assert above.get_position().x0 == below.get_position().x0
        assert above.get_position().y0 > below.get_position().y0
