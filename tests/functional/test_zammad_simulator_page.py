"""The page on which a person plays the adviser."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st

from tests.functional.zammad_simulator_support import Client
from zammad_simulator import SimulatorSettings, ZammadSimulator
from zammad_simulator.sanitize import safe_html


@pytest.fixture
def sim() -> Iterator[ZammadSimulator]:
    with ZammadSimulator() as simulator:
        yield simulator


@pytest.fixture
def client(sim: ZammadSimulator) -> Iterator[Client]:
    with Client(sim) as opened:
        yield opened


def page(sim: ZammadSimulator, path: str = "/") -> str:
    """The HTML at a path."""
    answer = requests.get(f"{sim.url}{path}", timeout=5)
    assert answer.status_code == 200
    return answer.text


def test_the_page_says_what_it_is(sim: ZammadSimulator) -> None:
    """Nobody can take the page for a real Zammad."""
    assert "stands in for a real zammad" in page(sim).lower()


def test_an_unread_ticket_is_marked_until_it_is_opened(
    sim: ZammadSimulator, client: Client
) -> None:
    """A user's message marks the ticket in the list, opening it takes the mark off."""
    ticket_id = client.ticket(title="[DE] abc", language_slug="de")
    client.article(ticket_id, "Guten Tag")
    listed = page(sim)
    assert "[DE] abc" in listed
    assert "Guten Tag" in listed
    assert 'aria-label="unread"' in listed
    page(sim, f"/tickets/{ticket_id}")
    assert 'aria-label="unread"' not in page(sim, "/tickets/list")


@pytest.mark.parametrize(("kind", "internal"), [("public", False), ("internal", True)])
def test_the_form_answers_as_the_adviser(
    sim: ZammadSimulator, client: Client, kind: str, internal: bool
) -> None:
    """What is typed becomes an escaped article by the adviser, public or internal, with files."""
    ticket_id = client.ticket()
    answer = requests.post(
        f"{sim.url}/tickets/{ticket_id}/answer",
        data={"body": "a < b\r\nc", "kind": kind},
        files={"attachment": ("m.txt", b"hi", "text/plain")},
        timeout=5,
    )
    assert answer.status_code == 200
    [article] = client.articles(ticket_id)
    assert (article["body"], article["internal"]) == ("a &lt; b<br>c", internal)
    assert article["created_by"] == sim.settings.agent_login
    assert [file["filename"] for file in article["attachments"]] == ["m.txt"]


def test_switches_change_the_ticket(sim: ZammadSimulator, client: Client) -> None:
    """Automatic answers can be switched off and the ticket closed from the page."""
    ticket_id = client.ticket()
    address = f"{sim.url}/tickets/{ticket_id}"
    requests.post(f"{address}/automatic_answers", data={"on": "0"}, timeout=5)
    requests.post(f"{address}/state", data={"state": "closed"}, timeout=5)
    ticket = sim.ticket(ticket_id)
    assert (ticket["automatic_answers"], ticket["state"]) == (False, "closed")


def test_another_site_cannot_post(sim: ZammadSimulator, client: Client) -> None:
    """A form sent from another origin is refused and changes nothing."""
    ticket_id = client.ticket()
    answer = requests.post(
        f"{sim.url}/tickets/{ticket_id}/answer",
        data={"body": "x"},
        headers={"Origin": "https://elsewhere.example"},
        timeout=5,
    )
    assert answer.status_code == 403
    assert client.articles(ticket_id) == []


def test_a_message_cannot_script_the_page(sim: ZammadSimulator, client: Client) -> None:
    """Scripts, handlers and foreign images in title or body never reach the adviser's browser."""
    attack = (
        '<script>alert(1)</script><img src=x onerror=alert(2)><a href="javascript:alert(3)">l</a>'
        '<b onclick="alert(4)">bold</b><svg onload=alert(5)></svg>'
    )
    ticket_id = client.ticket(title="<script>alert(0)</script>")
    client.article(ticket_id, attack)
    client.article(ticket_id, attack, content_type="text/plain")
    answer = requests.get(f"{sim.url}/tickets/{ticket_id}", timeout=5)
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert "<b>bold</b>" in answer.text
    tags = re.findall(r"<[^>]+>", answer.text)
    assert [tag for tag in tags if tag.startswith("<script")] == [
        '<script src="/simulator/static/desk.js" defer>'
    ]
    assert not [tag for tag in tags if re.search(r"alert\(|\son\w+=|javascript:", tag)]


@given(st.text("<>/&\"' abimgsrcprtonlk=:;!-", max_size=80))
def test_sanitised_html_is_stable_and_harmless(text: str) -> None:
    """Whatever comes in, only listed tags come out, and sanitising again changes nothing."""
    once = safe_html(text)
    assert safe_html(once) == once
    for tag in re.findall(r"<(/?[a-z0-9]+)", once):
        assert tag.lstrip("/") not in ("script", "style", "iframe")
    assert not re.search(r"<[^>]*\son", once)


def test_files_download_from_the_page(sim: ZammadSimulator, client: Client) -> None:
    """An attachment is linked on the page and never opens as a page itself."""
    upload = {"filename": "x.html", "mime-type": "text/html", "data": "PGI+"}
    article = client.article(client.ticket(), attachments=[upload])
    file = article["attachments"][0]["id"]
    path = f"/tickets/{article['ticket_id']}/files/{article['id']}/{file}"
    assert path in page(sim, f"/tickets/{article['ticket_id']}")
    download = requests.get(f"{sim.url}{path}", timeout=5)
    assert download.content == b"<b>"
    assert download.headers["Content-Type"] == "application/octet-stream"
    assert download.headers["Content-Disposition"].startswith("attachment")


def test_a_missing_ticket_is_a_page(sim: ZammadSimulator) -> None:
    """An unknown ticket gives a readable 404."""
    answer = requests.get(f"{sim.url}/tickets/99", timeout=5)
    assert answer.status_code == 404
    assert "There is no such ticket" in answer.text


def test_only_named_origins_may_frame_the_page(sim: ZammadSimulator) -> None:
    """Nobody may show the page in a frame but those it was told of."""
    policy = requests.get(sim.url, timeout=5).headers["Content-Security-Policy"]
    assert policy.endswith("frame-ancestors 'none'")
    origins = ("http://localhost:8000", "http://127.0.0.1:8000")
    with ZammadSimulator(SimulatorSettings(frame_ancestors=origins)) as framed:
        policy = requests.get(framed.url, timeout=5).headers["Content-Security-Policy"]
    assert policy.endswith("frame-ancestors http://localhost:8000 http://127.0.0.1:8000")


def test_other_unread_tickets_are_told_in_a_ticket(sim: ZammadSimulator, client: Client) -> None:
    """Whoever reads one ticket learns that another one waits."""
    first, second = client.ticket(), client.ticket()
    client.article(second, "Hallo")
    assert "1 unread" in page(sim, f"/tickets/{first}/articles")
    assert "unread" not in page(sim, f"/tickets/{second}/articles")


def test_new_articles_are_listed_without_what_they_say(
    sim: ZammadSimulator, client: Client
) -> None:
    """Who wrote which article of which ticket, from a given id on; no text and no file name."""
    ticket_id = client.ticket(title="canary")
    asked = client.article(ticket_id, "canary")
    sim.answer(ticket_id, "canary", internal=True)
    address = f"{sim.url}/simulator/articles"
    first, second = requests.get(address, timeout=5).json()
    assert (first["id"], first["ticket_id"], first["opens"]) == (asked["id"], ticket_id, True)
    assert (first["author"], second["author"]) == ("user", "adviser")
    assert (first["internal"], second["internal"]) == (False, True)
    later = requests.get(address, params={"after": first["id"]}, timeout=5)
    assert [note["id"] for note in later.json()] == [second["id"]]
    assert "canary" not in later.text
