"""The review of a dataset on its own, with the labeller behind it."""

from notebook_seg.data.dataset import Dataset
from notebook_seg.widgets.labeller import Labeller

__all__ = ["Review"]


class Review(Labeller):
    """Look over all pictures of a dataset with their masks, and correct what looks wrong.

    A picture that is chosen opens in the labeller; Y leads back.

    Parameters
    ----------
    dataset : Dataset
        The pictures to look over.

    Raises
    ------
    DatasetError
        If the dataset has no pictures.

    Examples
    --------
    >>> overview = Review(Dataset.sample())
    >>> overview.review.measure_all().suspicions
    ()
    """

    def __init__(self, dataset: Dataset) -> None:
        super().__init__(dataset)
        self.toggle_review()
