"""The product as a user meets it: the whole local stack over real HTTP, Zammad beside it.

Functions run in processes of their own from `template.yaml`; the simulator stands in for Zammad
and sends its signed webhooks over HTTP.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest import mock
from uuid import uuid4

import pytest
import requests

from switchboard_cli.local.stack import LocalSettings, LocalStack
from zammad_simulator import SimulatorSettings, Webhook, ZammadSimulator

ROOT = Path(__file__).parents[2]
TOKEN = "11111111-2222-4333-8444-555555555555"
SECRET = "schlüssel"
KEY = "sb_example_functional-tests-only"
BOT_HOST = "customer-support.3141-5926-5359.api.localhost"


@dataclass(frozen=True)
class Product:
    stack: LocalStack
    zammad: ZammadSimulator

    def chat(self, device: str, region: str = "augenfeld") -> str:
        return f"{self.stack.url}/api/v3/{region}/de/chat/{device}/"

    def say(self, device: str, text: str) -> dict[str, Any]:
        answer = requests.post(self.chat(device), json={"message": text}, timeout=20)
        assert answer.status_code == 200, answer.text
        document: dict[str, Any] = answer.json()
        return document

    def read(self, device: str) -> dict[str, Any]:
        answer = requests.get(self.chat(device), timeout=20)
        assert answer.status_code == 200, answer.text
        document: dict[str, Any] = answer.json()
        return document

    def ticket_of(self, text: str) -> int:
        """The ticket whose first article is this text."""
        for ticket in self.zammad.tickets():
            if self.zammad.articles(ticket["id"])[0]["body"] == text:
                return int(ticket["id"])
        raise AssertionError(f"no ticket begins with {text!r}")

    def until(self, seen: Callable[[], Any], seconds: float = 20) -> Any:
        """What `seen` returns once it is true."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            found = seen()
            if found:
                return found
            time.sleep(0.05)
        raise AssertionError("it did not happen in time")

    def bot(self, host: str, headers: Mapping[str, str]) -> requests.Response:
        return requests.post(
            f"{self.stack.url}/chatbot/",
            json={"messages": [{"role": "user", "content": "Where can I learn German?"}]},
            headers={"Host": host, **headers},
            timeout=20,
        )


@pytest.fixture(scope="module")
def product() -> Iterator[Product]:
    settings = SimulatorSettings(bridge_token="bridge", time_scale=0.01)
    with ZammadSimulator(settings) as zammad:
        environment = {
            "ZAMMAD_URL": zammad.url,
            "ZAMMAD_TOKEN": "bridge",
            "ZAMMAD_WEBHOOK_TOKEN": TOKEN,
            "ZAMMAD_WEBHOOK_SECRET": SECRET,
            "SWITCHBOARD_EXAMPLE_KEY": KEY,
        }
        local = LocalSettings(
            template=ROOT / "template.yaml",
            manifests=ROOT / "examples",
            zammad_port=None,
            parameters={"ApiDomain": "api.localhost", "PlatformDomain": "platform.localhost"},
        )
        with mock.patch.dict(os.environ, environment), LocalStack(local) as stack:
            url = f"{stack.url}/api/v3/webhook/zammad/?token={TOKEN}"
            # Two triggers for one article, and no filter of the bridge's own texts.
            zammad.add_webhook(
                Webhook(url=url, signature_token=SECRET, skip_automatic=False, copies=2)
            )
            yield Product(stack, zammad)


@pytest.fixture
def device() -> str:
    return uuid4().hex


def test_a_message_creates_ticket_and_article(product: Product, device: str) -> None:
    """Point 1: POST puts the message into a new ticket and answers with the chat."""
    text = f"Wo finde ich einen Sprachkurs? {device}"
    answer = product.say(device, text)
    (article,) = product.zammad.articles(product.ticket_of(text))[:1]
    assert answer["id"] == article["id"]
    assert answer["messages"][0]["content"] == text
    assert answer["chatbot_typing"] is True


def test_the_bot_answers(product: Product, device: str) -> None:
    """Point 2: the bot's answer is a public automatic article and in the user's chat."""
    text = f"Wo finde ich einen Sprachkurs? {device}"
    product.say(device, text)
    chat = product.until(lambda: len((c := product.read(device))["messages"]) == 2 and c)
    assert chat["chatbot_typing"] is False
    question, answer = chat["messages"]
    assert (question["role"], answer["automatic_answer"]) == ("user", True)
    articles = product.zammad.articles(product.ticket_of(text))
    assert [a["subject"] for a in articles] == [
        "app user message",
        "automatically generated message",
    ]
    assert articles[1]["internal"] is False


def test_an_adviser_takes_over(product: Product, device: str) -> None:
    """Point 3: an adviser's answer arrives by webhook; loops and duplicates change nothing."""
    text = f"Ich brauche eine Wohnung {device}"
    product.say(device, text)
    product.until(lambda: len(product.read(device)["messages"]) == 2)
    ticket = product.ticket_of(text)
    product.zammad.answer(ticket, "Guten Tag, hier ist <b>Ayla</b>.")
    chat = product.until(lambda: len((c := product.read(device))["messages"]) == 3 and c)
    assert chat["messages"][2]["content"] == "Guten Tag, hier ist <b>Ayla</b>."
    assert chat["messages"][2]["automatic_answer"] is False
    assert product.zammad.wait_for_webhooks()
    deliveries = product.zammad.deliveries()
    assert len(deliveries) >= 4
    for delivery in [d["id"] for d in deliveries]:
        product.zammad.redeliver(str(delivery))
    assert product.zammad.wait_for_webhooks()
    time.sleep(0.5)
    assert len(product.read(device)["messages"]) == 3
    assert len(product.zammad.articles(ticket)) == 3


def test_the_same_bot_by_host_name_and_key(product: Product) -> None:
    """Point 4: with its host name and a key the chatbot answers; otherwise 404 and 401."""
    answer = product.bot(BOT_HOST, {"Authorization": f"Token {KEY}"})
    assert answer.status_code == 200
    envelope = answer.json()
    assert envelope["api"] == "switchboard/v1"
    assert envelope["metadata"]["command"] == "chat"
    assert product.bot("nobody.3141-5926-5359.api.localhost", {}).status_code == 404
    assert product.bot(BOT_HOST, {}).status_code == 401
    one_label = "customer-support--3141-5926-5359.api.localhost"
    assert product.bot(one_label, {"X-API-Key": KEY}).status_code == 200


def test_zammad_stops_and_comes_back(product: Product, device: str) -> None:
    """Point 5: with Zammad away the message is pending, later in the ticket once, and answered."""
    text = f"Hallo, ist da jemand? {device}"
    product.zammad.stop()
    try:
        answer = product.say(device, text)
        assert answer["messages"][0]["pending"] is True
        assert product.read(device)["messages"][0]["content"] == text
    finally:
        product.zammad.start()
    chat = product.until(lambda: len((c := product.read(device))["messages"]) == 2 and c, 40)
    assert [m.get("pending") for m in chat["messages"]] == [None, None]
    bodies = [a["body"] for t in product.zammad.tickets() for a in product.zammad.articles(t["id"])]
    assert bodies.count(text) == 1
