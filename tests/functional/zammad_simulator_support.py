"""What the tests of the Zammad simulator share: an ordinary HTTP client and a receiver of webhooks.

Everything is seen from outside, over real connections on the loopback interface.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any

import requests

from zammad_simulator import ZammadSimulator

BRIDGE = "bridge-token"
AGENT = "agent-token"
GROUP = "integreat-chat"
CUSTOMER = "chat-bridge@example.org"


class Client:
    """Calls the REST API of a simulator on one kept connection."""

    def __init__(self, simulator: ZammadSimulator, token: str | None = BRIDGE) -> None:
        self._simulator = simulator
        self._session = requests.Session()
        self._session.trust_env = False
        if token is not None:
            self._session.headers["Authorization"] = f"Token token={token}"

    def __enter__(self) -> Client:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._session.close()

    def call(self, method: str, path: str, body: Any = None, **options: Any) -> requests.Response:
        """One call; `path` starts after /api/v1."""
        options.setdefault("timeout", 10)
        address = f"{self._simulator.url}/api/v1{path}"
        return self._session.request(method, address, json=body, **options)

    def ticket(self, **keys: Any) -> int:
        """The id of a new ticket."""
        body = {"title": "A question", "group": GROUP, "customer": CUSTOMER, **keys}
        answer = self.call("POST", "/tickets", body)
        assert answer.status_code == 201, answer.text
        return int(answer.json()["id"])

    def article(self, ticket_id: int, body: str = "Hello", **keys: Any) -> dict[str, Any]:
        """A new article, by default of an app user."""
        article = {
            "ticket_id": ticket_id,
            "body": body,
            "type": "web",
            "content_type": "text/html",
            "sender": "Customer",
            "subject": "app user message",
            **keys,
        }
        answer = self.call("POST", "/ticket_articles", article)
        assert answer.status_code == 201, answer.text
        created: dict[str, Any] = answer.json()
        return created

    def articles(self, ticket_id: int) -> list[dict[str, Any]]:
        """The articles of a ticket."""
        listed: list[dict[str, Any]] = self.call(
            "GET", f"/ticket_articles/by_ticket/{ticket_id}"
        ).json()
        return listed


@dataclass(frozen=True)
class Received:
    """One webhook as it came over the wire."""

    path: str
    headers: dict[str, str]
    raw: bytes

    @property
    def payload(self) -> dict[str, Any]:
        """The parsed body."""
        parsed: dict[str, Any] = json.loads(self.raw)
        return parsed

    @property
    def delivery(self) -> str:
        """The delivery id."""
        return self.headers["X-Zammad-Delivery"]


class Receiver:
    """A web server that takes webhooks and answers with the scripted statuses, then with 200.

    `before_answer` runs with each request; a handler that blocks is released by `release`.
    """

    def __init__(self, *statuses: int) -> None:
        self.received: list[Received] = []
        self._statuses = list(statuses)
        self._lock = threading.Lock()
        self.release = threading.Event()
        self.block = False
        self.before_answer: Callable[[Received], None] = lambda _: None
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                receiver._take(self)

            def do_GET(self) -> None:
                receiver._take(self)

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = False
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))

    @property
    def url(self) -> str:
        """Where to post."""
        return f"http://127.0.0.1:{self._server.server_address[1]}/hook?token=abc"

    def __enter__(self) -> Receiver:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.release.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def _take(self, handler: BaseHTTPRequestHandler) -> None:
        raw = handler.rfile.read(int(handler.headers.get("Content-Length", 0)))
        received = Received(handler.path, dict(handler.headers.items()), raw)
        with self._lock:
            self.received.append(received)
            status = self._statuses.pop(0) if self._statuses else 200
        self.before_answer(received)
        if self.block:
            self.release.wait(20)
        try:
            handler.send_response(status)
            if 300 <= status < 400:
                handler.send_header("Location", "/elsewhere")
            handler.send_header("Content-Length", "0")
            handler.end_headers()
        except ConnectionError:
            handler.close_connection = True


def eventually(condition: Callable[[], object], seconds: float = 5.0) -> None:
    """Wait until the condition holds. Raises AssertionError when it does not in time."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.005)
