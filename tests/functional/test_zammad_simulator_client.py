"""The simulator held against `zammad-py`, a client written by others for the real Zammad."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from typing import Any

import pytest
from requests.exceptions import HTTPError
from zammad_py import ZammadAPI  # type: ignore[import-untyped]

from tests.functional.zammad_simulator_support import BRIDGE, CUSTOMER, GROUP
from zammad_simulator import ZammadSimulator


@pytest.fixture
def zammad() -> Iterator[Any]:
    with ZammadSimulator() as sim:
        api = ZammadAPI(url=f"{sim.url}/api/v1", http_token=BRIDGE)
        yield api
        api.session.close()


def test_it_finds_out_who_it_is(zammad: Any) -> None:
    """`user.me` works."""
    assert zammad.user.me()["login"] == CUSTOMER


def test_it_writes_and_reads_a_conversation(zammad: Any) -> None:
    """A ticket with an article, a further article, a file: all come back as sent."""
    article = {"subject": "app user message", "body": "Hallo", "type": "web"}
    ticket = zammad.ticket.create(
        {"title": "T", "group": GROUP, "customer": CUSTOMER, "article": article}
    )
    upload = {"filename": "a.bin", "mime-type": "application/x-test"}
    upload["data"] = base64.b64encode(b"\x00\xff").decode()
    zammad.ticket_article.create(
        {"ticket_id": ticket["id"], "body": "zwei", "attachments": [upload]}
    )
    articles = zammad.ticket.articles(ticket["id"])
    assert [entry["body"] for entry in articles] == ["Hallo", "zwei"]
    [file] = articles[1]["attachments"]
    download = zammad.ticket_article_attachment.download(
        file["id"], articles[1]["id"], ticket["id"]
    )
    assert download == b"\x00\xff"


def test_it_pages_through_tickets(zammad: Any) -> None:
    """Lists are paged as the client expects."""
    for number in range(3):
        zammad.ticket.create({"title": f"T{number}", "group": GROUP, "customer": CUSTOMER})
    first = zammad.ticket.all(filters={"per_page": 2})
    assert [ticket["title"] for ticket in first] == ["T0", "T1"]
    assert [ticket["title"] for ticket in first.next_page()] == ["T2"]
    assert first[0]["group"] == GROUP


def test_it_searches_updates_and_deletes(zammad: Any) -> None:
    """Search, update and destroy work through the client."""
    ticket = zammad.ticket.create({"title": "needle", "group": GROUP, "customer": CUSTOMER})
    assert [found["id"] for found in zammad.ticket.search("needle")] == [ticket["id"]]
    zammad.ticket.update(ticket["id"], {"state": "closed", "automatic_answers": False})
    assert zammad.ticket.find(ticket["id"])["automatic_answers"] is False
    zammad.ticket.destroy(ticket["id"])
    with pytest.raises(HTTPError, match="Couldn't find Ticket"):
        zammad.ticket.find(ticket["id"])


def test_it_sees_the_setup(zammad: Any) -> None:
    """Groups, states and priorities are listed."""
    assert [group["name"] for group in zammad.group.all()] == [GROUP]
    assert "closed" in [state["name"] for state in zammad.ticket_state.all()]
    assert "2 normal" in [priority["name"] for priority in zammad.ticket_priority.all()]


def test_it_gets_an_exception_for_a_refusal(zammad: Any) -> None:
    """An unknown group raises with the server's text."""
    with pytest.raises(HTTPError, match="No lookup value found for 'group'"):
        zammad.ticket.create({"title": "T", "group": "nope", "customer": CUSTOMER})
