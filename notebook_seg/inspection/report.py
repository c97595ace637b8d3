"""What is known of a model as one page, which opens in any browser without the internet.

Pictures are in the file itself. The page follows the light or dark theme of the reader, and prints.
"""

import base64
import heapq
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape

import numpy as np
from matplotlib.figure import Figure
from PIL import Image as Pillow

from notebook_seg.data.overlays import Image, Mask, overlay_image
from notebook_seg.errors import OptionError
from notebook_seg.inspection.metrics import Scores
from notebook_seg.inspection.overlays import (
    ERROR_COLORS,
    ERROR_NAMES,
    error_overlay,
    reduced_image,
    reduced_mask,
)
from notebook_seg.inspection.panels import Classes

__all__ = [
    "Section",
    "WorstPictures",
    "facts_html",
    "figure_html",
    "html_page",
    "photograph_html",
]

_LONGEST = 520  # pixels of a panel's longer side: sharp at the size at which four share a page
_QUALITY = 85
_CSS_INCH = 96  # pixels of a style sheet
_STYLE = """
:root{color-scheme:light dark;--page:#fff;--text:#1c1e21;--line:rgba(128,128,128,.35);
 --quiet:rgba(128,128,128,.1);--link:#0059b2}
@media (prefers-color-scheme:dark){:root{--page:#16181b;--text:#e6e7e9;--link:#7ab8ff}}
*{box-sizing:border-box}
body{margin:0;background:var(--page);color:var(--text);
 font:16px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif}
main{max-width:76rem;margin:0 auto;padding:1.5rem}
h1{font-size:1.7rem;line-height:1.25;margin:.2em 0}
h2{font-size:1.25rem;margin:2.2em 0 .6em;padding-bottom:.2em;border-bottom:1px solid var(--line)}
h3{font-size:1rem;margin:0}
a{color:var(--link)}
.lead{max-width:52em;margin:.6em 0 1em}
nav{display:flex;flex-wrap:wrap;gap:.3em 1.2em}
figure{margin:0}
figcaption{font-size:.85rem;opacity:.8}
figure.drawn{display:inline-block;max-width:100%;margin:.4em 1em .8em 0;vertical-align:top}
figure.drawn img{display:block;max-width:100%;background:#fff;border-radius:6px;padding:6px}
.picture{margin:0 0 1.6em;break-inside:avoid}
.picture p{margin:.1em 0 .4em;font-size:.9rem;opacity:.85;font-variant-numeric:tabular-nums}
.panels{display:grid;grid-template-columns:repeat(4,minmax(0,1fr));gap:.5em}
.panels img{display:block;width:100%;border-radius:4px}
.legend{display:flex;flex-wrap:wrap;gap:.2em 1.2em;font-size:.9rem;margin:0 0 1em}
.legend span::before{content:"";display:inline-block;width:1.1em;height:.75em;margin-right:.4em;
 background:var(--key);border:1px solid var(--line);border-radius:2px}
dl.facts{display:grid;grid-template-columns:max-content 1fr;gap:.2em 1.2em;max-width:60em}
dl.facts dt{opacity:.75}
dl.facts dd{margin:0;overflow-wrap:anywhere}
@media (max-width:44rem){.panels{grid-template-columns:repeat(2,minmax(0,1fr))}}
@media print{
 :root{color-scheme:light;--page:#fff;--text:#000}
 body{font-size:10pt}
 main{max-width:none;padding:0}
 nav{display:none}
 h2{break-after:avoid}
 figure,tr,li{break-inside:avoid}
 *{print-color-adjust:exact;-webkit-print-color-adjust:exact}
}
"""


@dataclass(frozen=True)
class Section:
    """A part of the page.

    Parameters
    ----------
    heading : str
        As text.
    html : str
        What is below it, as HTML.
    """

    heading: str
    html: str


def html_page(title: str, lead: str, sections: Sequence[Section]) -> str:
    """Put a page together.

    Parameters
    ----------
    title, lead : str
        The heading of the page and a sentence or two below it, as text.
    sections : sequence of Section
        In their order; the links above lead to them.

    Returns
    -------
    str
        A whole HTML document that loads nothing else.

    Examples
    --------
    >>> page = html_page("Fish & chips", "Good.", [Section("Scores", "<p>1.0</p>")])
    >>> "<h1>Fish &amp; chips</h1>" in page, "<a href='#s1'>Scores</a>" in page
    (True, True)
    """
    links = "".join(
        f"<a href='#s{number}'>{escape(section.heading)}</a>"
        for number, section in enumerate(sections, 1)
    )
    body = "".join(
        f"<section id='s{number}'><h2>{escape(section.heading)}</h2>{section.html}</section>"
        for number, section in enumerate(sections, 1)
    )
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{escape(title)}</title><style>{_STYLE}</style></head><body><main>"
        f"<h1>{escape(title)}</h1><p class='lead'>{escape(lead)}</p><nav>{links}</nav>{body}"
        "</main></body></html>\n"
    )


def figure_html(figure: Figure, caption: str = "", width: float | None = None) -> str:
    """Return a Matplotlib figure as HTML that holds it.

    Parameters
    ----------
    figure : Figure
    caption : str, optional
        Written below.
    width : float, optional
        At most so many inches wide, however large the figure is.

    Examples
    --------
    >>> figure_html(Figure(figsize=(1, 1)), "nothing")[:52]
    "<figure class='drawn'><img alt='nothing' src='data:i"
    """
    png = io.BytesIO()
    shrunken = 1.0 if width is None else min(1.0, width / figure.get_figwidth())
    figure.savefig(png, format="png", dpi=figure.dpi * shrunken)
    shown = round(figure.get_figwidth() * shrunken * _CSS_INCH)
    return _figure("drawn", png.getvalue(), "png", caption, f" style='width:{shown}px'")


def photograph_html(image: Image, caption: str = "") -> str:
    """Return a photograph, reduced, as HTML that holds it.

    Parameters
    ----------
    image : (H, W, 3) uint8 array
        RGB.
    caption : str, optional
        Written below.

    Examples
    --------
    >>> photograph_html(np.zeros((9, 9, 3), np.uint8), "pike")[-40:]
    "'><figcaption>pike</figcaption></figure>"
    """
    jpeg = io.BytesIO()
    Pillow.fromarray(reduced_image(image, _LONGEST)).save(jpeg, "JPEG", quality=_QUALITY)
    return _figure("photograph", jpeg.getvalue(), "jpeg", caption)


def _figure(kind: str, content: bytes, subtype: str, caption: str, attributes: str = "") -> str:
    text = escape(caption, quote=True)
    source = f"data:image/{subtype};base64,{base64.b64encode(content).decode()}"
    below = f"<figcaption>{text}</figcaption>" if caption else ""
    return f"<figure class='{kind}'><img alt='{text}' src='{source}'{attributes}>{below}</figure>"


def facts_html(facts: Iterable[tuple[str, str]]) -> str:
    """Return names and what there is to say of each as HTML.

    Examples
    --------
    >>> facts_html([("network", "unet")])
    "<dl class='facts'><dt>network</dt><dd>unet</dd></dl>"
    """
    rows = "".join(f"<dt>{escape(name)}</dt><dd>{escape(told)}</dd>" for name, told in facts)
    return f"<dl class='facts'>{rows}</dl>"


@dataclass(frozen=True, eq=False)
class _Kept:
    """A picture of which no worse one may be left out; a heap has the best of them on top."""

    overlap: float
    stem: str
    html: str

    def __lt__(self, other: "_Kept") -> bool:
        return (self.overlap, self.stem) > (other.overlap, other.stem)


class WorstPictures:
    """Keeps the pictures that are predicted worst, each as HTML with its masks and errors.

    Parameters
    ----------
    class_names, colors : sequence of str
        Name and colour of each class, background first.
    limit : int
        How many pictures at most, none with 0; of the others nothing is kept.

    Raises
    ------
    OptionError
        If the limit is below 0, or a class lacks a name or a colour.

    Examples
    --------
    >>> kept = WorstPictures(["background", "fish"], ["#000000", "#e69f00"], limit=1)
    >>> image, mask = np.zeros((40, 60, 3), np.uint8), np.ones((40, 60), np.uint8)
    >>> kept.add("pike", image, mask, mask)
    >>> kept.add("perch", image, mask, 0 * mask)
    >>> kept.stems
    ('perch',)
    """

    def __init__(self, class_names: Sequence[str], colors: Sequence[str], limit: int = 12) -> None:
        if limit < 0:
            raise OptionError(
                f"The number of pictures to show is 0 or more: pass limit=12. Received: {limit}"
            )
        self._classes = Classes.of(class_names, colors)
        self._limit = limit
        self._heap: list[_Kept] = []

    def add(
        self,
        stem: str,
        image: Image,
        truth: Mask,
        prediction: Mask,
        scores: Scores | None = None,
        part: str = "",
    ) -> None:
        """Look at a picture, and keep it if it is among the worst.

        Parameters
        ----------
        stem : str
            Name of the picture.
        image : (H, W, 3) uint8 array
            The photograph, RGB.
        truth, prediction : (H, W) uint8 arrays
            Class indexes; unlabelled pixels (255 in `truth`) are striped grey and never an error.
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
        # A picture without any class has nothing that could be wrong, and comes last.
        overlap = known.foreground_mean_iou
        candidate = _Kept(2.0 if np.isnan(overlap) else overlap, stem, "")
        if len(self._heap) >= self._limit and not (self._heap and self._heap[0] < candidate):
            return
        heading = f"{stem} ({part})" if part else stem
        html = self._drawn(heading, image, truth, prediction, known)
        heapq.heappush(self._heap, _Kept(candidate.overlap, stem, html))
        if len(self._heap) > self._limit:
            heapq.heappop(self._heap)

    def _drawn(
        self, heading: str, image: Image, truth: Mask, prediction: Mask, scores: Scores
    ) -> str:
        small = reduced_image(image, _LONGEST)
        truth, prediction = (reduced_mask(mask, _LONGEST) for mask in (truth, prediction))
        colors = self._classes.colors
        panels = {
            "photograph": small,
            "mask": overlay_image(small, truth, colors),
            "prediction": overlay_image(small, prediction, colors),
            "errors": error_overlay(small, truth, prediction),
        }
        shown = "".join(photograph_html(panel, name) for name, panel in panels.items())
        return (
            f"<div class='picture'><h3>{escape(heading)}</h3><p>{escape(_told(scores))}</p>"
            f"<div class='panels'>{shown}</div></div>"
        )

    @property
    def stems(self) -> tuple[str, ...]:
        """The pictures that are kept, the worst first."""
        return tuple(kept.stem for kept in sorted(self._heap, reverse=True))

    @property
    def html(self) -> str:
        """The pictures, the worst first, below what their colours mean; empty without any."""
        if not self._heap:
            return ""
        names = [*zip(self._classes.names[1:], self._classes.colors[1:], strict=True)]
        names += [(name, ERROR_COLORS[error]) for error, name in ERROR_NAMES.items()]
        legend = "".join(
            f"<span style='--key:{color}'>{escape(name)}</span>" for name, color in names
        )
        shown = "".join(kept.html for kept in sorted(self._heap, reverse=True))
        return f"<p class='legend'>{legend}</p>{shown}"


def _told(scores: Scores) -> str:
    overlaps = (
        f"{name} {overlap:.3f}"
        for name, overlap in zip(scores.class_names[1:], scores.iou[1:], strict=True)
        if not np.isnan(overlap)
    )
    return f"IoU: {', '.join(overlaps) or 'nothing drawn and nothing found'}"
