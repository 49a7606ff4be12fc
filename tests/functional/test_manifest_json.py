"""`get`, `keys list`, `describe` and `diff` with `--json`: the same as for people, for programs."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.functional.apply_desk import ACCOUNT, HOST, KEY, api_key, chatbot, plugin
from tests.functional.command_desk import PLATFORM, CommandDesk, open_commands


@pytest.fixture
def desk(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> Iterator[CommandDesk]:
    with open_commands(monkeypatch, capsys, tmp_path) as opened:
        yield opened


def described(desk: CommandDesk, *words: str) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(desk.done("describe", *words, "--json"))
    return document


def test_describe_as_json(desk: CommandDesk) -> None:
    """Addresses, custom host, keys by id, who refers to it and the manifest; no secret."""
    bot = desk.put_helper(expires="2035-12-31")
    found = described(desk, "chatbot", "Helper")
    assert (found["kind"], found["account"], found["name"]) == ("Chatbot", "city", "helper")
    assert f"https://{HOST}/chatbot/" in found["reachedAt"]
    assert f"https://{PLATFORM}/api/v1/chatbots/{bot.id}/chat/" in found["reachedAt"]
    host = found["customHost"]
    assert (host["host"], host["verified"]) == ("bot.customer.org", False)
    assert host["record"]["name"] == "_switchboard.bot.customer.org"
    (key,) = found["keys"]
    assert (key["id"], key["status"], key["chatbots"]) == ("demo", "valid", None)
    assert key["expires"] == "2036-01-01T00:00:00+00:00"
    assert found["referredToBy"] == ["Region city/r1 (spec.chatbot)"]
    assert found["manifest"]["spec"]["plugins"] == ["hours"]
    assert "hush" not in json.dumps(found)
    assert KEY not in json.dumps(found)
    other = described(desk, "plugin", "hours")
    assert (other["customHost"], other["keys"], other["reachedAt"]) == (None, [], [])


def test_get_as_json(desk: CommandDesk) -> None:
    """The manifests as they stand in the directory, in one list: all, of a kind, or one."""
    desk.apply(ACCOUNT, chatbot(modelKey="hush"), chatbot("other"), api_key(value=KEY))
    out = desk.done("get", "--json")
    found = json.loads(out)["manifests"]
    assert [one["kind"] for one in found] == ["Account", "Chatbot", "Chatbot", "ApiKey"]
    assert "hush" not in out
    assert KEY not in out
    (one,) = json.loads(desk.done("get", "chatbot", "Helper", "--json"))["manifests"]
    assert one == found[1]
    assert one["metadata"] == {"name": "helper", "account": "city"}
    assert json.loads(desk.done("get", "region", "--json")) == {"manifests": []}


def test_keys_as_json(desk: CommandDesk) -> None:
    """What the list says of each, without the key; null is no end, and all chatbots."""
    limited = api_key("narrow", chatbots=["helper"], expires="2035-12-31")
    desk.apply(ACCOUNT, chatbot(), api_key(value=KEY), limited)
    out = desk.done("keys", "list", "--json")
    assert KEY not in out
    wide, narrow = json.loads(out)["keys"]
    assert wide == {
        "id": "demo",
        "account": "city",
        "name": "demo",
        "status": "valid",
        "expires": None,
        "chatbots": None,
    }
    assert (narrow["expires"], narrow["chatbots"]) == ("2036-01-01T00:00:00+00:00", ["helper"])
    assert json.loads(desk.done("keys", "list", "--account", "town", "--json")) == {"keys": []}


def test_diff_as_json(desk: CommandDesk) -> None:
    """Each field with what it was and would be, as text; the status stays that of `diff`."""
    desk.apply(ACCOUNT, plugin(), chatbot(appName="Old", limits={"tokensPerDay": 5}))
    changed = {
        "apiVersion": "switchboard/v1",
        **chatbot(appName="New", plugins=("hours",), modelKey="hush"),
    }
    path = desk.file(json.dumps(changed))
    outcome = desk.call("diff", "-f", path, "--json")
    document = json.loads(outcome.out)
    (difference,) = document["differences"]
    fields = {one["field"]: (one["before"], one["after"]) for one in difference.pop("fields")}
    assert (outcome.status, document["renewedRecords"]) == (1, 0)
    assert difference == {
        "action": "change",
        "kind": "Chatbot",
        "account": "city",
        "name": "helper",
    }
    assert fields["spec.config.appName"] == ('"Old"', '"New"')
    assert fields["spec.config.limits.tokensPerDay"] == ("5", None)
    assert fields["spec.plugins[0]"] == (None, '"hours"')
    assert "hush" not in outcome.out


def test_diff_of_nothing_as_json(desk: CommandDesk) -> None:
    """Nothing differs: an empty list and the status 0; what cannot be read: no document and 2."""
    desk.apply(ACCOUNT)
    path = desk.file(json.dumps({"apiVersion": "switchboard/v1", **ACCOUNT}))
    assert json.loads(desk.done("diff", "-f", path, "--json")) == {
        "differences": [],
        "renewedRecords": 0,
    }
    outcome = desk.call("diff", "-f", desk.file("kind: Nothing\n"), "--json")
    assert (outcome.status, outcome.out) == (2, "")
