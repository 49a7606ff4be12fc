"""The WSGI layer every request passes first: reads the body, applies faults, records calls.

Faults and the record concern REST paths only (`/api/…`), so the page and the control API stay
usable.
"""

from __future__ import annotations

import io
import itertools
import json
import re
import threading
import time
from collections import Counter, deque
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from werkzeug.wrappers import Request, Response

from zammad_simulator.errors import internal_error_text
from zammad_simulator.server import cut
from zammad_simulator.settings import Fault

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

_KEPT = 50_000
_PROXY_PAGE = (
    "<html>\r\n<head><title>{0}</title></head>\r\n<body>\r\n<center><h1>{0}</h1></center>\r\n"
    "<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n"
)
_PROXY_TITLES = {
    502: "502 Bad Gateway",
    503: "503 Service Temporarily Unavailable",
    504: "504 Gateway Time-out",
}


@dataclass(frozen=True)
class RecordedRequest:
    """A REST call as the server saw it; `status` is None when the client got no answer, `at` is
    the epoch's seconds.
    """

    id: int
    at: float
    seconds: float
    method: str
    path: str
    query: str
    status: int | None


class FaultPlan:
    """The faults that wait for calls."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._faults: list[tuple[Fault, int | None]] = []

    def add(self, fault: Fault) -> None:
        """Let calls fail this way from now on. Raises ValueError for a bad regular expression."""
        for pattern in (fault.method, fault.path):
            try:
                re.compile(pattern or "")
            except re.error as error:
                raise ValueError(f"not a regular expression: {pattern}") from error
        with self._lock:
            self._faults.append((fault, fault.times))

    def clear(self) -> None:
        """Heal everything."""
        with self._lock:
            self._faults.clear()

    def as_json(self) -> list[dict[str, object]]:
        """The active faults, with how many hits are left."""
        with self._lock:
            return [{**asdict(fault), "left": left} for fault, left in self._faults]

    def take(self, method: str, path: str) -> list[Fault]:
        """The faults for this call, counted as used: at most one delay and one that decides the
        answer.
        """
        chosen: list[Fault] = []
        with self._lock:
            for index, (fault, left) in enumerate(self._faults):
                taken = any((fault.kind == "slow") == (other.kind == "slow") for other in chosen)
                if left != 0 and not taken and _hits(fault, method, path):
                    chosen.append(fault)
                    self._faults[index] = (fault, None if left is None else left - 1)
            self._faults = [entry for entry in self._faults if entry[1] != 0]
        return chosen


class RequestLog:
    """Calls as they came, the newest 50,000, and counts of all of them."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._ids = itertools.count(1)
        self._requests: deque[RecordedRequest] = deque(maxlen=_KEPT)
        self._counts: Counter[str] = Counter()

    def add(self, started: float, method: str, path: str, query: str, status: int | None) -> None:
        """Record one call."""
        now = time.time()
        with self._lock:
            self._requests.append(
                RecordedRequest(
                    next(self._ids), started, round(now - started, 6), method, path, query, status
                )
            )
            self._counts[f"{method} {re.sub(r'/[0-9]+(?=/|$)', '/{id}', path)}"] += 1

    def all(self) -> list[RecordedRequest]:
        """The kept calls, oldest first."""
        with self._lock:
            return list(self._requests)

    def counts(self) -> dict[str, int]:
        """Calls since the last reset by method and path, ids replaced by `{id}`."""
        with self._lock:
            return dict(sorted(self._counts.items()))

    def reset(self) -> None:
        """Count from zero again; ids go on."""
        with self._lock:
            self._requests.clear()
            self._counts.clear()


class Front:
    """WSGI middleware around the simulator's application."""

    def __init__(self, app: WSGIApplication, faults: FaultPlan, log: RequestLog) -> None:
        self._app = app
        self._faults = faults
        self._log = log
        self.stopping = threading.Event()

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Serve one request."""
        _buffer_body(environ)
        method, path = environ["REQUEST_METHOD"], environ.get("PATH_INFO", "/")
        if not path.startswith("/api/"):
            return self._app(environ, start_response)
        started = time.time()
        response = self._respond(environ, method, path)
        status = response.status_code if response else None
        self._log.add(started, method, path, environ.get("QUERY_STRING", ""), status)
        if response is None:
            cut(environ["werkzeug.socket"])
            raise ConnectionAbortedError("no answer")
        return response(environ, start_response)

    def _respond(self, environ: WSGIEnvironment, method: str, path: str) -> Response | None:
        """The answer, or None when the client is not to get one."""
        deciding: Fault | None = None
        for fault in self._faults.take(method, path):
            if fault.kind == "slow":
                if self.stopping.wait(fault.seconds):
                    return None
            else:
                deciding = fault
        if deciding is None or deciding.kind == "answer_lost":
            response = Response.from_app(self._app, environ, buffered=True)
            return None if deciding else response
        return None if deciding.kind == "drop" else _fault_answer(deciding)


def _hits(fault: Fault, method: str, path: str) -> bool:
    return (
        fault.method is None or re.fullmatch(fault.method, method, re.IGNORECASE) is not None
    ) and (fault.path is None or re.search(fault.path, path) is not None)


def _fault_answer(fault: Fault) -> Response:
    if fault.kind == "html":
        status = 502 if fault.status == 500 else fault.status
        page = _PROXY_PAGE.format(_PROXY_TITLES.get(status, f"{status} Error"))
        return Response(page, status, content_type="text/html")
    if fault.kind == "maintenance":
        text, status = fault.message or "Maintenance mode enabled!", 403
        body = {"error": text, "error_human": text}
    else:
        status = fault.status
        body = {"error": fault.message or internal_error_text()}
    return Response(json.dumps(body), status, content_type="application/json; charset=utf-8")


def _buffer_body(environ: WSGIEnvironment) -> None:
    """Read the whole body now: a body left unread would be taken for the next request on this
    connection.
    """
    body = Request(environ).get_data(cache=False)
    environ["wsgi.input"] = io.BytesIO(body)
    environ["CONTENT_LENGTH"] = str(len(body))
    environ.pop("HTTP_TRANSFER_ENCODING", None)
