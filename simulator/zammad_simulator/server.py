"""The HTTP server under the simulator: threaded, HTTP/1.1 with keep-alive, and able to vanish at
once.

Closing cuts every open connection and waits for the threads, so that a test sees "connection
refused" and no leftovers.
"""

from __future__ import annotations

import contextlib
import socket
import threading
from typing import Any

from werkzeug.serving import ThreadedWSGIServer, WSGIRequestHandler
from werkzeug.wrappers import Response

_BACKLOG = 128


class _Handler(WSGIRequestHandler):
    """Keeps connections open: the front reads every request body to its end, so the next request
    starts cleanly.
    """

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def run_wsgi(self) -> None:
        """Answer one request with a body of known length and keep the connection.

        Werkzeug's own version closes after every answer and swallows what the client sends next.
        """
        environ = self.make_environ()
        try:
            answer = Response.from_app(self.server.app, environ, buffered=True)
        except ConnectionError:
            self.close_connection = True
            return
        self.send_response(answer.status_code)
        body = answer.get_data()
        answer.headers["Content-Length"] = str(len(body))
        for name, value in answer.headers.items():
            self.send_header(name, value)
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)
            self.wfile.flush()

    def log(self, type: str, message: str, *args: Any) -> None:  # noqa: A002 - Werkzeug's name
        """Stay quiet: requests are recorded by the front."""


class SimulatorServer(ThreadedWSGIServer):
    """A threaded server on a socket of its own, whose open connections can be cut."""

    daemon_threads = False
    block_on_close = True

    def __init__(self, host: str, port: int, app: Any) -> None:
        """Bind and listen. Raises OSError when the port is taken."""
        self._connections: set[socket.socket] = set()
        self._connections_lock = threading.Lock()
        self._closing = False
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        with socket.create_server((host, port), family=family, backlog=_BACKLOG) as listener:
            self._ready = False
            super().__init__(host, port, app, handler=_Handler, fd=listener.fileno())
        self._ready = True

    def process_request(self, request: Any, client_address: Any) -> None:
        """Remember the connection, then serve it in a thread."""
        with self._connections_lock:
            self._connections.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        """Forget a connection that ended."""
        with self._connections_lock:
            self._connections.discard(request)
        super().shutdown_request(request)

    def server_close(self) -> None:
        """Stop listening, cut open connections, wait for their threads."""
        self.socket.close()
        if not self._ready:
            return
        with self._connections_lock:
            for connection in self._connections:
                cut(connection)
        super().server_close()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing about connections that broke, that is what faults are for."""


def cut(connection: socket.socket) -> None:
    """End a connection in both directions at once."""
    with contextlib.suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)
