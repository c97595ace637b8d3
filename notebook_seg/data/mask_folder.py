"""The masks of a dataset on disk: a PNG each, and a journal of the strokes drawn since."""

from collections.abc import Callable, Collection
from pathlib import Path

import numpy as np

from notebook_seg.data.change import Change
from notebook_seg.data.classes import BACKGROUND, UNLABELLED
from notebook_seg.data.files import FileStamp, make_folder, stamp
from notebook_seg.data.journal import Journal
from notebook_seg.data.masks import as_mask, read_mask, write_mask
from notebook_seg.errors import MaskError

__all__ = ["MaskFolder"]


class MaskFolder:
    """Reads and saves masks, and never overwrites one that it cannot read.

    Parameters
    ----------
    folder : Path
        Where the masks lie.
    colors : tuple of str
        The colour of each class as ``'#rrggbb'``, background first.
    size_of : callable
        Gives height and width of the photograph with a stem.
    """

    def __init__(
        self, folder: Path, colors: tuple[str, ...], size_of: Callable[[str], tuple[int, int]]
    ) -> None:
        self.folder = folder
        self._colors = colors
        self._size_of = size_of
        self._journals: dict[str, Journal] = {}
        self._known_good: dict[str, FileStamp | None] = {}

    def path(self, stem: str) -> Path:
        """Return where the mask is, or will be."""
        return self.folder / f"{stem}.png"

    def has(self, stem: str) -> bool:
        """Whether there is a mask, or a stroke of one."""
        return self.path(stem).is_file() or self.has_strokes(stem)

    def stems(self, among: Collection[str]) -> set[str]:
        """Return those of the stems that have a mask, by one look into the folder."""
        names = [entry.name for entry in self.folder.iterdir()] if self.folder.is_dir() else []
        begun = {n[1 : -len(".journal")] for n in names if _is_journal(n)}
        saved = {n[: -len(".png")] for n in names if n.endswith(".png") and n[0] != "."}
        # Strokes may be left of a photograph that is gone.
        begun = {stem for stem in (begun - saved).intersection(among) if self.has_strokes(stem)}
        return saved.intersection(among) | begun

    def read(self, stem: str) -> np.ndarray | None:
        """Return the mask with all strokes, ``(H, W)`` uint8, or None if there is none."""
        mask = self._read_saved(stem)
        found = mask is not None
        if not self._journal_path(stem).exists():
            return mask
        if mask is None:
            mask = np.full(self._size_of(stem), BACKGROUND, np.uint8)
        n_strokes = self._journal(stem).replay(mask)
        return mask if found or n_strokes else None

    def save(self, stem: str, mask: np.ndarray) -> None:
        """Write a mask as a whole, and forget the strokes that led to it."""
        path = self.path(stem)
        mask = as_mask(mask, path)
        self._check_size(stem, mask.shape)
        self._check_values(mask, path)
        self._check_old(stem)
        self._journal(stem).check()
        make_folder(self.folder)
        write_mask(path, mask, self._colors)
        self._known_good[stem] = stamp(path)
        self._journal(stem).remove()

    def append(self, stem: str, change: Change) -> None:
        """Put one stroke on disk."""
        self._check_values(change.labels, self.path(stem))
        self._check_old(stem)
        make_folder(self.folder)
        self._journal(stem).append(change)

    def stamps(self, stem: str) -> tuple[FileStamp | None, FileStamp | None]:
        """Return marks of the mask and of its strokes that are others once either was written."""
        return stamp(self.path(stem)), stamp(self._journal_path(stem))

    def forget(self, stem: str) -> None:
        """Give up the strokes since the mask was last written."""
        self._journal(stem).remove()

    def _journal_path(self, stem: str) -> Path:
        return self.folder / f".{stem}.journal"

    def _journal(self, stem: str) -> Journal:
        size = self._size_of(stem)
        journal = self._journals.get(stem)
        if journal is None or journal.shape != size:
            journal = self._journals[stem] = Journal(self._journal_path(stem), size)
        return journal

    def has_strokes(self, stem: str) -> bool:
        """Whether there are strokes that are not part of the mask's file yet."""
        return self._journal_path(stem).exists() and self._journal(stem).has_strokes()

    def _read_saved(self, stem: str) -> np.ndarray | None:
        path = self.path(stem)
        found = stamp(path)
        if found is None:
            return None
        mask = read_mask(path)
        self._check_size(stem, mask.shape)
        self._check_values(mask, path)
        self._known_good[stem] = found
        return mask

    def _check_old(self, stem: str) -> None:
        """Raise if a mask is there that would be lost, because it cannot be read."""
        if self._known_good.get(stem) != stamp(self.path(stem)):
            self._read_saved(stem)

    def _check_size(self, stem: str, shape: tuple[int, ...]) -> None:
        size = self._size_of(stem)
        if shape != size:
            raise MaskError(
                f"The mask {self.path(stem)} does not fit its photograph: {shape[0]} x {shape[1]} "
                f"pixels against {size[0]} x {size[1]} (height x width, upright). Make it again "
                "at the size of the photograph, or move it out of the folder"
            )

    def _check_values(self, values: np.ndarray, path: Path) -> None:
        n_classes = len(self._colors)
        # Nearly always the largest value says it all, and is found ten times faster.
        if not values.size or values.max() < n_classes:
            return
        wrong = (values >= n_classes) & (values != UNLABELLED)
        if wrong.any():
            raise MaskError(
                f"The mask {path} holds the value {values[wrong][0]}, and the classes go from 0 to "
                f"{n_classes - 1}, {UNLABELLED} being unlabelled. Correct the mask, or move it "
                "out of the folder"
            )


def _is_journal(name: str) -> bool:
    return name.startswith(".") and name.endswith(".journal")
