"""The local stack for the browser: the examples, public and private chatbots, two more regions,
and an adviser who answers in the simulator."""

from __future__ import annotations

import io
import json
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import requests

from switchboard_cli.local.log import LocalLog
from switchboard_cli.local.stack import LocalSettings, LocalStack
from tests.browser.site import Site

ROOT = Path(__file__).parents[2]
KEY = "sb_library_0123456789abcdef"
ACCOUNT = "3141-5926-5359"
AGENT = {"Authorization": "Token token=agent-token"}


class Desk:
    """A running stack, a site that embeds its chat, and the adviser's hands."""

    def __init__(self, stack: LocalStack, site: Site) -> None:
        self.stack = stack
        self.site = site
        self.api = stack.url
        self.zammad = stack.zammad_url.rstrip("/")

    def bot(self, name: str) -> str:
        """Where the chatbot of that name is."""
        port = self.api.rpartition(":")[2]
        return f"http://{name.replace('_', '-')}--{ACCOUNT}.api.localhost:{port}"

    def pass_on(self, address: str, body: str) -> None:
        """Posts JSON to a chatbot's host, whose name only browsers take for this machine."""
        parts = urlsplit(address)
        local = f"http://127.0.0.1:{parts.port}{parts.path}"
        headers = {"Host": parts.netloc, "Content-Type": "application/json"}
        requests.post(local, body.encode(), headers=headers, timeout=10).raise_for_status()

    def newest_ticket(self) -> int:
        tickets = requests.get(f"{self.zammad}/api/v1/tickets", headers=AGENT, timeout=10).json()
        return max(int(ticket["id"]) for ticket in tickets)

    def articles(self) -> list[str]:
        """Bodies of what the user wrote into the newest ticket."""
        address = f"{self.zammad}/api/v1/ticket_articles/by_ticket/{self.newest_ticket()}"
        articles = requests.get(address, headers=AGENT, timeout=10).json()
        return [article["body"] for article in articles if article["sender"] == "Customer"]

    def answer(self, body: str, **fields: Any) -> int:
        """Writes into the newest ticket as an adviser, in HTML; the article's id."""
        article = {"body": body, "content_type": "text/html", "type": "note", "internal": False}
        answer = requests.post(
            f"{self.zammad}/api/v1/ticket_articles",
            json={"ticket_id": self.newest_ticket(), "sender": "Agent", **article, **fields},
            headers=AGENT,
            timeout=10,
        )
        answer.raise_for_status()
        return int(answer.json()["id"])

    def translate(self, original: int, body: str) -> None:
        """Writes as the bridge does what an adviser's article says in the user's language."""
        marker = f"<translation.{original}@switchboard>"
        self.answer(body, subject="automatically generated message", message_id=marker)

    def chat_of(self, device: str) -> dict[str, Any]:
        """The chat of a device in the example region, as its API shows it."""
        address = f"{self.api}/api/v3/augenfeld/en/chat/{device}/"
        found: dict[str, Any] = requests.get(address, timeout=10).json()
        return found

    def break_zammad(self, **fault: Any) -> None:
        address = f"{self.zammad}/simulator/faults"
        requests.post(address, json=fault, timeout=10).raise_for_status()

    def heal_zammad(self) -> None:
        requests.delete(f"{self.zammad}/simulator/faults", timeout=10).raise_for_status()


@contextmanager
def running_desk(folder: Path) -> Iterator[Desk]:
    """`folder` is for the manifests."""
    site = Site()
    try:
        shutil.copytree(ROOT / "examples", folder / "manifests")
        documents = _more_manifests(site.url)
        written = "\n---\n".join(json.dumps(document) for document in documents)
        (folder / "manifests" / "browser.yaml").write_text(written)
        settings = LocalSettings(
            ROOT / "template.yaml",
            manifests=folder / "manifests",
            zammad_options=("--time-scale", "0"),
        )
        with LocalStack(settings, LocalLog(io.StringIO())) as stack:
            desk = Desk(stack, site)
            port = desk.api.rpartition(":")[2]
            site.allowed = (desk.api, f"http://*.api.localhost:{port}")
            yield desk
    finally:
        site.stop()


def _more_manifests(origin: str) -> list[Mapping[str, Any]]:
    zammad = {
        "url": {"env": "ZAMMAD_URL"},
        "token": {"env": "ZAMMAD_TOKEN"},
        "group": "integreat-chat",
        "webhookToken": "99999999-2222-4333-8444-555555555555",
        "webhookSecret": {"env": "ZAMMAD_WEBHOOK_SECRET"},
    }
    bot = {
        "provider": "local",
        "defaultSystemRole": "You help the readers of a library.",
        "appName": "Library",
        "appAssistant": "Libby",
        "appWelcomeMessage": "Welcome to the library!",
        "appPlaceholder": "Ask Libby",
        "appExamplePrompts": ["Where do I leave my rubbish?", "How do I register my address?"],
    }
    public = {**bot, "authentication": "public", "allowedOrigins": ["*"]}
    private = {**bot, "allowedOrigins": [origin]}
    return [
        _chatbot("open_library", public),
        _chatbot("closed_library", private),
        _manifest("ApiKey", "library", {"chatbots": ["closed_library"], "value": KEY}),
        _manifest(
            "Region",
            "nowhere",
            {"defaultLanguage": "de", "chatEnabled": False, "zammad": zammad},
        ),
        _manifest(
            "Region",
            "quiet",
            {
                "displayName": "Quiet town",
                "defaultLanguage": "de",
                "languages": ["de", "ar"],
                "chatEnabled": True,
                "betaTesterPercentage": 100,
                "syncSeconds": 1,
                "zammad": {**zammad, "webhookToken": "88888888-2222-4333-8444-555555555555"},
            },
        ),
    ]


def _manifest(kind: str, name: str, spec: Mapping[str, Any]) -> Mapping[str, Any]:
    metadata = {"name": name, "account": "augenfeld"}
    return {"apiVersion": "switchboard/v1", "kind": kind, "metadata": metadata, "spec": spec}


def _chatbot(name: str, config: Mapping[str, Any]) -> Mapping[str, Any]:
    spec = {
        "config": config,
        "plugins": ["waste", "address_registration"],
        "functions": ["request_human"],
    }
    return _manifest("Chatbot", name, spec)
