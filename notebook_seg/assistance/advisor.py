"""What a trained model, or what was labelled so far, says of a picture: proposals and advice.

It takes seconds, so the labeller asks in the background.
"""

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt

from notebook_seg.assistance.trained import TrainedModel
from notebook_seg.data.classes import UNLABELLED
from notebook_seg.data.dataset import Dataset
from notebook_seg.errors import OptionError, TrainingError
from notebook_seg.labelling.learner import DatasetLearner
from notebook_seg.labelling.looks import Looks
from notebook_seg.labelling.pixel_features import labels_in
from notebook_seg.labelling.ranking import Predictor, Suggestion, rank_unlabelled
from notebook_seg.labelling.refining import snap_objects

if TYPE_CHECKING:
    from notebook_seg.prediction import Model

__all__ = ["Advisor", "Answer", "Say"]

Picture = npt.NDArray[np.uint8]
Say = Callable[[str], None]

# Pictures that are predicted before it is said which to label next.
_LOOKED_AT = 12


def _keep_quiet(text: str) -> None:
    pass


class Answer(NamedTuple):
    """The labels (H, W) uint8 that something sees in a picture, and what it is called."""

    title: str
    labels: Picture


class Advisor:
    """Answers about the pictures of a dataset.

    Each method takes a function `say` that it tells what it does; what that raises ends it.

    Parameters
    ----------
    dataset : Dataset
    model : Model, str or Path, optional
        A trained model, or the folder of one, which is opened when it is first needed.

    Raises
    ------
    OptionError
        If the model knows other classes than the dataset.

    Examples
    --------
    >>> data = Dataset.sample()
    >>> advisor = Advisor(data)
    >>> answer = advisor.by_learning(data.image("coin_04"), None, ["coin_01", "coin_02"])
    >>> answer.title, answer.labels.shape == data.image_size("coin_04")
    ('The labelled pictures', True)
    """

    def __init__(self, dataset: Dataset, model: "Model | str | Path | None" = None) -> None:
        self._dataset = dataset
        self._learner = DatasetLearner(dataset)
        self._looks = Looks(dataset)
        self._model = None if model is None else TrainedModel(model, dataset.class_names)

    @property
    def has_model(self) -> bool:
        """Whether there is a trained model, loaded or not."""
        return self._model is not None

    def by_model(self, image: Picture, say: Say = _keep_quiet) -> Answer:
        """Return what the trained model sees in a picture (H, W, 3).

        Raises
        ------
        OptionError
            If there is no model, or it knows other classes than the dataset.
        ModelError
            If its folder is not that of a model.
        """
        if self._model is None:
            raise OptionError("There is no trained model to ask: give one as model=FOLDER")
        self._load(self._model, say)
        say(f"{self._model.title} looks at the picture")
        return Answer(self._model.title, self._model.labels(image))

    def by_learning(
        self,
        image: Picture,
        scribbles: Picture | None,
        labelled: Sequence[str],
        say: Say = _keep_quiet,
    ) -> Answer:
        """Return what a pixel classifier sees that learns from scribbles and labelled pictures.

        Parameters
        ----------
        image : array (H, W, 3) of uint8
        scribbles : array (H, W) of uint8, or None
            What was scribbled on it, 255 where nothing was said. It is in the answer as it is.
        labelled : sequence of str
            The other pictures to learn from.

        Raises
        ------
        TrainingError
            If fewer than two different labels are known.
        """
        said = [] if scribbles is None else labels_in(scribbles)
        self._check_enough(said, labelled)
        learning = partial(_tell_reading, say)
        if scribbles is None or not said:
            labels = self._learner.from_masks(labelled, learning).labels(image)
            return Answer("The labelled pictures", snap_objects(image, labels))
        say("Learning from the scribbles")
        learned = self._learner.from_scribbles(image, scribbles, labelled, learning)
        labels = snap_objects(image, learned.labels(image))
        np.copyto(labels, scribbles, where=scribbles != UNLABELLED)
        return Answer("The scribbles", labels)

    def ranking(self, labelled: Sequence[str], say: Say = _keep_quiet) -> list[Suggestion]:
        """Return the unlabelled pictures that are most worth labelling, the best first.

        Parameters
        ----------
        labelled : sequence of str
            The pictures to learn from, where there is no trained model.
        """
        if not self._dataset.unlabelled:
            return []
        predictor = self._predictor(labelled, say)
        return rank_unlabelled(
            self._dataset,
            predictor,
            limit=_LOOKED_AT,
            looks=self._looks,
            report=lambda done, total: say(f"Looking at the pictures, {done} of {total}"),
        )

    def _predictor(self, labelled: Sequence[str], say: Say) -> Predictor | None:
        if self._model is not None:
            self._load(self._model, say)
            return self._model
        try:
            return self._learner.from_masks(labelled, partial(_tell_reading, say))
        except TrainingError:
            return None

    def _load(self, model: TrainedModel, say: Say) -> None:
        if not model.is_loaded:
            say(f"{model.title} is being loaded")
            model.load()

    def _check_enough(self, said: Sequence[int], labelled: Sequence[str]) -> None:
        if labelled or len(said) > 1:
            return
        if not said:
            raise TrainingError(
                "Nothing is known yet to make a proposal from: scribble on a specimen and on the "
                "background, or label a picture first"
            )
        name = self._dataset.class_names[said[0]]
        raise TrainingError(
            f"Only {name} was shown so far: scribble on something else as well, so that there are "
            "two things to tell apart"
        )


def _tell_reading(say: Say, done: int, total: int) -> None:
    say(f"Learning from the labelled pictures, {done} of {total}")
