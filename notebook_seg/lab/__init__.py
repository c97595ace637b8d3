"""The labeller in a browser, started from the command line: in JupyterLab, or alone on a page."""

from notebook_seg.lab.jupyterlab import labelling_notebook, open_jupyterlab
from notebook_seg.lab.page import labelling_page, open_page

__all__ = ["labelling_notebook", "labelling_page", "open_jupyterlab", "open_page"]
