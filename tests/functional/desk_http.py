"""The chat desk over real HTTP: the local stack's front door, the template's routes, the handlers.

Requests become gateway events as in the local stack; only the functions run in this process.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, cast

import pytest

from switchboard_cli.local.activity import Activity
from switchboard_cli.local.deployment import read_deployment
from switchboard_cli.local.gateway import Gateway
from switchboard_cli.local.pool import FunctionPool
from switchboard_cli.local.start_page import StartPage
from switchboard_cli.local.web import WebServer
from switchboard_cli.runtime_api import FunctionError
from tests.functional.desk_world import FUNCTIONS, DeskWorld, desk_world
from tests.tables import AWS, TEMPLATE

Handle = Callable[[Any, Any], Any]


class InProcess:
    """Stands in for a pool of execution environments: JSON in, JSON out, as at Lambda."""

    def __init__(self, handle: Handle, raised: list[Exception]) -> None:
        self._handle = handle
        self._raised = raised

    def invoke(self, event: object) -> Any:
        try:
            return json.loads(json.dumps(self._handle(json.loads(json.dumps(event)), None)))
        except Exception as error:
            self._raised.append(error)
            raise FunctionError("Unhandled", str(error)) from error


@contextmanager
def desk_http(monkeypatch: pytest.MonkeyPatch, **limits: int) -> Iterator[tuple[DeskWorld, str]]:
    """The desk and its address. Without `limits` nobody asks too often."""
    for name in ("MESSAGES_PER_DEVICE", "MESSAGES_PER_ADDRESS", "READS_PER_ADDRESS"):
        monkeypatch.setenv(name, str(limits.get(name.lower(), 0)))
    deployment = read_deployment(TEMPLATE, AWS["region_name"], {})
    raised: list[Exception] = []
    with desk_world(monkeypatch) as desk:
        pools = {
            deployment.function_named(name).logical_id: InProcess(desk.handler(name), raised)
            for name in FUNCTIONS
        }
        activity = Activity()
        gateway = Gateway(
            deployment,
            cast(dict[str, FunctionPool], pools),
            start_page=StartPage(dict, activity),
            observe=activity.request,
            note=print,
        )
        server = WebServer("127.0.0.1", 0)
        server.start(gateway.serve)
        try:
            yield desk, f"http://127.0.0.1:{server.port}"
        finally:
            server.stop()
    assert raised == []
