"""A real web server on this machine, which hands out the files of a folder."""

import hashlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

HUB = "/museum/fish/resolve/main"


class Handler(SimpleHTTPRequestHandler):
    """Counts what is asked for; speaks as much of the Hugging Face Hub as a download needs."""

    def do_GET(self) -> None:
        self.server.asked.append(self.path)
        if self.path in self.server.redirects:
            self.send_response(302)
            self.send_header("Location", self.server.redirects[self.path])
            self.send_header("Content-Length", "0")
            self.end_headers()
        elif self.path in self.server.broken:
            self.send_response(200)
            self.send_header("Content-Length", "1000000")
            self.end_headers()
            self.wfile.write(b"PK")
            self.close_connection = True
        else:
            super().do_GET()

    def end_headers(self) -> None:
        file = Path(self.translate_path(self.path))
        if "/resolve/main/" in self.path and file.is_file():
            self.send_header("ETag", f'"{hashlib.sha256(file.read_bytes()).hexdigest()}"')
            self.send_header("X-Repo-Commit", "0123456789abcdef0123456789abcdef01234567")
        super().end_headers()

    def translate_path(self, path: str) -> str:
        return super().translate_path(path.removeprefix(HUB))

    def log_message(self, *_: object) -> None:
        """Say nothing: the tests ask the server itself."""


class Server(ThreadingHTTPServer):
    """The server, and what it was asked for."""

    def __init__(self, folder: Path) -> None:
        super().__init__(("127.0.0.1", 0), partial(Handler, directory=folder))
        self.asked: list[str] = []
        self.redirects: dict[str, str] = {}
        self.broken: set[str] = set()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


@contextmanager
def served(folder: Path) -> Iterator[Server]:
    """Serve a folder as long as a ``with`` statement lasts."""
    with Server(folder) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()
