"""Chromium or Chrome, and a server of pages: what prints the book, and what browser tests need."""

import functools
import http.server
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from nn_core.tools.browser import find_browser

__all__ = ["Quiet", "find_browser", "served"]


class Quiet(http.server.SimpleHTTPRequestHandler):
    """Serves a folder, and writes no line for each request."""

    def log_message(self, *_: object) -> None:
        """Write nothing."""


@contextmanager
def served(folder: Path, handler: type[Quiet] = Quiet) -> Iterator[str]:
    """Serve a folder of HTML, and give its address."""
    asked = functools.partial(handler, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), asked) as server:
        # It asks so often whether to end, and who uses it waits for that.
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
