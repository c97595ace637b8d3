"""The labeller alone on a page of the browser, served by Voila on this machine only."""

import json
import logging
import secrets
import signal
import socket
import tempfile
import threading
import webbrowser
from collections.abc import Callable
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from notebook_seg.errors import MissingExtraError
from notebook_seg.lab.notebooks import code_cell, notebook

__all__ = ["labelling_page", "open_page"]

_TEMPLATE = Path(__file__).parent / "template"
_HERE = "127.0.0.1"
# A page that was closed ends its kernel at once. One whose browser has crashed does not; to end it
# soon would end that of a laptop that sleeps over lunch, too.
_KERNEL_PATIENCE_S, _LOOK_EVERY_S = 12 * 3600, 300
# What shows widgets; other extensions that are installed may not fit Voila.
_EXTENSIONS = [
    "@jupyter-widgets/jupyterlab-manager",
    "@voila-dashboards/widgets-manager8",
    "anywidget",
    "jupyter-matplotlib",
]

_SOURCE = """\
import atexit

import notebook_seg as nbs

labeller = nbs.Labeller(nbs.Dataset({folder}), model={model})
atexit.register(labeller.save)
labeller"""


def labelling_page(folder: Path, model: Path | None = None) -> dict[str, Any]:
    """Return a notebook that shows the labeller of a dataset and nothing else.

    Parameters
    ----------
    folder : Path
        A dataset.
    model : Path, optional
        The folder of a trained model that proposes masks.

    Examples
    --------
    >>> labelling_page(Path("my_fish"))["metadata"]["title"]
    'my_fish – notebook_seg'
    """
    folder = folder.expanduser().resolve()
    # Escaped, so that any name of a folder is the name that the kernel reads.
    path = None if model is None else str(model.expanduser().resolve())
    source = _SOURCE.format(folder=ascii(str(folder)), model=ascii(path))
    return notebook(code_cell("label", source), title=f"{folder.name} – notebook_seg")


def open_page(folder: Path, tell: Callable[[str], object], model: Path | None = None) -> None:
    """Serve the labeller as a page, open it in the browser, and wait until Ctrl-C.

    The page is served to this machine alone and to whoever knows its address, which holds a secret.
    Nothing is left in the folder of the dataset but masks.

    Parameters
    ----------
    folder : Path
        A dataset.
    tell : callable
        Called with the address of the page once it is there.
    model : Path, optional
        The folder of a trained model that proposes masks.

    Raises
    ------
    MissingExtraError
        If Voila is not installed.
    """
    if find_spec("voila") is None:
        raise MissingExtraError(
            'Voila is not installed. Install it with: pip install "notebook_seg[lab]". '
            "Or label in JupyterLab: notebook-seg label DIR --lab"
        )
    with tempfile.TemporaryDirectory(prefix="notebook_seg_page_") as temporary:
        path = Path(temporary) / "label.ipynb"
        path.write_text(json.dumps(labelling_page(folder, model)), encoding="utf-8")
        server = _make_server(tell)
        server.initialize([str(path)])
        # A terminal that is closed ends the server as Ctrl-C does.
        if hasattr(signal, "SIGHUP"):
            signal.signal(signal.SIGHUP, server._handle_signal_stop)
        server.start()


def _make_server(tell: Callable[[str], object]) -> Any:
    """Return Voila with all that a page of one's own needs; it takes its time to import."""
    from traitlets.config import Config
    from voila.app import Voila

    logging.getLogger("tornado").setLevel(logging.ERROR)
    token = secrets.token_urlsafe(24)

    class PageServer(Voila):
        """Voila with another template, this very Python as kernel, and an address with a secret."""

        def setup_template_dirs(self) -> None:
            super().setup_template_dirs()
            self.template_paths.insert(0, str(_TEMPLATE))

        def init_settings(self) -> dict[str, Any]:
            settings = super().init_settings()
            # Other installations may have left kernels of the same name that lack this package.
            self.kernel_spec_manager.kernel_dirs = []
            # Kernels call it an error that Ctrl-C has interrupted them.
            self.kernel_manager.start_kernel = partial(
                self.kernel_manager.start_kernel, extra_arguments=["--log-level=CRITICAL"]
            )
            return settings

        def launch_browser(self) -> None:
            address = f"{self.connection_url}?token={token}"
            tell(address)
            threading.Thread(target=_open_browser, args=(address,), daemon=True).start()

    config = Config()
    config.Voila.update(ip=_HERE, port=_free_port(), token=token, log_level="ERROR")
    config.Voila.config_file_paths = []
    # A page that is closed says so without the cookie against forged requests, and names its
    # kernel by an id that nobody can guess.
    config.Voila.tornado_settings = {"disable_check_xsrf": True}
    config.VoilaConfiguration.update(
        allow_template_override="NO", file_allowlist=[], extension_allowlist=_EXTENSIONS
    )
    config.MappingKernelManager.update(
        cull_idle_timeout=_KERNEL_PATIENCE_S, cull_interval=_LOOK_EVERY_S
    )
    return PageServer(config=config)


def _open_browser(address: str) -> None:
    try:
        webbrowser.open(address)
    except webbrowser.Error:
        return  # the address was printed


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind((_HERE, 0))
        return int(listener.getsockname()[1])
