"""Several models that are asked together."""

import itertools
import json
from collections.abc import Iterable, Sequence
from pathlib import Path

import cv2
import numpy as np

from notebook_seg.data.files import atomic_write, make_folder
from notebook_seg.errors import ModelError, OptionError, check_format
from notebook_seg.model_files import MEMBERS
from notebook_seg.prediction.model import Model
from notebook_seg.prediction.predictor import Predictor
from notebook_seg.training.record import ModelRecord

__all__ = ["Ensemble", "is_ensemble", "write_members"]

FORMAT = 1


class Ensemble(Predictor):
    """Models of the same classes whose probabilities are averaged.

    Networks that were trained on other pictures, or from another seed, err elsewhere; their mean
    errs less, and is unsure where they disagree [1]_. It takes as many times as long as there are
    models.

    Parameters
    ----------
    models : iterable of Model
        The working scale of the first is that of the predictions.

    Raises
    ------
    OptionError
        If there is no model, or their classes differ.

    References
    ----------
    .. [1] Lakshminarayanan et al. 2017, Simple and Scalable Predictive Uncertainty Estimation
       using Deep Ensembles, arXiv:1612.01474

    Examples
    --------
    >>> from notebook_seg.data import ClassLabel
    >>> from notebook_seg.training import Plan
    >>> split = {"train": ["coin_01"], "validation": ["coin_02"], "test": []}
    >>> plan = Plan(encoder="resnet18", epochs=1)
    >>> record = ModelRecord((ClassLabel(1, "coin", "#e6194b"),), plan, split)
    >>> ensemble = Ensemble([Model(record.build(), record), Model(record.build(), record)])
    >>> ensemble
    Ensemble(2 models: coin)
    >>> ensemble.predict(np.zeros((60, 80, 3), np.uint8)).labels.shape
    (60, 80)
    """

    def __init__(self, models: Iterable[Model]) -> None:
        self.models = tuple(models)
        if not self.models:
            raise OptionError("An ensemble needs a model at least. Received: none")
        for model in self.models[1:]:
            if model.class_names != self.class_names:
                raise OptionError(
                    "The models of an ensemble know the same classes. Received: "
                    f"{', '.join(self.class_names[1:])}; {', '.join(model.class_names[1:])}"
                )

    def __repr__(self) -> str:
        return f"Ensemble({len(self.models)} models: {', '.join(self.class_names[1:])})"

    def __len__(self) -> int:
        return len(self.models)

    @property
    def record(self) -> ModelRecord:
        """Classes and plan of the first model, and which pictures any of them has learned from.

        A picture is in ``split["test"]`` only if no model has seen it.
        """
        first = self.models[0].record
        seen: set[str] = set()
        split = {}
        for part in ("train", "validation", "test"):
            split[part] = tuple(s for s in self._stems(part) if s not in seen)
            seen.update(split[part])
        training = {"models": [dict(model.record.training) for model in self.models]}
        return ModelRecord(first.classes, first.plan, split, training, first.versions)

    @property
    def temperature(self) -> float:
        """The mean of what the models divide their logits by."""
        return float(np.mean([model.temperature for model in self.models]))

    def _stems(self, part: str) -> Iterable[str]:
        of_models = (model.record.split[part] for model in self.models)
        return dict.fromkeys(itertools.chain.from_iterable(of_models))

    def _working_probabilities(self, pixels: np.ndarray, augmented: bool) -> np.ndarray:
        first, *others = self.models
        total = np.array(first.predict(pixels, augmented).working_probabilities)
        for model in others:
            # One model after the other, so that memory does not grow with their number.
            probabilities = model.predict(pixels, augmented).working_probabilities
            total += _resized(probabilities, total.shape[:2])
        total /= len(self.models)
        return total

    @classmethod
    def load(cls, folder: str | Path) -> "Ensemble":
        """Rebuild an ensemble from its folder.

        Raises
        ------
        ModelError
            If the folder is not that of an ensemble, or one of its models is damaged.
        """
        folder = Path(folder).expanduser()
        return cls(Model.load(folder / name) for name in _read_members(folder))

    def save(self, folder: str | Path) -> None:
        """Write the models to a folder, from which `load` rebuilds them anywhere.

        Raises
        ------
        SaveError
            If the folder cannot be written.
        """
        folder = Path(folder).expanduser()
        names = [f"model_{number}" for number, _ in enumerate(self.models, 1)]
        for name, model in zip(names, self.models, strict=True):
            model.save(folder / name)
        write_members(folder, names)


def _resized(probabilities: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    if probabilities.shape[:2] == shape:
        return probabilities
    channels = np.moveaxis(probabilities, -1, 0)
    enlarged = [cv2.resize(np.ascontiguousarray(c), shape[::-1]) for c in channels]
    return np.stack(enlarged, axis=-1)


def is_ensemble(folder: Path) -> bool:
    """Whether a folder is that of an ensemble."""
    return (folder / MEMBERS).exists()


def write_members(folder: Path, names: Sequence[str]) -> None:
    """Make an ensemble of the model folders that lie in a folder.

    Raises
    ------
    SaveError
        If the folder cannot be written.
    """
    make_folder(folder)
    text = json.dumps({"format": FORMAT, "models": list(names)}, indent=2, ensure_ascii=False)
    atomic_write(folder / MEMBERS, f"{text}\n".encode())


def _read_members(folder: Path) -> list[str]:
    file = folder / MEMBERS
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
        written, names = int(content["format"]), [str(name) for name in content["models"]]
    except FileNotFoundError:
        raise ModelError(f"{folder} is not an ensemble: it has no {MEMBERS}.") from None
    except (ValueError, KeyError, TypeError, OSError) as error:
        raise ModelError(f"{file} is damaged and cannot be read ({error}).") from error
    check_format(file, written, FORMAT)
    if not names:
        raise ModelError(f"{file} names no model: copy the whole folder again.")
    return names
