"""Custom hosts: `switchboard domains`, over DNS by HTTPS and the look-ups that functions make."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.functional.apply_desk import ACCOUNT, HOST, chatbot, lines
from tests.functional.command_desk import CommandDesk, Outcome, open_commands
from tests.servers.public_dns import PublicResolver, public_resolver

CUSTOM = "bot.customer.org"
OTHER = {**ACCOUNT, "metadata": {"name": "town"}, "spec": {"accountNumber": "0000-0000-0001"}}


@pytest.fixture
def desk(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> Iterator[CommandDesk]:
    with open_commands(monkeypatch, capsys, tmp_path) as opened:
        opened.apply(ACCOUNT, chatbot(customDomain=CUSTOM))
        yield opened


@pytest.fixture
def dns() -> Iterator[PublicResolver]:
    with public_resolver() as resolver:
        yield resolver


def verify(desk: CommandDesk, dns: PublicResolver, host: str = CUSTOM) -> Outcome:
    return desk.call("domains", "verify", host, "--resolver", dns.url)


def record(desk: CommandDesk, host: str = CUSTOM) -> tuple[str, str]:
    """Name and text of the TXT record that the command asks for."""
    (line,) = [row for row in desk.done("domains", "list").splitlines() if row.startswith(host)]
    name, _, text = line.split()[-3:]
    return name, text


def show(desk: CommandDesk, dns: PublicResolver, host: str = CUSTOM) -> None:
    """What the owner of the host does."""
    name, text = record(desk, host)
    dns.texts[name] = [["v=spf1 -all"], [text]]


def test_without_the_record_the_host_is_not_found(desk: CommandDesk, dns: PublicResolver) -> None:
    """The command says which record is wanted, fails, and the host stays unknown."""
    outcome = verify(desk, dns)
    name, text = record(desk)
    assert outcome.status == 1
    assert f"{name}. TXT {text}" in outcome.out
    assert name == f"_switchboard.{CUSTOM}"
    assert text.startswith("switchboard-verification=")
    assert dns.asked == [f"TXT {name}"]
    assert desk.at(CUSTOM) is None


@pytest.mark.parametrize("change", [lambda t: t[:-1], lambda t: t + "0", str.upper])
def test_another_text_proves_nothing(desk: CommandDesk, dns: PublicResolver, change: Any) -> None:
    """The whole text has to be there, in its own spelling."""
    name, text = record(desk)
    dns.texts[name] = [[change(text)], [f"x {text}"]]
    assert verify(desk, dns).status == 1
    assert desk.at(CUSTOM) is None


def test_a_verified_host_is_the_chatbots_first(desk: CommandDesk, dns: PublicResolver) -> None:
    """The chatbot is found there and at its default hosts, and the verified one is shown."""
    show(desk, dns)
    outcome = verify(desk, dns)
    assert (outcome.status, outcome.out) == (0, f"verified {CUSTOM} for Chatbot city/helper\n")
    bot = desk.at(CUSTOM)
    assert bot is not None
    assert bot.hostnames[0] == CUSTOM
    assert desk.at(HOST) == bot == desk.directory.chatbot_named("city", "helper")
    assert "  verified  " in desk.done("domains", "list")


def test_a_record_in_pieces_is_one_text(desk: CommandDesk, dns: PublicResolver) -> None:
    """DNS keeps long texts in pieces; they belong together. The host may be spelled in capitals."""
    name, text = record(desk)
    dns.texts[name] = [[text[:20], text[20:]]]
    assert verify(desk, dns, "Bot.Customer.ORG.").status == 0
    assert desk.at(CUSTOM) is not None


def test_applying_again_keeps_the_host(desk: CommandDesk, dns: PublicResolver) -> None:
    """Neither the same manifest nor another change asks for the proof again."""
    show(desk, dns)
    verify(desk, dns)
    dns.texts.clear()
    before = desk.records
    assert lines(desk.apply(chatbot(customDomain=CUSTOM))) == ["unchanged Chatbot city/helper"]
    assert desk.records == before
    desk.apply(chatbot(customDomain=CUSTOM, appName="Desk"))
    bot = desk.at(CUSTOM)
    assert bot is not None
    assert bot.app.name == "Desk"
    assert verify(desk, dns).status == 0


def test_another_host_is_verified_anew(desk: CommandDesk, dns: PublicResolver) -> None:
    """After a change the old host is gone and the new one unproven; coming back is a change too."""
    show(desk, dns)
    verify(desk, dns)
    desk.apply(chatbot(customDomain="new.customer.org"))
    assert (desk.at(CUSTOM), desk.at("new.customer.org")) == (None, None)
    assert verify(desk, dns, "new.customer.org").status == 1
    desk.apply(chatbot(customDomain=CUSTOM))
    assert desk.at(CUSTOM) is None
    assert verify(desk, dns).status == 0
    assert desk.at(CUSTOM) is not None


def test_a_host_belongs_to_one_account(desk: CommandDesk, dns: PublicResolver) -> None:
    """Another account can only claim it once it is free, and has to prove it with its own token."""
    show(desk, dns)
    verify(desk, dns)
    (_, first) = record(desk)
    theirs = chatbot("theirs", customDomain=CUSTOM)
    (error,) = desk.errors(OTHER, theirs, account="town")
    assert f"host name {CUSTOM} is already used by Chatbot city/helper" in error
    desk.apply(OTHER)
    mine = chatbot()
    mine["metadata"]["account"] = "city"
    desk.apply(mine, theirs, account="town")
    assert desk.at(CUSTOM) is None
    assert record(desk)[1] != first
    assert verify(desk, dns).status == 1
    show(desk, dns)
    assert verify(desk, dns).status == 0
    bot = desk.at(CUSTOM)
    assert bot is not None
    assert bot.account == "town"


def test_what_is_not_deployed_is_not_found(desk: CommandDesk, dns: PublicResolver) -> None:
    """A verified host of a chatbot that is taken offline is unknown, and comes back with it."""
    show(desk, dns)
    verify(desk, dns)
    desk.apply(chatbot(customDomain=CUSTOM, deployed=False))
    assert desk.at(CUSTOM) is None
    desk.apply(chatbot(customDomain=CUSTOM))
    assert desk.at(CUSTOM) is not None


@pytest.mark.parametrize("body", [b'{"Status": 2}', b"<html>", b"[]", b'{"Answer": []}'])
def test_a_resolver_that_fails_proves_nothing(
    desk: CommandDesk, dns: PublicResolver, body: bytes
) -> None:
    """No answer is not taken for one: status 2, a reason, and nothing is changed."""
    show(desk, dns)
    dns.broken, before = body, desk.records
    outcome = verify(desk, dns)
    assert (outcome.status, desk.records) == (2, before)
    assert "the resolver" in outcome.err


def test_a_resolver_that_is_not_there_is_explained(desk: CommandDesk) -> None:
    """A connection that fails is a failure of the look-up, not a missing record."""
    with public_resolver() as gone:
        pass
    outcome = verify(desk, gone)
    assert outcome.status == 2
    assert "the resolver was not reached" in outcome.err


def test_only_claimed_hosts_can_be_verified(desk: CommandDesk, dns: PublicResolver) -> None:
    """A host that no manifest names, a default host for one, is refused without a look-up."""
    for host in ("elsewhere.example.org", HOST):
        assert verify(desk, dns, host).status == 2
    assert dns.asked == []
    assert json.dumps([*desk.records]).count("Verified#") == 0
