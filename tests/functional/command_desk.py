"""A stack in moto that commands are called on, as an operator types them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from switchboard.domain.directory import Chatbot
from switchboard_cli.main import main
from tests.fakes.aws_directory import aws_directory, make_stack
from tests.functional.apply_desk import (
    ACCOUNT,
    HOST,
    KEY,
    Desk,
    api_key,
    chatbot,
    plugin,
    region,
)
from tests.tables import AWS

PLATFORM = "platform.example.org"
WEBHOOK_URL = "https://hooks.example.org/"


@dataclass
class Outcome:
    status: int
    out: str
    err: str


class CommandDesk(Desk):
    """A desk whose directory is that of a CloudFormation stack named `switchboard`."""

    capsys: pytest.CaptureFixture[str]

    def call(self, *words: str) -> Outcome:
        status = main(words)
        captured = self.capsys.readouterr()
        return Outcome(status, captured.out, captured.err)

    def done(self, *words: str) -> str:
        """The output of a command that succeeds without a complaint."""
        outcome = self.call(*words)
        assert (outcome.status, outcome.err) == (0, "")
        return outcome.out

    def put_helper(self, **key: Any) -> Chatbot:
        """The chatbot `helper` with all that refers to it, and another one; fields of its key."""
        answering = region()
        answering["spec"]["chatbot"] = "helper"
        self.apply(
            ACCOUNT,
            plugin(),
            chatbot(plugins=("hours",), modelKey="hush", customDomain="bot.customer.org"),
            chatbot("other"),
            answering,
            api_key(value=KEY, **key),
            api_key("else", chatbots=["other"]),
        )
        bot = self.at(HOST)
        assert bot is not None
        return bot

    def file(self, text: str, name: str = "some.yaml") -> str:
        path = self.folder / name
        path.write_text(text, encoding="utf-8")
        return str(path)


@contextmanager
def open_commands(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], folder: Path
) -> Iterator[CommandDesk]:
    for name in ("aws_access_key_id", "aws_secret_access_key"):
        monkeypatch.setenv(name.upper(), AWS[name])
    monkeypatch.setenv("AWS_DEFAULT_REGION", AWS["region_name"])
    with aws_directory() as store:
        outputs = {
            "DirectoryTable": store.table,
            "SecretsPrefix": store.secrets_prefix,
            "ApiDomain": store.api_domain,
            "PlatformDomain": PLATFORM,
            "WebhookUrl": WEBHOOK_URL,
            "ApiUrl": "https://gateway.example.org",
        }
        make_stack("switchboard", outputs)
        desk = CommandDesk(store, folder)
        desk.capsys = capsys
        yield desk
