"""Manifests that do not fit each other or what is stored: nothing at all is changed."""

from __future__ import annotations

from typing import Any

import pytest

from switchboard_cli.manifests import (
    DirectoryBusy,
    DirectoryStore,
)
from tests.functional import apply_desk
from tests.functional.apply_desk import (
    ACCOUNT,
    HOST,
    KEY,
    NUMBER,
    WEBHOOK_TOKEN,
    Desk,
    api_key,
    chatbot,
    lines,
    plugin,
    region,
)

desk = apply_desk.desk


def test_the_account_is_the_one_named_or_asked_for_or_the_only_one(desk: Desk) -> None:
    """metadata.account, else --account, else the only account; otherwise it is an error."""
    other = {**ACCOUNT, "metadata": {"name": "town"}, "spec": {"accountNumber": "0000-0000-0001"}}
    assert desk.errors(chatbot()) == [
        "metadata.account: is missing; there is no account yet, so apply one"
    ]
    desk.apply(ACCOUNT)
    assert lines(desk.apply(chatbot())) == ["created Chatbot city/helper"]
    assert desk.errors(other, chatbot()) == ["metadata.account: is missing; name one of city, town"]
    mine = chatbot("mine")
    mine["metadata"]["account"] = "city"
    assert lines(desk.apply(other, chatbot(), mine, account="town")) == [
        "created Account town",
        "created Chatbot town/helper",
        "created Chatbot city/mine",
    ]


@pytest.mark.parametrize(
    ("manifests", "errors"),
    [
        (
            [chatbot("new", plugins=("nope",))],
            ["spec.plugins[0]: there is no Plugin named nope in account city"],
        ),
        (
            [api_key(chatbots=["helper", "nope"])],
            ["spec.chatbots[1]: there is no Chatbot named nope in account city"],
        ),
        (
            [{**region("r9"), "spec": {"defaultLanguage": "de", "chatbot": "nope"}}],
            ["spec.chatbot: there is no Chatbot named nope in account city"],
        ),
        (
            [{**chatbot("new"), "spec": {"apiKey": "nope"}}],
            ["spec.apiKey: there is no ApiKey named nope in account city"],
        ),
        (
            [{**chatbot("new"), "metadata": {"name": "new", "account": "nope"}}],
            ["metadata.account: there is no Account named nope"],
        ),
        (
            [chatbot("new"), chatbot("New")],
            ["metadata.name: Chatbot city/new is already defined at FILE:8"],
        ),
        (
            [chatbot("new", subdomain="Helper")],
            [
                f"spec.config.subdomain: host name {HOST} is already used by Chatbot city/helper",
            ],
        ),
        (
            [chatbot("new", customDomain="taken.example.com")],
            [
                "spec.config.customDomain: host name taken.example.com is already used "
                "by Chatbot city/helper",
            ],
        ),
        (
            [chatbot("new", customDomain="x.API.example.org")],
            ["spec.config.customDomain: should not be under the API domain api.example.org"],
        ),
        (
            [{**ACCOUNT, "metadata": {"name": "town"}}],
            [f"spec.accountNumber: account number {NUMBER} is already used by Account city"],
        ),
        (
            [
                {**ACCOUNT, "metadata": {"name": "b"}, "spec": {"accountNumber": "1111-1111-1111"}},
                {**region(), "metadata": {"name": "r1", "account": "b"}},
            ],
            ["metadata.name: the name r1 is already used by Region city/r1"],
        ),
        (
            [region("r2", webhookToken=WEBHOOK_TOKEN)],
            ["spec.zammad.webhookToken: this token is already used by Region city/r1"],
        ),
        (
            [region("r2", webhookToken="secret")],
            ["spec.zammad.webhookToken: should be a UUID"],
        ),
        (
            [api_key("new", value=KEY)],
            ["spec.value: this key's id is already used by ApiKey city/demo"],
        ),
        (
            [api_key("new", value="sb_short_x")],
            [
                "spec.value: should be sb_<id>_<secret>, with at least 16 characters of secret",
            ],
        ),
        (
            [plugin(en="x" * 400_000)],
            ["Manifest#Plugin city/hours"],
        ),
    ],
)
def test_nothing_is_changed_if_anything_does_not_fit(
    desk: Desk, manifests: list[dict[str, Any]], errors: list[str]
) -> None:
    """References must exist, and names, hosts, numbers, tokens and keys must be unique: in the
    manifests and against what was applied earlier. A valid neighbour is not applied either."""
    desk.apply(
        ACCOUNT,
        chatbot(customDomain="taken.example.com"),
        region(webhookToken=WEBHOOK_TOKEN),
        api_key(value=KEY),
    )
    valid = chatbot("valid_neighbour", modelKey="hush")
    valid["metadata"]["account"] = "city"
    for manifest in manifests:
        if manifest["kind"] != "Account":
            manifest["metadata"].setdefault("account", "city")
    found = desk.errors(valid, *manifests)
    if errors == ["Manifest#Plugin city/hours"]:
        assert found == [": is larger than a record may be (390 KB)"]
        return
    place = str(desk.folder / "all.yaml")
    assert [error.replace(place, "FILE") for error in found] == [
        error.replace("FILE:8", f"FILE:{_line_of(desk, 'new')}") for error in errors
    ]


def _line_of(desk: Desk, name: str) -> int:
    text = (desk.folder / "all.yaml").read_text().splitlines()
    return next((n for n, line in enumerate(text, 1) if f'"name": "{name}"' in line), 0)


def test_two_things_swap_their_hosts_in_one_apply(desk: Desk) -> None:
    """Only the outcome has to fit, not every step on the way."""
    desk.apply(ACCOUNT, chatbot("one", subdomain="a"), chatbot("two", subdomain="b"))
    desk.apply(chatbot("one", subdomain="b"), chatbot("two", subdomain="a"))
    bot = desk.at(f"a.{NUMBER}.api.example.org")
    assert bot is not None
    assert bot.name == "two"


def test_two_operators_at_once_do_not_mix(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """If someone else applied in between, nothing is written, and the second is told."""
    desk.apply(ACCOUNT)
    read = DirectoryStore.read_all

    def read_then_someone_applies(store: DirectoryStore) -> Any:
        records = read(store)
        monkeypatch.undo()
        desk.apply(chatbot("theirs"))
        return records

    monkeypatch.setattr(DirectoryStore, "read_all", read_then_someone_applies)
    with pytest.raises(DirectoryBusy):
        desk.apply(chatbot("ours"))
    assert desk.at(f"theirs.{NUMBER}.api.example.org") is not None
    assert desk.at(f"ours.{NUMBER}.api.example.org") is None
