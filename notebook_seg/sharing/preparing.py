"""What is gathered about a model before it is handed out, in whatever form."""

import re
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np

from notebook_seg.data import Dataset, read_image
from notebook_seg.data.overlays import reduced_image
from notebook_seg.errors import OptionError
from notebook_seg.inspection.evaluation import Evaluation, evaluate_predictions
from notebook_seg.prediction import Ensemble, Model
from notebook_seg.prediction import load_model as load_model_folder
from notebook_seg.progress import progress_bar
from notebook_seg.sharing.card import write_card
from notebook_seg.sharing.info import BundleInfo, check_name
from notebook_seg.sharing.portable import portable

__all__ = ["About", "Prepared", "check_free", "name_of", "prepared"]

_EXAMPLE = 768  # pixels of the longer side of the test picture


@dataclass(frozen=True)
class About:
    """What its maker says of a model; see `notebook_seg.sharing.share`."""

    name: str
    description: str = ""
    authors: Sequence[str] = ()
    licence: str = ""
    citation: str = ""
    limits: str = ""


@dataclass(frozen=True, eq=False)
class Prepared:
    """A model without what is nobody's business, and what goes with it.

    Parameters
    ----------
    model : Model or Ensemble
    info : BundleInfo
    card : str
        As Markdown.
    photograph : ndarray of uint8, shape (H, W, 3)
        The test picture, no side longer than 768 pixels.
    """

    model: Model | Ensemble
    info: BundleInfo
    card: str
    photograph: np.ndarray


def prepared(
    model: Model | Ensemble | str | Path,
    about: About,
    data: Dataset | str | Path | None,
    picture: np.ndarray | str | Path | None,
    progress: bool,
    as_bundle: bool = True,
) -> Prepared:
    """Gather it; the arguments are those of `notebook_seg.sharing.share` and `write_card`."""
    loaded = portable(load_model_folder(model) if isinstance(model, str | Path) else model)
    info = BundleInfo(
        name=about.name,
        classes=loaded.class_names[1:],
        description=about.description,
        authors=tuple(about.authors),
        licence=about.licence,
        citation=about.citation,
        limits=about.limits,
        shared=date.today().isoformat(),
    )
    dataset = Dataset(data) if isinstance(data, str | Path) else data
    unseen = None if dataset is None else _unseen(loaded, dataset)
    scores = None if unseen is None else _scores(loaded, unseen, progress)
    card = write_card(info, loaded.record, scores, as_bundle)
    photograph = _example(loaded, _photograph(picture, unseen or dataset))
    return Prepared(loaded, info, card, photograph)


def name_of(model: Model | Ensemble | str | Path) -> str:
    """Return a name for a model that was given none: its folder's, or those of its classes."""
    called = (
        Path(model).expanduser().resolve().name
        if isinstance(model, str | Path)
        else "-".join(model.class_names[1:])
    )
    plain = re.sub(r"[^A-Za-z0-9._-]+", "-", called).strip("._-")
    return check_name(plain[:64] or "model")


def check_free(target: Path, overwrite: bool) -> None:
    """Refuse to write over a file, unless that is wanted.

    Raises
    ------
    OptionError
    """
    if target.is_dir():
        raise OptionError(f"A model is shared as a file, and this is a folder. Received: {target}")
    if target.exists() and not overwrite:
        raise OptionError(
            "The file is there already: choose another, or pass overwrite=True (--overwrite). "
            f"Received: {target}"
        )


def _unseen(model: Model | Ensemble, dataset: Dataset) -> Dataset | None:
    if dataset.class_names != model.class_names:
        raise OptionError(
            f"The classes of {dataset.folder} are not those of the model. Received: "
            f"{', '.join(dataset.class_names)}; the model knows {', '.join(model.class_names)}"
        )
    split = model.record.split
    seen = {*split["train"], *split["validation"]}
    stems = [stem for stem in dataset.labelled if stem not in seen]
    return dataset.subset(stems) if stems else None


def _scores(model: Model | Ensemble, unseen: Dataset, progress: bool) -> Evaluation:
    with progress_bar(len(unseen.labelled), "Scoring", "photo", progress) as bar:

        def pairs() -> Iterator[tuple[str, np.ndarray, np.ndarray]]:
            for stem in unseen.labelled:
                labels = model.predict(unseen.image(stem)).labels
                yield stem, unseen.drawn_mask(stem), labels
                bar.update()

        return evaluate_predictions(pairs(), model.class_names)


def _photograph(picture: np.ndarray | str | Path | None, dataset: Dataset | None) -> np.ndarray:
    if isinstance(picture, np.ndarray):
        return picture
    if picture is not None:
        return read_image(picture)
    if dataset is not None:
        return dataset.image((dataset.labelled or dataset.stems)[0])
    with tempfile.TemporaryDirectory(prefix="notebook_seg_") as folder:
        sample = Dataset.sample(Path(folder) / "sample")
        return sample.image(sample.stems[0])


def _example(model: Model | Ensemble, photograph: np.ndarray) -> np.ndarray:
    if model.record.plan.scale.factor is None:
        return reduced_image(photograph, _EXAMPLE)
    # Where pixels have a fixed size, a smaller picture would show smaller things.
    top, left = (max(0, side - _EXAMPLE) // 2 for side in photograph.shape[:2])
    return np.ascontiguousarray(photograph[top : top + _EXAMPLE, left : left + _EXAMPLE])
