"""What the tests of `switchboard doctor` share: a stack, a region on a simulated Zammad, and a
proxy before it that changes single answers, for faults the simulator does not have."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import requests

from switchboard_cli.main import main
from tests.fakes.aws_directory import make_stack
from tests.functional.apply_desk import ACCOUNT, WEBHOOK_TOKEN, Desk, open_desk, region
from tests.servers.serving import Handler, serving
from tests.tables import AWS
from zammad_simulator import SimulatorSettings, ZammadSimulator

TOKEN = "a-token-nobody-may-see"
SECRET = "a-secret-nobody-may-see"
WEBHOOK_URL = "https://hook.lambda-url.example.org/"


@dataclass
class Examination:
    """What the doctor printed, by finding."""

    status: int
    out: str
    err: str
    verdicts: dict[str, str] = field(default_factory=dict)
    texts: dict[str, str] = field(default_factory=dict)
    remedies: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        name = ""
        for line in self.out.splitlines()[:-1]:
            if line.startswith("    "):
                self.remedies[name] += line.strip() + "\n"
                continue
            name = line[13:].split()[0]
            assert name not in self.verdicts, f"{name} is told twice"
            self.verdicts[name] = line[:13].strip()
            self.texts[name] = line[46:].strip()
            self.remedies[name] = ""

    @property
    def missing(self) -> set[str]:
        return {name for name, verdict in self.verdicts.items() if verdict == "missing"}


class Clinic:
    """A stack named `switchboard` with one region; asks the doctor as an operator would."""

    def __init__(self, desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
        self.desk = desk
        self._capsys = capsys

    def set_up(self, url: str, token: str = TOKEN, *, enabled: bool = True, **more: Any) -> None:
        access = {"webhookToken": WEBHOOK_TOKEN, "webhookSecret": SECRET, **more}
        self.desk.apply(ACCOUNT, region(enabled=enabled, url=url, token=token, **access))

    def examine(self, *words: str, name: str = "r1") -> Examination:
        """Whatever is printed, no secret is, and nothing looks like a crash."""
        status = main(["doctor", name, "--search-seconds", "0.1", *words])
        shown = self._capsys.readouterr()
        for secret in (TOKEN, SECRET, WEBHOOK_TOKEN):
            assert secret not in shown.out + shown.err
        assert "Traceback" not in shown.out + shown.err
        return Examination(status, shown.out, shown.err)

    def examine_changed(self, change: Change) -> Examination:
        """The examination of a good server whose answers are changed on the way."""
        with zammad() as simulator, meddling(simulator, change) as server:
            self.set_up(server.url)
            return self.examine()


@contextmanager
def open_clinic(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Clinic]:
    monkeypatch.setenv("AWS_DEFAULT_REGION", AWS["region_name"])
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", AWS["aws_access_key_id"])
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", AWS["aws_secret_access_key"])
    with open_desk(folder) as desk:
        outputs = {
            "DirectoryTable": desk.store.table,
            "SecretsPrefix": desk.store.secrets_prefix,
            "WebhookUrl": WEBHOOK_URL,
        }
        make_stack("switchboard", outputs)
        yield Clinic(desk, capsys)


def zammad(**settings: Any) -> ZammadSimulator:
    """A server that is set up well, but for these settings."""
    settings.setdefault("bridge_token", TOKEN)
    return ZammadSimulator(SimulatorSettings(**settings))


Change = Callable[[str, str, int, Any], tuple[int, Any]]
"""From method, path without query, status and document to another status and document."""


class Meddler(ThreadingHTTPServer):
    """Passes requests on to a simulator and answers as `change` says.

    A document that is bytes is sent as HTML; a status from 300 to 399 redirects to the document.
    """

    def __init__(self, simulator: ZammadSimulator, change: Change) -> None:
        super().__init__(("127.0.0.1", 0), _Passing)
        self.simulator = simulator
        self.change = change
        self.seen: list[tuple[str, str]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class _Passing(Handler):
    server: Meddler

    def take(self) -> None:
        body = self.read()
        path = self.path.partition("?")[0]
        self.server.seen.append((self.command, path))
        kept = {name: self.headers.get(name, "") for name in ("Authorization", "Content-Type")}
        answer = requests.request(
            self.command, self.server.simulator.url + self.path, data=body, headers=kept, timeout=10
        )
        try:
            document: Any = answer.json()
        except ValueError:
            document = answer.content
        status, document = self.server.change(self.command, path, answer.status_code, document)
        self._give(status, document)

    def _give(self, status: int, document: Any) -> None:
        is_html = isinstance(document, bytes)
        headers = {"Content-Type": "text/html" if is_html else "application/json"}
        if 300 <= status < 400:
            headers["Location"] = document
        self.answer(status, headers, document if is_html else json.dumps(document).encode())


@contextmanager
def meddling(simulator: ZammadSimulator, change: Change) -> Iterator[Meddler]:
    server = Meddler(simulator, change)
    with serving(server):
        yield server
