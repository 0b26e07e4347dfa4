"""A package index on this machine that answers only once it is told to, so that a download can be looked at."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

RELEASE = "/release"
WAIT_SECONDS = 120.0


@dataclass(frozen=True)
class WaitingIndex:
    """Where pip finds the packages, and what lets it go on when it is asked for."""

    url: str
    release_url: str


class _Files(SimpleHTTPRequestHandler):
    """The files of a folder, held back until the release."""

    def __init__(self, *given: Any, released: threading.Event, **named: Any) -> None:
        self._released = released
        super().__init__(*given, **named)

    def do_GET(self) -> None:
        if self.path == RELEASE:
            self._released.set()
            self.send_response(204)
            self.end_headers()
        elif self._released.wait(WAIT_SECONDS):
            super().do_GET()

    def log_request(self, *_: Any) -> None:
        """Keep the test's output to the test."""


@contextmanager
def waiting_index(folder: Path) -> Iterator[WaitingIndex]:
    """Serve a folder of packages on a loopback port."""
    handler = partial(_Files, directory=str(folder), released=threading.Event())
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        url = f"http://127.0.0.1:{server.server_port}"
        try:
            yield WaitingIndex(f"{url}/", url + RELEASE)
        finally:
            server.shutdown()
            thread.join()
