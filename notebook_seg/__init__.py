"""Segment your own photographs: label, train, inspect and predict in one notebook.

The public names load when they are first used, so that importing the package costs almost nothing.

Examples
--------
>>> import notebook_seg as nbs
>>> data = nbs.Dataset.sample()
>>> [c.name for c in data.classes]
['coin']
"""

from importlib import import_module

from notebook_seg._version import __version__

_HOME = {
    "App": "widgets.app",
    "AugmentationPreview": "widgets.augmentation",
    "Dataset": "data",
    "Ensemble": "prediction",
    "Inspector": "widgets.inspector",
    "Labeller": "widgets",
    "Model": "prediction",
    "Plan": "training",
    "Prediction": "prediction",
    "Review": "widgets",
    "Trainer": "widgets.trainer",
    "WorkingScale": "training.scale",
    "activations": "inspection.explain",
    "advise": "workflow",
    "cross_validate": "workflow",
    "evaluate": "workflow",
    "exciting_patches": "inspection.explain",
    "export_masks": "data.formats",
    "get": "sharing",
    "heatmap": "inspection.explain",
    "import_masks": "data.formats",
    "load_model": "sharing",
    "open_bundle": "sharing",
    "part_of_split": "workflow",
    "plan": "workflow",
    "predict_folder": "prediction",
    "preview_augmentation": "workflow",
    "read_image": "data",
    "recipes": "training",
    "runs": "workflow",
    "share": "sharing",
    "train": "workflow",
    "worst_first": "workflow",
    "write_inspection": "workflow",
}

__all__ = [*sorted(_HOME), "__version__"]


def __getattr__(name: str) -> object:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__
