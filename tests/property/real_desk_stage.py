"""Setting up a `RealDesk`: regions, Zammads, time, the handlers of their environments."""

from __future__ import annotations

import importlib
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import boto3
import moto.sqs.models
import pytest

import zammad_simulator.store
from switchboard.adapters.system import SystemClock
from switchboard_cli.manifests import DirectoryStore, apply_manifests, load_manifests
from tests.functional.desk_world import EXAMPLES, desk_world
from tests.functional.region_records import change_record
from tests.property.interruptions import Interruptions
from tests.property.real_desk import REGIONS, TOKENS, RealDesk, hook_address
from tests.property.stand_ins import Bot, VirtualClock
from tests.servers.answer_service import answer_service
from tests.tables import AWS
from zammad_simulator import SimulatorSettings, Webhook, ZammadSimulator

CALL_MS = 5
"""What each I/O call takes."""
SLOW_SLEEP_SECONDS = 0.5
"""Sleeping takes this at least, so that waiting for another costs few calls."""
SECRETS = {region: f"hush-{region}" for region in REGIONS}


@contextmanager
def real_desk() -> Iterator[RealDesk]:
    """The desk, for as many conversations as wanted: `fresh` is what begins one."""
    with ExitStack() as stack:
        patch = stack.enter_context(pytest.MonkeyPatch.context())
        for name in ("MESSAGES_PER_DEVICE", "MESSAGES_PER_ADDRESS", "READS_PER_ADDRESS"):
            patch.setenv(name, "1000000")
        desk = stack.enter_context(desk_world(patch))
        clock = VirtualClock()
        _control_time(patch, clock)
        settings = SimulatorSettings(bridge_token="bridge", time_scale=0.0)
        shared, own = (stack.enter_context(ZammadSimulator(settings)) for _ in range(2))
        service = stack.enter_context(answer_service())
        bot = Bot(service.host)
        service.take = bot.take  # type: ignore[method-assign]
        simulators = dict(zip(REGIONS, (shared, shared, own), strict=True))
        interruptions = Interruptions(
            lambda: clock.advance(CALL_MS / 1000), clock.advance, clock.after
        )
        for region, simulator in simulators.items():
            _apply(region, simulator.url)
            simulator.add_webhook(
                Webhook(hook_address(region), signature_token=SECRETS[region], skip_automatic=False)
            )
        for region in REGIONS:
            change_record(desk, "Region", region, chatbot=None, answer_service=bot.host)
        interruptions.install(patch)
        handlers, forget = _handlers(patch)
        yield RealDesk(clock, interruptions, simulators, bot, desk.queue_url, handlers, forget)


def _control_time(patch: pytest.MonkeyPatch, clock: VirtualClock) -> None:
    """Of the functions, the queue and the Zammads."""

    def sleep(self: SystemClock, seconds: float) -> None:
        clock.advance(max(seconds, SLOW_SLEEP_SECONDS))

    patch.setattr(SystemClock, "now", lambda self: clock.now)
    patch.setattr(SystemClock, "sleep", sleep)
    patch.setattr(moto.sqs.models, "unix_time", lambda: clock.now / 1000)
    patch.setattr(moto.sqs.models, "unix_time_millis", lambda: float(clock.now))
    patch.setattr(
        zammad_simulator.store, "_now", lambda: datetime.fromtimestamp(clock.now / 1000, UTC)
    )


def _apply(region: str, zammad_url: str) -> None:
    """The example's region under another name, on that Zammad."""
    environment = {
        "ZAMMAD_URL": zammad_url,
        "ZAMMAD_TOKEN": "bridge",
        "ZAMMAD_WEBHOOK_TOKEN": TOKENS[region],
        "ZAMMAD_WEBHOOK_SECRET": SECRETS[region],
        "SWITCHBOARD_EXAMPLE_KEY": "sb_example_0123456789abcdef",
    }
    clients = boto3.client("dynamodb", **AWS), boto3.client("ssm", **AWS)
    store = DirectoryStore(*clients, "Directory", "/switchboard/test/", "api.localhost")
    with tempfile.TemporaryDirectory() as folder:
        for example in EXAMPLES.glob("*.yaml"):
            text = example.read_text()
            if example.name == "region.yaml":
                text = text.replace("name: augenfeld\n  account", f"name: {region}\n  account")
            (Path(folder) / example.name).write_text(text)
        apply_manifests(load_manifests([Path(folder)], environment), store)


def _handlers(
    patch: pytest.MonkeyPatch,
) -> tuple[dict[str, Callable[[Any, Any], Any]], Callable[[], None]]:
    """The handlers, the worker's in two environments, and how to empty their memory."""
    found: dict[str, Any] = {}
    for name, module in {
        "userchat": "userchat",
        "webhook": "webhook",
        "worker": "worker",
        "second": "worker",
    }.items():
        for loaded in [m for m in sys.modules if m.partition(".")[0] == module]:
            patch.delitem(sys.modules, loaded)
        found[name] = importlib.import_module(f"{module}.handler")
        if module == "worker":
            patch.setattr(sys.modules["worker.translating"], "threading", _OneThread)
    sender, run = found["userchat"].desk.send_message, found["worker"].edge.run
    logins = [sender.delivery.zammad._logins, run.zammad._logins]

    def forget() -> None:
        for login in logins:
            login.clear()

    return {name: module.handle for name, module in found.items()}, forget


class _OneThread:
    """In place of `threading`: a thread runs at once, so that each run makes the same calls."""

    class Thread:
        def __init__(self, target: Callable[[], object], daemon: bool) -> None:
            self._target = target

        def start(self) -> None:
            self._target()

        def join(self, seconds: float) -> None:
            """It has ended."""

        def is_alive(self) -> bool:
            return False
