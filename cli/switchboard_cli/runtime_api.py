"""The Lambda Runtime API of one execution environment, served to a process on this machine.

The process may be `runtime_loop.py` or the genuine `awslambdaric`: both ask for the next event,
and post an answer or an error. One event is in work at a time, as on Lambda. Nothing here knows
what an event means.
"""

from __future__ import annotations

import json
import queue
import threading
import time
import uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any

PAYLOAD_LIMIT = 6 * 1024 * 1024
"""Bytes of an event, and of an answer (Lambda's quota for synchronous invocations)."""
INIT_SECONDS = 30.0
"""How long a process may take until it asks for its first event; Lambda gives it ten seconds."""

_PREFIX = "/2018-06-01/runtime/"


class FunctionError(Exception):
    """The function raised, could not start, or its process ended."""

    def __init__(self, kind: str, message: str, trace: tuple[str, ...] = ()) -> None:
        super().__init__(f"{kind}: {message}")
        self.kind = kind
        self.message = message
        self.trace = trace


class InvocationTimeout(FunctionError):
    """No answer in time; the process is still busy and has to be killed."""

    def __init__(self, seconds: float) -> None:
        super().__init__("Sandbox.Timedout", f"Task timed out after {seconds:.2f} seconds")


class _Invocation:
    def __init__(self, payload: bytes, seconds: float) -> None:
        self.id = str(uuid.uuid4())
        self.payload = payload
        self.seconds = seconds
        self.taken = threading.Event()
        self.done = threading.Event()
        self.answer = b""
        self.error: FunctionError | None = None

    def finish(self, answer: bytes = b"", error: FunctionError | None = None) -> None:
        self.answer, self.error = answer, error
        self.taken.set()
        self.done.set()


class RuntimeApi:
    """A context manager; the process is started with `AWS_LAMBDA_RUNTIME_API=<address>`."""

    def __init__(
        self, function_arn: str = "arn:aws:lambda:local:000000000000:function:local"
    ) -> None:
        self.function_arn = function_arn
        self._waiting: queue.SimpleQueue[_Invocation | None] = queue.SimpleQueue()
        self._current: _Invocation | None = None
        self._turn = threading.Lock()
        self._ready = threading.Event()
        self._failure: FunctionError | None = None
        self._server = _Server(("127.0.0.1", 0), self)
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.05,), name="runtime-api", daemon=True
        )
        self._thread.start()

    @property
    def address(self) -> str:
        """Host and port, the form that `AWS_LAMBDA_RUNTIME_API` has."""
        return f"127.0.0.1:{self._server.server_address[1]}"

    def wait_until_ready(self, seconds: float = INIT_SECONDS) -> None:
        """Returns once the process has asked for its first event. Raises `FunctionError`."""
        if not self._ready.wait(seconds):
            raise FunctionError(
                "Sandbox.Timedout", f"No event was asked for in {seconds:.0f} seconds"
            )
        if self._failure:
            raise self._failure

    def invoke(self, event: object, timeout: float) -> Any:
        """Hands the event over and returns the function's answer, parsed.

        `timeout` is the function's, in seconds, from the moment the process takes the event; a
        process that is still starting gets `INIT_SECONDS` before. Raises `FunctionError`.
        """
        payload = json.dumps(event, ensure_ascii=False).encode("utf-8", "surrogatepass")
        if len(payload) > PAYLOAD_LIMIT:
            raise FunctionError("RequestEntityTooLarge", f"The event has {len(payload)} bytes")
        with self._turn:
            return json.loads(self._run(_Invocation(payload, timeout)))

    def fail(self, error: FunctionError) -> None:
        """The process has ended: whatever waits for it gets this error, now and later."""
        self._failure = self._failure or error
        self._ready.set()
        if self._current:
            self._current.finish(error=error)

    def close(self) -> None:
        """Stops serving; a process that waits for an event sees its connection end."""
        self.fail(FunctionError("Runtime.ExitError", "The environment was shut down"))
        self._waiting.put(None)
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def __enter__(self) -> RuntimeApi:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _run(self, invocation: _Invocation) -> bytes:
        self._current = invocation
        try:
            if self._failure:
                raise self._failure
            self._waiting.put(invocation)
            if not invocation.taken.wait(INIT_SECONDS):
                raise FunctionError("Sandbox.Timedout", "The process did not take the event")
            if not invocation.done.wait(invocation.seconds):
                raise InvocationTimeout(invocation.seconds)
            if invocation.error:
                raise invocation.error
            return invocation.answer
        finally:
            self._current = None

    # What the process says, told by its HTTP requests.

    def next_invocation(self) -> _Invocation | None:
        """Blocks until there is an event; None when this API closes."""
        self._ready.set()
        invocation = self._waiting.get()
        if invocation:
            invocation.taken.set()
        return invocation

    def answered(self, invocation_id: str, answer: bytes) -> int:
        """The HTTP status for the process that posted this answer."""
        invocation = self._current
        if invocation is None or invocation.id != invocation_id:
            return 400
        if len(answer) > PAYLOAD_LIMIT:
            message = f"The answer has {len(answer)} bytes; {PAYLOAD_LIMIT} are allowed."
            invocation.finish(error=FunctionError("Function.ResponseSizeTooLarge", message))
            return 413
        invocation.finish(answer or b"null")
        return 202

    def raised(self, invocation_id: str, error: FunctionError) -> int:
        """The HTTP status for the process that posted this error."""
        invocation = self._current
        if invocation is None or invocation.id != invocation_id:
            return 400
        invocation.finish(error=error)
        return 202


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, address: tuple[str, int], api: RuntimeApi) -> None:
        super().__init__(address, _Handler)
        self.api = api

    def handle_error(self, request: object, client_address: object) -> None:
        """A process that is killed drops its connection; there is nothing to say about it."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1  # headers and body leave in one packet
    server: _Server

    def do_GET(self) -> None:
        if self.path == f"{_PREFIX}invocation/next":
            self._next()
        elif self.path == f"{_PREFIX}restore/next":
            self._answer(200, b"")
        else:
            self._answer(404, b"{}")

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        steps = self.path.removeprefix(_PREFIX).split("/")
        api = self.server.api
        status = 404
        if steps == ["init", "error"]:
            api.fail(_error(body))
            status = 202
        elif len(steps) == 3 and steps[0] == "invocation" and steps[2] == "response":
            status = api.answered(steps[1], body)
        elif len(steps) == 3 and steps[0] == "invocation" and steps[2] == "error":
            status = api.raised(steps[1], _error(body))
        self._answer(
            status, b'{"status":"OK"}' if status == 202 else b'{"errorType":"InvalidRequest"}'
        )

    def _next(self) -> None:
        invocation = self.server.api.next_invocation()
        if invocation is None:
            self.close_connection = True
            return
        deadline = int((time.time() + invocation.seconds) * 1000)
        trace = f"Root=1-{int(time.time()):08x}-{invocation.id.replace('-', '')[:24]};Sampled=0"
        self._answer(
            200,
            invocation.payload,
            {
                "Lambda-Runtime-Aws-Request-Id": invocation.id,
                "Lambda-Runtime-Deadline-Ms": str(deadline),
                "Lambda-Runtime-Invoked-Function-Arn": self.server.api.function_arn,
                "Lambda-Runtime-Trace-Id": trace,
            },
        )

    def _answer(self, status: int, body: bytes, headers: dict[str, str] | None = None) -> None:
        self.send_response_only(status)
        for name, value in {
            "Content-Type": "application/json",
            "Content-Length": str(len(body)),
            **(headers or {}),
        }.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)
        self.wfile.flush()

    def log_message(self, format: str, *values: object) -> None:  # noqa: A002
        """Silent: the function's own log is what people read."""


def _error(body: bytes) -> FunctionError:
    """The error document of a runtime; anything else becomes its message."""
    try:
        document = json.loads(body)
    except ValueError:
        document = None
    if not isinstance(document, dict):
        return FunctionError("Runtime.Unknown", body.decode(errors="replace"))
    trace = tuple(str(line) for line in document.get("stackTrace") or ())
    return FunctionError(
        str(document.get("errorType", "Error")), str(document.get("errorMessage", "")), trace
    )
