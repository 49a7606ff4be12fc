"""Where a process that talks to AWS, Zammad and models can be cut off: at each of its I/O calls.

botocore is held where it makes one attempt, `requests` where the bundle's own session sends, so
the retries of both are calls of their own. What is cut off here is the handlers' I/O alone: a
call outside `process` goes through.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import Enum
from types import SimpleNamespace
from typing import Any

import botocore.endpoint
import pytest
import requests
from botocore.exceptions import ConnectTimeoutError, ReadTimeoutError

from switchboard.adapters import outgoing


class Killed(SystemExit):
    """The process ends here: no handler of errors runs, and no thread of it goes on.

    An exit, because threads end of it without a word.
    """


class Fault(Enum):
    KILLED_BEFORE = "killed before the call"
    KILLED_AFTER = "killed after the call"
    NOT_CONNECTED = "no connection"
    ANSWER_LOST = "done, and the answer lost"
    """An AWS client tries such a call again at once."""
    LOST_FOR_GOOD = "done, and the answer lost, as that of every try after it"
    NOBODY_KNOWS = "not done, as nobody can know"
    LATE = "given up, and done twenty seconds later"
    BAD_GATEWAY = "a proxy's error"


LATE_SECONDS = 20


@dataclass(slots=True)
class Process:
    """One process: what it has called, and what becomes of its call number `at`, from 0."""

    at: int | None = None
    fault: Fault = Fault.KILLED_AFTER
    meanwhile: Callable[[], object] | None = None
    """Done before that call instead of a fault."""
    calls: list[str] = field(default_factory=list)
    is_dead: bool = False
    cut_off: str = ""
    """The AWS call that fails however often it is tried."""

    def strikes(self, name: str) -> bool:
        """Counts a call; whether this one is the one that something becomes of."""
        if self.is_dead:
            raise Killed
        self.calls.append(name)
        return len(self.calls) - 1 == self.at


class Interruptions:
    """`later` is told what happens, and in how many seconds, without anybody waiting for it."""

    def __init__(
        self,
        tick: Callable[[], object],
        sleep: Callable[[float], object],
        later: Callable[[float, Callable[[], object]], object],
    ) -> None:
        self._tick = tick
        self._sleep = sleep
        self._later = later
        self._running: list[Process] = []

    @contextmanager
    def process(self, process: Process) -> Iterator[None]:
        """What is called within is this process's; a process within it is another one."""
        process.is_dead = False
        self._running.append(process)
        try:
            yield
        finally:
            self._running.pop()

    def install(self, patch: pytest.MonkeyPatch) -> None:
        attempt = botocore.endpoint.Endpoint._do_get_response  # type: ignore[attr-defined]
        send = requests.Session.send

        def aws(endpoint: Any, request: Any, model: Any, context: Any) -> Any:
            def call() -> Any:
                return attempt(endpoint, request, model, context)

            if not self._running:
                return call()
            name = f"{model.service_model.service_id} {model.name}"
            return self._aws(name, context["retries"]["invocation-id"], call)

        def http(session: Any, request: Any, **options: Any) -> Any:
            def call() -> Any:
                answer = send(session, request, **options)
                _ = answer.content
                return answer

            if not self._running:
                return send(session, request, **options)
            return self._http(f"{request.method} {request.path_url}", call)

        patch.setattr(botocore.endpoint.Endpoint, "_do_get_response", aws)
        patch.setattr(outgoing._Session, "send", http, raising=False)
        patch.setattr(botocore.endpoint, "time", SimpleNamespace(sleep=self._sleep))

    def _aws(self, name: str, invocation: str, call: Callable[[], Any]) -> Any:
        self._tick()
        process = self._running[-1]
        strikes = process.strikes(name)
        if invocation == process.cut_off:
            return None, ConnectTimeoutError(endpoint_url=name)
        if not strikes:
            return call()
        if process.meanwhile is not None:
            process.meanwhile()
            return call()
        fault = process.fault
        self._kill(process, call)
        if fault in (Fault.ANSWER_LOST, Fault.LOST_FOR_GOOD):
            call()
        if fault is not Fault.ANSWER_LOST:
            process.cut_off = invocation
        return None, ReadTimeoutError(endpoint_url=name)

    def _http(self, name: str, call: Callable[[], Any]) -> Any:
        self._tick()
        process = self._running[-1]
        if not process.strikes(name):
            return call()
        if process.meanwhile is not None:
            process.meanwhile()
            return call()
        self._kill(process, call)
        match process.fault:
            case Fault.NOT_CONNECTED:
                raise requests.ConnectTimeout
            case Fault.BAD_GATEWAY:
                answer = requests.Response()
                answer.status_code, answer._content = 502, b"<html></html>"
                answer._content_consumed = True  # type: ignore[attr-defined]
                return answer
            case Fault.LATE:
                self._later(LATE_SECONDS, call)
            case Fault.ANSWER_LOST | Fault.LOST_FOR_GOOD:
                call()
        raise requests.ReadTimeout

    def _kill(self, process: Process, call: Callable[[], Any]) -> None:
        if process.fault is Fault.KILLED_AFTER:
            call()
        if process.fault in (Fault.KILLED_BEFORE, Fault.KILLED_AFTER):
            process.is_dead = True
            raise Killed
