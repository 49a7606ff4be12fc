"""`switchboard diff`, `describe`, `delete`, `export` and `example`, as an operator calls them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from switchboard.adapters.directory_documents import Key
from switchboard_cli.example import FOLDER
from switchboard_cli.manifests.models import MODELS
from tests.functional.apply_desk import (
    ACCOUNT,
    HOST,
    KEY,
    NUMBER,
    WEBHOOK_TOKEN,
    api_key,
    chatbot,
    plugin,
)
from tests.functional.command_desk import PLATFORM, WEBHOOK_URL, CommandDesk, open_commands

SECRETS = {
    "WEATHER_KEY": "wk-secret",
    "LIBRARY_PASSWORD": "lp-secret",
    "ZAMMAD_TOKEN": "zt-secret",
    "ZAMMAD_WEBHOOK_TOKEN": WEBHOOK_TOKEN,
    "ZAMMAD_WEBHOOK_SECRET": "ws-secret",
}
EVERYTHING = "---\n".join((FOLDER / f"{kind}.yaml").read_text() for kind in MODELS)
NAMES = {
    "Account": "augenfeld",
    "Secret": "weather_key",
    "SqlConnection": "library_database",
    "ApiConnection": "weather_service",
    "Plugin": "opening_hours",
    "SqlPlugin": "books",
    "ApiPlugin": "forecast",
    "Chatbot": "town_guide",
    "ApiKey": "town_app",
    "Region": "augenfeld",
}


@pytest.fixture
def desk(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> Iterator[CommandDesk]:
    for name, value in SECRETS.items():
        monkeypatch.setenv(name, value)
    with open_commands(monkeypatch, capsys, tmp_path) as opened:
        yield opened


@pytest.fixture
def full(desk: CommandDesk) -> CommandDesk:
    """Every kind is applied, as its example says."""
    desk.done("apply", "-f", desk.file(EVERYTHING, "all.yaml"))
    return desk


def test_every_kind_has_an_example_that_applies(full: CommandDesk) -> None:
    """`example KIND` prints a commented manifest of that kind; all of them fit each other."""
    assert NAMES.keys() == MODELS.keys()
    for kind, name in NAMES.items():
        text = full.done("example", kind.lower())
        assert text.startswith("# ")
        assert f"\nkind: {kind}\n" in text
        assert full.done("get", kind).splitlines()[1].split()[:3] == [kind, "augenfeld", name]


def test_diff_of_what_is_applied_is_empty(full: CommandDesk) -> None:
    """Nothing differs: nothing is printed, the status is 0 and no record is touched."""
    before = full.records, full.secrets
    assert full.done("diff", "-f", str(full.folder / "all.yaml")) == ""
    assert (full.records, full.secrets) == before


def test_diff_shows_each_field_and_changes_nothing(desk: CommandDesk) -> None:
    """What would be created or changed, field by field, with the status 1."""
    desk.apply(ACCOUNT, plugin(), chatbot(appName="Old", limits={"tokensPerDay": 5}))
    before = desk.records
    changed = [
        {"apiVersion": "switchboard/v1", **manifest}
        for manifest in (plugin("more"), chatbot(appName="New", plugins=("hours",)))
    ]
    path = desk.file("\n---\n".join(json.dumps(manifest, indent=1) for manifest in changed))
    outcome = desk.call("diff", "-f", path)
    assert (outcome.status, outcome.err, desk.records) == (1, "", before)
    assert outcome.out.splitlines()[0] == "create Plugin city/more"
    assert '  + spec.selector.searchTerms[0]: "open"' in outcome.out.splitlines()
    assert outcome.out.splitlines()[-4:] == [
        "change Chatbot city/helper",
        '  ~ spec.config.appName: "Old" -> "New"',
        "  - spec.config.limits.tokensPerDay: 5",
        '  + spec.plugins[0]: "hours"',
    ]


def test_diff_never_shows_a_secret(full: CommandDesk, monkeypatch: pytest.MonkeyPatch) -> None:
    """A new secret is a new version of its name; keys and tokens are told by id or digest."""
    for name in SECRETS:
        monkeypatch.setenv(name, f"other-{name}" if "TOKEN" not in name else WEBHOOK_TOKEN[::-1])
    monkeypatch.setenv("ZAMMAD_WEBHOOK_TOKEN", "1" + WEBHOOK_TOKEN[1:])
    before = full.secrets
    made = {**api_key("made"), "apiVersion": "switchboard/v1"}
    outcome = full.call(
        "diff", "-f", str(full.folder / "all.yaml"), "-f", full.file(json.dumps(made))
    )
    assert outcome.status == 1
    assert (
        "  ~ spec.value: {secret: secrets/augenfeld/weather_key:1} -> "
        "{secret: secrets/augenfeld/weather_key:2}"
    ) in outcome.out
    assert "  + spec.value: a new key\n" in outcome.out
    assert "webhookToken: a token" in outcome.out
    shown = outcome.out + outcome.err
    assert not [secret for secret in (*SECRETS.values(), "other-", "sb_") if secret in shown]
    assert full.secrets == before


def test_diff_of_faulty_manifests_is_trouble(desk: CommandDesk) -> None:
    """As with `diff`, 2 means that it cannot be told."""
    path = desk.file("apiVersion: switchboard/v1\nkind: Chatbot\nmetadata: {name: x, y: z}\n")
    outcome = desk.call("diff", "-f", path)
    assert (outcome.status, outcome.out) == (2, "")
    assert "metadata.y: is not a field of this kind" in outcome.err


def test_export_applies_again_to_the_same_state(full: CommandDesk) -> None:
    """Everything that was applied comes out, without one secret, and applying it is no change."""
    text = full.done("export")
    assert not [secret for secret in SECRETS.values() if secret in text]
    before = full.records, full.secrets
    out = full.done("apply", "-f", full.file(text))
    assert {line.split()[0] for line in out.splitlines()} == {"unchanged"}
    assert len(out.splitlines()) == len(MODELS)
    assert (full.records, full.secrets) == before
    for key in full.records:
        full.store.dynamodb.delete_item(
            TableName=full.store.table, Key={"pk": {"S": key.pk}, "sk": {"S": key.sk}}
        )
    full.done("apply", "-f", full.file(text))
    assert without_revision(full) == {k: v for k, v in before[0].items() if k.pk != "Revision"}


def test_export_of_one_kind_or_thing(full: CommandDesk) -> None:
    """A kind and a name choose, as with `get`; an unknown name is a mistake."""
    assert full.done("export", "plugins").count("kind:") == 1
    assert "name: town_guide" in full.done("export", "chatbot", "TownGuide")
    assert full.done("export", "--account", "elsewhere") == ""
    assert full.call("export", "chatbot", "nobody").status == 2


def test_describe_a_chatbot(desk: CommandDesk) -> None:
    """Its addresses, keys by id, who refers to it, and the manifest; no secret."""
    bot = desk.put_helper()
    out = desk.done("describe", "chatbot", "Helper")
    for line in (
        "Chatbot city/helper",
        f"  https://{HOST}/chatbot/",
        f"  https://{PLATFORM}/api/v1/chatbots/{bot.id}/chat/",
        f"  https://{PLATFORM}/workbench/helper/chat/",
        "  demo (demo): valid, expires: never, chatbots: all",
        "  Region city/r1 (spec.chatbot)",
        "    secret: chatbots/city/helper/model-key:1",
    ):
        assert line in out.replace("        secret", "    secret").splitlines()
    assert "bot.customer.org, not verified: _switchboard.bot.customer.org. TXT" in out
    assert "hush" not in out
    assert "(else)" not in out
    assert f"  {WEBHOOK_URL}?token=<its webhookToken>" in desk.done("describe", "region", "r1")
    assert "  Chatbot city/helper (spec.plugins[0])" in desk.done("describe", "plugin", "hours")
    assert "(else)" in desk.done("describe", "account", "city")


def test_describe_asks_for_the_account(desk: CommandDesk) -> None:
    """One name in two accounts is not described at random."""
    other = {**ACCOUNT, "metadata": {"name": "town"}, "spec": {"accountNumber": "0000-0000-0001"}}
    desk.apply(ACCOUNT, other, chatbot(), account="city")
    desk.apply(chatbot(), account="town")
    assert desk.call("describe", "chatbot", "helper").status == 2
    assert "Chatbot town/helper" in desk.done("describe", "chatbot", "helper", "--account", "town")


@pytest.mark.parametrize("kind", [*MODELS])
def test_what_is_referred_to_is_not_deleted(full: CommandDesk, kind: str) -> None:
    """Each kind that another needs stays, and the other is named; the rest can go."""
    before = full.records, full.secrets
    outcome = full.call("delete", kind, NAMES[kind])
    if kind in ("Region", "Secret"):
        assert outcome.status == 0
        return
    assert (outcome.status, full.records, full.secrets) == (1, before[0], before[1])
    place = NAMES[kind] if kind == "Account" else f"augenfeld/{NAMES[kind]}"
    assert f"{kind} {place}: " in outcome.err
    assert " refers to it in " in outcome.err


def test_a_secret_in_use_is_not_deleted(desk: CommandDesk) -> None:
    """A `Secret` counts as referred to where `{secret: NAME}` means it."""
    value = {"kind": "Secret", "metadata": {"name": "pass"}, "spec": {"value": "hush"}}
    desk.apply(ACCOUNT, value, chatbot(modelKey={"secret": "pass"}))
    outcome = desk.call("delete", "secret", "pass")
    assert outcome.status == 1
    assert "Chatbot city/helper refers to it in spec.config.modelKey" in outcome.err
    desk.done("delete", "chatbot", "helper")
    assert desk.done("delete", "secret", "pass") == "deleted Secret city/pass\n"
    assert desk.secrets == {}


def test_nothing_stays_behind(full: CommandDesk) -> None:
    """Deleting all that a file names leaves no record and no secret, in whatever order it is."""
    path = full.folder / "all.yaml"
    out = full.done("delete", "-f", str(path))
    assert {line.split()[0] for line in out.splitlines()} == {"deleted"}
    assert without_revision(full) == {}
    assert full.secrets == {}
    again = full.done("delete", "-f", str(path), "--account", "augenfeld")
    assert {line.split()[0] for line in again.splitlines()} == {"absent"}


def test_deleting_needs_no_variables(full: CommandDesk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a file only kinds and names matter: the secrets it was applied with need not be there."""
    for name in SECRETS:
        monkeypatch.delenv(name)
    full.done("delete", "-f", str(full.folder / "all.yaml"))
    assert full.secrets == {}


def test_deleting_twice_is_no_fault(desk: CommandDesk) -> None:
    """What is not there is absent, with status 0; its hosts and keys are unknown afterwards."""
    desk.apply(ACCOUNT, chatbot(), chatbot("other"), api_key(value=KEY))
    assert desk.done("delete", "LLMClient", "Helper") == "deleted Chatbot city/helper\n"
    assert desk.at(HOST) is None
    assert desk.directory.chatbot_named("city", "helper") is None
    assert desk.at(f"other.{NUMBER}.api.example.org") is not None
    assert desk.done("delete", "chatbot", "helper") == "absent Chatbot city/helper\n"
    desk.done("delete", "apikey", "demo")
    assert desk.directory.api_key("demo") is None
    assert lines_of(desk) == {"Account city/city", "Chatbot city/other"}


def without_revision(desk: CommandDesk) -> dict[Key, str]:
    return {key: text for key, text in desk.records.items() if key.pk != "Revision"}


def lines_of(desk: CommandDesk) -> set[str]:
    manifests = (key for key in desk.records if key.pk.startswith("Manifest#"))
    return {f"{key.pk.removeprefix('Manifest#')} {key.sk}" for key in manifests}


@pytest.mark.parametrize(
    "words", [(), ("chatbot",), ("potato", "x"), ("chatbot", "..."), ("chatbot", "x", "-f", "y")]
)
def test_delete_wants_one_thing_or_files(desk: CommandDesk, words: tuple[str, ...]) -> None:
    """Anything else is a mistake of the caller's."""
    desk.apply(ACCOUNT)
    assert desk.call("delete", *words).status == 2
