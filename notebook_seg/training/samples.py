"""What a network sees in one picture, laid out for people to follow while it learns."""

import numpy as np

from notebook_seg.data.overlays import overlay_image, reduced_image, reduced_mask
from notebook_seg.training.validation import Preview

__all__ = ["sample_panels", "sample_strip"]

_GAP = 8  # pixels


def sample_panels(
    preview: Preview, colors: tuple[str, ...], longest: int = 400
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the photograph, the photograph with what was drawn, and with what is predicted.

    Parameters
    ----------
    preview : Preview
    colors : tuple of str
        Of the classes, background first.
    longest : int
        Pixels of the longer side at most.

    Returns
    -------
    tuple of three ndarray of uint8, shape (h, w, 3)
    """
    image = reduced_image(preview.image, longest)
    truth, labels = (reduced_mask(mask, longest) for mask in (preview.truth, preview.labels))
    return image, overlay_image(image, truth, colors), overlay_image(image, labels, colors)


def sample_strip(preview: Preview, colors: tuple[str, ...], longest: int = 400) -> np.ndarray:
    """Return the panels as one picture ``(h, w, 3)`` uint8, side by side on white.

    Examples
    --------
    >>> mask = np.ones((40, 60), np.uint8)
    >>> preview = Preview("fish", np.zeros((40, 60, 3), np.uint8), mask, mask)
    >>> sample_strip(preview, ("#000000", "#e6194b")).shape
    (40, 196, 3)
    """
    photograph, drawn, predicted = sample_panels(preview, colors, longest)
    gap = np.full((photograph.shape[0], _GAP, 3), 255, np.uint8)
    return np.hstack([photograph, gap, drawn, gap, predicted])
