"""A sheet to print: each picture as source, reference, prediction and overlay, with its scores.

Beside it goes a table of the four scores of Long et al. 2015 (doi:10.1109/CVPR.2015.7298965).
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from matplotlib.backends.backend_pdf import PdfPages
from matplotlib.figure import SubFigure
from PIL import Image as Pillow

from notebook_seg.data.files import replacing
from notebook_seg.data.overlays import Image, Mask, overlay_image
from notebook_seg.inspection.inline import InlineFigure, shortened
from notebook_seg.inspection.metrics import Scores
from notebook_seg.inspection.panels import Classes, View, class_entries
from notebook_seg.inspection.rows import Row
from notebook_seg.inspection.tables import PICTURE_SCORES

__all__ = ["Sheet", "four_scores", "open_sheet"]

_HEADINGS = ("Source", "Reference", "Prediction", "Overlay")
# An A4 page lying, in inches, and its rows.
_WIDTH, _HEIGHT, _ROWS = 11.69, 8.27, 3
_TALLEST = 1.9
# Left, bottom, width and height, as shares of the page: printers leave out what is further.
_WITHIN_MARGINS = (0.03, 0.04, 0.94, 0.92)
_PAPER = 244  # grey value on which masks are painted
_LONGEST_NAME = 60
# A palette of so many colours a panel: a PDF of photographs in full colour is five times as large.
_COLORS = 256


def four_scores(stem: str, scores: Scores) -> Row:
    """Return a picture's row of the table beside the sheet.

    Parameters
    ----------
    stem : str
        Name of the picture.
    scores : Scores

    Returns
    -------
    dict
        ``picture``, ``pixel_accuracy``, ``mean_accuracy``, ``mean_iou`` and
        ``frequency_weighted_iou``, 0 to 1.

    Examples
    --------
    >>> four_scores("pike", Scores([[80, 0], [10, 10]], ["background", "fish"]))["pixel_accuracy"]
    0.9
    """
    values = {name: float(getattr(scores, name)) for name in PICTURE_SCORES.values()}
    return {"picture": stem, **values}


class Sheet:
    """Gathers pictures into pages of a PDF file; made by `open_sheet`.

    Parameters
    ----------
    pages : PdfPages
        The file that is written.
    class_names, colors : sequence of str
        Name and colour of each class, background first.
    """

    def __init__(self, pages: PdfPages, class_names: Sequence[str], colors: Sequence[str]) -> None:
        self._pages = pages
        self._classes = Classes.of(class_names, colors)
        self._waiting: list[tuple[str, View]] = []

    def add(
        self,
        stem: str,
        image: Image,
        truth: Mask,
        prediction: Mask,
        scores: Scores | None = None,
        part: str = "",
    ) -> None:
        """Add a picture below those before it.

        Parameters
        ----------
        stem : str
            Name of the picture.
        image : (H, W, 3) uint8 array
            The photograph, RGB.
        truth, prediction : (H, W) uint8 arrays
            Class indexes; unlabelled pixels (255 in `truth`) are striped grey.
        scores : Scores, optional
            Of the prediction, if they are at hand.
        part : str, optional
            What the model did with the picture, such as ``"train"``; written beside its name.

        Raises
        ------
        ImageError, MaskError
            If the arrays do not fit each other.
        """
        known = scores or Scores.from_masks(truth, prediction, self._classes.names)
        told = "   ".join(f"{n} {getattr(known, a):.3f}" for n, a in PICTURE_SCORES.items())
        view = View.of((image, truth, prediction), self._classes, len(_HEADINGS), _TALLEST)
        name = shortened(stem, _LONGEST_NAME) + (f" ({part})" if part else "")
        self._waiting.append((f"{name}   {told}", view))
        if len(self._waiting) == _ROWS:
            self.finish_page()

    def finish_page(self) -> None:
        """Write the pictures that are waiting for a page to become full."""
        if not self._waiting:
            return
        figure = InlineFigure(_WIDTH, _HEIGHT)
        figure.set_layout_engine("constrained", rect=_WITHIN_MARGINS)
        rows = figure.subfigures(_ROWS, 1, squeeze=False)[:, 0]
        for number, (row, waiting) in enumerate(zip(rows, self._waiting, strict=False)):
            self._draw(row, *waiting, with_headings=number == 0)
        figure.write_legend(class_entries([view for _, view in self._waiting], self._classes))
        self._pages.savefig(figure)
        self._waiting = []

    def _draw(self, row: SubFigure, title: str, view: View, with_headings: bool) -> None:
        paper = np.full_like(view.image, _PAPER)
        colors = self._classes.colors
        panels = (
            view.image,
            overlay_image(paper, view.truth, colors, opacity=1, outline=0),
            overlay_image(paper, view.prediction, colors, opacity=1, outline=0),
            overlay_image(view.image, view.prediction, colors),
        )
        row.suptitle(title, x=0.0, ha="left", fontsize=9, parse_math=False)
        for axes, panel, heading in zip(
            row.subplots(1, len(panels)), panels, _HEADINGS, strict=True
        ):
            # Without interpolation the PDF holds the pixels as they are, and only once.
            axes.imshow(_few_colors(panel), interpolation="none")
            axes.set_axis_off()
            axes.set_anchor("N")
            if with_headings:
                axes.set_title(heading, fontsize=9, fontweight="bold")


def _few_colors(picture: Image) -> Image:
    palette = Pillow.fromarray(picture).quantize(_COLORS)
    return np.asarray(palette.convert("RGB"))


@contextmanager
def open_sheet(
    path: str | Path, class_names: Sequence[str], colors: Sequence[str]
) -> Iterator[Sheet]:
    """Write a sheet, page by page, as a PDF file.

    Parameters
    ----------
    path : str or Path
        The file, replaced as a whole if it is there.
    class_names, colors : sequence of str
        Name and colour of each class, background first.

    Raises
    ------
    OptionError
        If a class lacks a name or a colour.
    SaveError
        If the file cannot be written.

    Notes
    -----
    A4, lying, three pictures a page. Pages are written as they become full, so that memory does not
    grow with the number of pictures.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "sheet.pdf"
    >>> image, mask = np.zeros((40, 60, 3), np.uint8), np.ones((40, 60), np.uint8)
    >>> with open_sheet(path, ["background", "fish"], ["#000000", "#e69f00"]) as sheet:
    ...     sheet.add("pike", image, mask, mask)
    >>> path.read_bytes()[:5]
    b'%PDF-'
    """
    with (
        replacing(Path(path)) as file,
        PdfPages(file, metadata={"Title": "Source, reference, prediction, overlay"}) as pages,
    ):
        sheet = Sheet(pages, class_names, colors)
        yield sheet
        sheet.finish_page()
