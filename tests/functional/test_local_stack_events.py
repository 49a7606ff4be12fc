"""`/local/events`: what the local stack saw happen, told to its start page."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests

from switchboard_cli.local.log import LocalLog
from switchboard_cli.local.stack import LocalSettings, LocalStack
from tests.functional.echo_stack import eventually

ROOT = Path(__file__).parents[2]
CANARY = "canary4c1f"
"""In everything that a person writes or is."""


class Onlooker:
    """Somebody who watches a running stack, uses it, and answers at its desk."""

    def __init__(self, stack: LocalStack) -> None:
        self.port = urlsplit(stack.url).port
        self.api = f"http://127.0.0.1:{self.port}"
        self.desk = stack.zammad_url
        self.chat = f"{self.api}/api/v3/augenfeld/en/chat/{CANARY}/"

    def events(self, after: int = 0) -> dict[str, Any]:
        found: dict[str, Any] = requests.get(
            f"{self.api}/local/events", params={"after": after}, timeout=10
        ).json()
        return found

    def texts(self) -> list[str]:
        return [event["text"] for event in self.events()["events"]]

    def wait_for(self, text: str) -> None:
        eventually(lambda: any(text in one for one in self.texts()))


@pytest.fixture(scope="module")
def onlooker() -> Iterator[Onlooker]:
    settings = LocalSettings(ROOT / "template.yaml", manifests=ROOT / "examples")
    with LocalStack(settings, LocalLog(io.StringIO())) as stack:
        yield Onlooker(stack)


def test_a_conversation_is_told_step_by_step(onlooker: Onlooker) -> None:
    """Message, ticket, chatbot, job, adviser's article, webhook, job: each in its order, no text.

    Neither what was written nor who wrote it, nor the name of a file, is in any of it.
    """
    file = (f"{CANARY}.txt", CANARY.encode(), "text/plain")
    text = f"How do I register my address, {CANARY}?"
    sent = requests.post(
        onlooker.chat, data={"message": text}, files={"attachment": file}, timeout=20
    )
    assert sent.status_code == 200
    onlooker.wait_for("Job run: deliver")
    [ticket] = {event["ticket"] for event in onlooker.events()["events"]} - {None}
    form = {"body": CANARY, "kind": "public"}
    requests.post(f"{onlooker.desk}/tickets/{ticket}/answer", data=form, timeout=10)
    onlooker.wait_for(f"Job run: read ticket {ticket} again")
    read = requests.get(onlooker.chat, timeout=10)
    tag = {"If-None-Match": read.headers["ETag"]}
    assert requests.get(onlooker.chat, headers=tag, timeout=10).status_code == 304
    onlooker.wait_for("The app read the chat")
    steps = [
        "Message received from the app",
        f"Ticket {ticket} opened by the app user",
        f"created in ticket {ticket} by Switchboard",
        "Job run: deliver",
        f"created in ticket {ticket} by an adviser",
        f"Webhook delivered: ticket {ticket}, article",
        f"Job run: read ticket {ticket} again",
        "The app read the chat",
    ]
    told = onlooker.events()
    places = [next(n for n, one in enumerate(onlooker.texts()) if step in one) for step in steps]
    assert places == sorted(places)
    assert "Chatbot customer_support answered" in onlooker.texts()
    assert [event["at"] for event in told["events"]] == sorted(e["at"] for e in told["events"])
    assert told["polls"] == 1
    assert CANARY not in json.dumps(told)
    last = told["last"]
    assert [event["number"] for event in onlooker.events(last - 1)["events"]] == [last]


def test_a_trouble_is_told(onlooker: Onlooker) -> None:
    """A job that failed says so, and that it comes again."""
    fault = {"kind": "error", "status": 503, "times": 1, "method": "POST"}
    requests.post(f"{onlooker.desk}/simulator/faults", json=fault, timeout=10)
    requests.post(onlooker.chat, json={"message": "again"}, timeout=10)
    onlooker.wait_for("Job failed, will be tried again: deliver")


def test_only_the_page_itself_can_ask(onlooker: Onlooker) -> None:
    """At a chatbot's host there are no events; no cache keeps them, no other site may read them."""
    address = f"{onlooker.api}/local/events"
    told = requests.get(address, headers={"Origin": "https://elsewhere.example"}, timeout=10)
    assert told.headers["cache-control"] == "no-store"
    assert "access-control-allow-origin" not in told.headers
    host = f"customer-support.3141-5926-5359.api.localhost:{onlooker.port}"
    assert "events" not in requests.get(address, headers={"Host": host}, timeout=10).json()
    for after in ("-1", "x", "9" * 40):
        assert requests.get(address, params={"after": after}, timeout=10).status_code == 200


def test_the_page_learns_what_it_may_offer(onlooker: Onlooker) -> None:
    """Regions with their languages, and the chatbots that need no key; no secret among it."""
    answer = requests.get(f"{onlooker.api}/local.json", timeout=10)
    assert answer.json() == {
        "desk": onlooker.desk,
        "zammad": None,
        "regions": [{"slug": "augenfeld", "name": "Stadt Augenfeld", "languages": ["de", "en"]}],
        "chatbots": [
            {
                "name": "City guide",
                "address": f"http://city-guide.3141-5926-5359.api.localhost:{onlooker.port}",
            }
        ],
    }
    policy = requests.get(onlooker.api, timeout=10).headers["content-security-policy"]
    assert f"frame-src {onlooker.desk};" in policy
    assert f"connect-src 'self' http://*.api.localhost:{onlooker.port};" in policy
    framed_by = requests.get(onlooker.desk, timeout=10).headers["content-security-policy"]
    own = f"http://127.0.0.1:{onlooker.port} http://localhost:{onlooker.port}"
    assert framed_by.endswith(f"frame-ancestors {own}")
