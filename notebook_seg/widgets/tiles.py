"""A picture as tiles at its own and at halved sizes, of which a browser fetches what it shows."""

import cv2
import numpy as np
import numpy.typing as npt

from notebook_seg.errors import OptionError

__all__ = ["TilePyramid"]

TILE = 512
# High enough that nobody sees it on a photograph, a tenth of the bytes of a PNG.
_QUALITY = 92

Pixels = npt.NDArray[np.uint8]


class TilePyramid:
    """Encodes square tiles of a picture; level 0 has its own pixels, each further half a side.

    Levels are made when a tile of them is first asked for. What halving leaves over of an odd
    side, less than a pixel of the level, is left out.

    Parameters
    ----------
    image : array (H, W, 3) of uint8
        RGB. It is not copied.

    Examples
    --------
    >>> tiles = TilePyramid(np.zeros((1200, 1600, 3), np.uint8))
    >>> tiles.levels
    3
    >>> tiles.tile(2, 0, 0)[:2].hex()
    'ffd8'
    """

    def __init__(self, image: Pixels) -> None:
        self._levels = [image]
        side = max(image.shape[:2])
        self.levels = 1
        while side >> (self.levels - 1) > TILE:
            self.levels += 1
        # A small picture is looked at pixel by pixel, and costs little as it is.
        self._ending = ".png" if self.levels == 1 else ".jpg"

    def tile(self, level: int, row: int, column: int) -> bytes:
        """Return a tile as a JPEG, or as a PNG if the whole picture is no larger than a tile.

        Parameters
        ----------
        level : int
            0 for the picture as it is, up to ``levels - 1``.
        row, column : int
            Of the tile, each of 512 pixels a side; those at the right and lower end are smaller.

        Raises
        ------
        OptionError
            If there is no such tile.
        """
        pixels = self._pixels(level, row, column)
        if not pixels.size:
            raise OptionError(
                f"The picture has no such tile. Received: level {level}, row {row}, column {column}"
            )
        options = [cv2.IMWRITE_JPEG_QUALITY, _QUALITY] if self._ending == ".jpg" else []
        _, encoded = cv2.imencode(self._ending, pixels[..., ::-1], options)
        return encoded.tobytes()

    def _pixels(self, level: int, row: int, column: int) -> Pixels:
        if not (0 <= level < self.levels and row >= 0 and column >= 0):
            return np.empty((0, 0, 3), np.uint8)
        while len(self._levels) <= level:
            self._levels.append(_halved(self._levels[-1]))
        top, left = row * TILE, column * TILE
        return self._levels[level][top : top + TILE, left : left + TILE]


def _halved(image: Pixels) -> Pixels:
    height, width = (max(1, side // 2) for side in image.shape[:2])
    # With two by two pixels for each, OpenCV takes a path that is many times faster.
    even = image[: 2 * height, : 2 * width]
    return cv2.resize(even, (width, height), interpolation=cv2.INTER_AREA).astype(
        np.uint8, copy=False
    )
