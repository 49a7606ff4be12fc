"""An HTTP/1.1 server that hands whole requests to one function and writes what it returns."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from switchboard_cli.local.events import HttpRequest, HttpResponse, gateway_error

BODY_LIMIT = 10 * 1024 * 1024
"""Bytes of a request's body (API Gateway's quota)."""
_IDLE_SECONDS = 30.0
_WITHOUT_BODY = (204, 304)

Serve = Callable[[HttpRequest], HttpResponse]


class WebServer:
    """Listens at once, answers after `start`. Raises `OSError` when the port is taken."""

    def __init__(self, host: str, port: int) -> None:
        self._server = _Server((host, port), _Handler)
        self._thread: threading.Thread | None = None

    @property
    def port(self) -> int:
        return int(self._server.server_address[1])

    def start(self, serve: Serve) -> None:
        self._server.serve = serve
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.05,), name="gateway", daemon=True
        )
        self._thread.start()

    def stop(self) -> None:
        if self._thread:
            self._server.shutdown()
            self._thread.join()
        self._server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128
    serve: Serve

    def __init__(self, address: tuple[str, int], handler: type[BaseHTTPRequestHandler]) -> None:
        if ":" in address[0]:
            self.address_family = socket.AF_INET6
        super().__init__(address, handler)

    def server_bind(self) -> None:
        """Without the reverse look-up of the host name that the base class makes."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind(self.server_address)
        self.server_address = self.socket.getsockname()
        self.server_name, self.server_port = str(self.server_address[0]), self.server_address[1]

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that went away; nothing to say about it."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1
    timeout = _IDLE_SECONDS
    server: _Server

    def handle_one_request(self) -> None:
        """Any method at all: which are allowed is not this server's business."""
        self.raw_requestline = self.rfile.readline(65537)
        if not self.raw_requestline or len(self.raw_requestline) > 65536:
            self.close_connection = True
            return
        if not self.parse_request():
            return
        body = self._body()
        if body is None:
            self.close_connection = True
            self._write(gateway_error(413, "Request Entity Too Large"))
            return
        self._write(self.server.serve(self._request(body)))

    def handle_expect_100(self) -> bool:
        """Tells a client that asks first to send its body, at once."""
        super().handle_expect_100()
        self.wfile.flush()
        return True

    def _request(self, body: bytes) -> HttpRequest:
        return HttpRequest(
            method=self.command,
            target=self.path if self.path.startswith("/") else "/",
            headers=tuple(self.headers.items()),
            body=body,
            source_address=str(self.client_address[0]),
            protocol=self.request_version,
            port=int(self.server.server_address[1]),
        )

    def _body(self) -> bytes | None:
        """None: above the limit."""
        if self.headers.get("Transfer-Encoding", "").lower() == "chunked":
            return self._chunks()
        length = self.headers.get("Content-Length") or "0"
        if not length.isascii() or not length.isdigit() or int(length) > BODY_LIMIT:
            return None
        return self.rfile.read(int(length))

    def _chunks(self) -> bytes | None:
        body = b""
        while len(body) <= BODY_LIMIT:
            try:
                size = int(self.rfile.readline(1024).partition(b";")[0].strip(), 16)
            except ValueError:
                return None
            if size == 0:
                while self.rfile.readline(1024).strip():
                    pass
                return body
            body += self.rfile.read(min(size, BODY_LIMIT + 1))
            self.rfile.readline(1024)
        return None

    def _write(self, response: HttpResponse) -> None:
        self.send_response_only(response.status)
        self.send_header("Date", self.date_time_string())
        for name, value in response.headers:
            if name.lower() not in ("content-length", "connection", "transfer-encoding", "date"):
                self.send_header(name, value.encode().decode("latin-1"))
        if self.close_connection:
            self.send_header("Connection", "close")
        if response.status not in _WITHOUT_BODY:
            self.send_header("Content-Length", self._length(response))
        self.end_headers()
        if self.command != "HEAD" and response.status not in _WITHOUT_BODY:
            self.wfile.write(response.body)
        self.wfile.flush()

    def _length(self, response: HttpResponse) -> str:
        """Of the body; to a HEAD, what the function says it would be."""
        told = dict(response.headers).get("content-length", "")
        return told if self.command == "HEAD" and told.isdigit() else str(len(response.body))

    def log_message(self, format: str, *values: object) -> None:  # noqa: A002
        """Silent: the functions' own log is what people read."""
