"""A page of one's own, served by Voila in this very process."""

import json
import logging
import secrets
import signal
import socket
import tempfile
import threading
import webbrowser
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from types import FrameType
from typing import Any

from notebook_seg.errors import MissingExtraError, OptionError

__all__ = ["HERE", "serve"]

# What reaches this machine from itself alone.
HERE = "127.0.0.1"
_ALL_ADDRESSES = ("", "0.0.0.0", "::")

_TEMPLATE = Path(__file__).parent / "template"
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


def serve(
    page: dict[str, Any],
    tell: Callable[[str], object],
    otherwise: str = "",
    ip: str = HERE,
    port: int | None = None,
    has_token: bool = True,
) -> None:
    """Serve a notebook as a page, open it in the browser, and wait until Ctrl-C.

    Parameters
    ----------
    page : dict
        The notebook.
    tell : callable
        Called with the address of the page once it is there.
    otherwise : str, optional
        What to do where Voila is not installed, beside installing it.
    ip : str, optional
        The address to serve at; without it, the page is for this machine alone.
    port : int, optional
        Without it, one that is free.
    has_token : bool, optional
        Whether the page is only for those who know its address, which then holds a secret.

    Raises
    ------
    MissingExtraError
        If Voila is not installed.
    OptionError
        If it cannot be served at this address or port.
    """
    if find_spec("voila") is None:
        raise MissingExtraError(
            'Voila is not installed. Install it with: pip install "notebook_seg[lab]"' + otherwise
        )
    port = _usable_port(ip, port)
    token = secrets.token_urlsafe(24) if has_token else ""
    with tempfile.TemporaryDirectory(prefix="notebook_seg_page_") as temporary:
        path = Path(temporary) / "page.ipynb"
        path.write_text(json.dumps(page), encoding="utf-8")
        server = _make_server(tell, ip, port, token)
        server.initialize([str(path)])
        with _ended_by_signals(server):
            server.start()


def _make_server(tell: Callable[[str], object], ip: str, port: int, token: str) -> Any:
    """Return Voila with all that a page of one's own needs; it takes its time to import."""
    from traitlets.config import Config
    from voila.app import Voila

    logging.getLogger("tornado").setLevel(logging.ERROR)

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
            address = _address(ip, self.port, self.base_url, token)
            tell(address)
            threading.Thread(target=_open_browser, args=(address,), daemon=True).start()

    config = Config()
    config.Voila.update(ip=ip, port=port, port_retries=0, token=token, log_level="ERROR")
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


@contextmanager
def _ended_by_signals(server: Any) -> Iterator[None]:
    """End a server by Ctrl-C, and as well when the terminal is closed."""
    came: list[int] = []

    def end(number: int, frame: FrameType | None) -> None:
        came.append(number)
        loop = getattr(server, "ioloop", None)
        # Before there is a loop, and where the end itself takes too long.
        if loop is None or len(came) > 1:
            raise KeyboardInterrupt
        # Not an exception: in a callback of the garbage collector, it would be lost.
        loop.add_callback_from_signal(loop.stop)

    names = [name for name in ("SIGINT", "SIGHUP") if hasattr(signal, name)]
    before = {name: signal.signal(getattr(signal, name), end) for name in names}
    try:
        yield
    finally:
        for name, handler in before.items():
            signal.signal(getattr(signal, name), handler)


def _address(ip: str, port: int, base: str, token: str) -> str:
    """Return what a browser is to open.

    Examples
    --------
    >>> _address("127.0.0.1", 8866, "/", "secret"), _address("::1", 8866, "/", "")
    ('http://127.0.0.1:8866/?token=secret', 'http://[::1]:8866/')
    """
    host = socket.gethostname() if ip in _ALL_ADDRESSES else ip
    host = f"[{host}]" if ":" in host else host
    return f"http://{host}:{port}{base}{f'?token={token}' if token else ''}"


def _open_browser(address: str) -> None:
    try:
        webbrowser.open(address)
    except webbrowser.Error:
        return  # the address was printed


def _usable_port(ip: str, port: int | None) -> int:
    """Return a port that can be served at: the one that is wanted, or one that is free."""
    try:
        family = socket.getaddrinfo(ip or None, port or 0, type=socket.SOCK_STREAM)[0][0]
        with socket.socket(family) as listener:
            # As the server itself does: the last one's traces must not keep the next one out.
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind((ip, port or 0))
            return int(listener.getsockname()[1])
    except (OSError, OverflowError) as error:
        why = getattr(error, "strerror", None) or error
        raise OptionError(
            f"The page cannot be served at {ip}, port {port or 'any'} ({why}): choose another port "
            "with --port, or an address of this machine with --ip"
        ) from error
