"""JupyterLab in the container: it opens at the quickstart and is reached where it is published."""

import os

c = get_config()  # noqa: F821 - Jupyter hands it over

c.LabApp.default_url = "/lab/tree/quickstart.ipynb"
c.ServerApp.open_browser = False
# JUPYTER_IP=127.0.0.1 is for a container on the network of its host, where all would mean all.
c.ServerApp.ip = os.environ.get("JUPYTER_IP", "0.0.0.0")
