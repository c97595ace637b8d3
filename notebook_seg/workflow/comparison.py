"""The trainings of a dataset, to be compared."""

from pathlib import Path

from notebook_seg.data import Dataset
from notebook_seg.inspection.runs import Runs
from notebook_seg.training.runs import find_runs, runs_folder

__all__ = ["runs"]


def runs(data: Dataset | str | Path) -> Runs:
    """List the trainings of a dataset, or those in a folder.

    Parameters
    ----------
    data : Dataset or path
        A dataset whose trainings wrote to its folder ``runs``, or any folder that holds the
        folders of models.

    Returns
    -------
    Runs
        A table; ``runs(data).figure()`` draws their curves, ``runs(data).best`` is the best one.

    Raises
    ------
    DatasetError
        If there is no such folder.

    Examples
    --------
    >>> len(runs(Dataset.sample()))
    0
    """
    if isinstance(data, Dataset):
        folder = runs_folder(data)
        return Runs(*find_runs(folder)) if folder.is_dir() else Runs([])
    return Runs(*find_runs(data))
