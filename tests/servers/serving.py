"""What the HTTP servers of the tests share: a quiet handler, and a thread for a block's time."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer


class Handler(BaseHTTPRequestHandler):
    """Takes a request whatever its method; reads a body whole; answers in one go."""

    def take(self) -> None:
        raise NotImplementedError

    def do_GET(self) -> None:
        self.take()

    def do_POST(self) -> None:
        self.take()

    def do_PUT(self) -> None:
        self.take()

    def read(self) -> bytes:
        return self.rfile.read(int(self.headers.get("Content-Length") or 0))

    def begin(self, status: int, headers: Mapping[str, str], length: int) -> None:
        """Status and headers of an answer whose body is this long."""
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(length))
        self.end_headers()

    def answer(self, status: int, headers: Mapping[str, str], body: bytes) -> None:
        self.begin(status, headers, len(body))
        self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        """Tests stay quiet."""


@contextmanager
def serving(server: HTTPServer) -> Iterator[None]:
    """The server answers in the block, and is closed at its end."""
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
