"""What commands have in common: options that mean something, faults as one line each, JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from switchboard.adapters.directory_documents import Key
from switchboard_cli.manifests.store import REVISION
from tests.functional.apply_desk import ACCOUNT, chatbot
from tests.functional.command_desk import CommandDesk, open_commands


@pytest.fixture
def desk(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> Iterator[CommandDesk]:
    with open_commands(monkeypatch, capsys, tmp_path) as opened:
        opened.apply(ACCOUNT, chatbot(customDomain="bot.customer.org"))
        yield opened


@pytest.mark.parametrize(
    "words",
    [
        ("describe", "chatbot", "helper"),
        ("domains", "list"),
        ("domains", "verify", "bot.customer.org"),
    ],
)
def test_a_stored_manifest_of_another_version_is_named(
    desk: CommandDesk, words: tuple[str, ...]
) -> None:
    """What this version cannot read any more is a fault with its place, not a stack trace."""
    key = Key("Manifest#Chatbot", "city/helper")
    old = json.loads(desk.records[key])
    old["spec"]["gone"] = 1
    desk.store.write(desk.records[REVISION], {key: json.dumps(old)}, [])
    outcome = desk.call(*words)
    assert (outcome.status, outcome.out) == (2, "")
    fault = "stored Chatbot city/helper: spec.gone: is not a field of this kind"
    assert outcome.err == f"switchboard: {fault}\n"


def test_diff_takes_no_option_of_apply(
    desk: CommandDesk, capsys: pytest.CaptureFixture[str]
) -> None:
    """It asks no golden questions, so it does not offer to require that they pass."""
    with pytest.raises(SystemExit):
        desk.call("diff", "-f", desk.file(json.dumps(chatbot())), "--require-tests")
    assert "unrecognized arguments: --require-tests" in capsys.readouterr().err


def test_invoke_asks_for_the_local_stack_as_all_do(desk: CommandDesk) -> None:
    """Where none runs, every command says so in the same words."""
    words = ("--aws-port", "1")
    invoked = desk.call("invoke", "userchat", desk.file("{}", "event.json"), *words)
    assert invoked.err == desk.call("get", "--local", *words).err
    said = "no local stack answers at http://127.0.0.1:1; is `switchboard dev` running?"
    assert invoked.err == f"switchboard: {said}\n"
