"""The labeller and the app in a browser: in JupyterLab, or alone on a page."""

from notebook_seg.lab.app import app_page, open_app
from notebook_seg.lab.jupyterlab import labelling_notebook, open_jupyterlab
from notebook_seg.lab.page import labelling_page, open_page

__all__ = [
    "app_page",
    "labelling_notebook",
    "labelling_page",
    "open_app",
    "open_jupyterlab",
    "open_page",
]
