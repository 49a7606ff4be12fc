"""What the start page may know of the configuration: which regions, which public chatbots, where
the help desk is. No key, no token, no secret's name.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from switchboard_cli.local.activity import Activity
from switchboard_cli.local.aws import Stack, client
from switchboard_cli.local.help_desk import NewArticles
from switchboard_cli.local.names import variables
from switchboard_cli.local.start_page import StartPage

if TYPE_CHECKING:
    from switchboard.domain.directory import Chatbot, Region

USUAL_LANGUAGES = ("de", "en")
"""Offered where a region takes every language."""


class Directory:
    """The applied configuration, read anew each time it is asked."""

    def __init__(self, aws_url: str, stack: Stack, port: int) -> None:
        self._aws_url = aws_url
        self._stack = stack
        self._port = port
        self._names: dict[str, str] = {}

    def regions(self) -> list[dict[str, object]]:
        """Those with a chat, by name; the first of `languages` is the region's own."""
        from switchboard.adapters.directory_documents import REGIONS, region_from

        found = [region_from(text) for key, text in self._records().items() if key.pk == REGIONS]
        return [
            {
                "slug": region.slug,
                "name": region.display_name or region.slug,
                "languages": _languages(region),
            }
            for region in sorted(found, key=lambda one: one.display_name.casefold())
            if region.is_chat_enabled
        ]

    def public_chatbots(self) -> list[dict[str, str]]:
        """Those that any page may ask without a key, each at a host that this machine finds."""
        found = []
        for bot in self._chatbots():
            hosts = [host for host in bot.hostnames if host.endswith(".localhost")]
            if hosts and bot.authentication.value == "public" and "*" in bot.allowed_origins:
                address = f"http://{hosts[0]}:{self._port}"
                found.append({"name": bot.app.name or bot.name, "address": address})
        return found

    def chatbot_name(self, chatbot_id: str) -> str:
        """Its name, which is easier to read; the id of one that is not there any more."""
        if chatbot_id not in self._names:
            self._names |= {bot.id: bot.name for bot in self._chatbots()}
        return self._names.setdefault(chatbot_id, chatbot_id)

    def _chatbots(self) -> list[Chatbot]:
        from switchboard.adapters.directory_documents import chatbot_from

        return [
            chatbot_from(text)
            for key, text in self._records().items()
            if key.pk.startswith("Chatbot#")
        ]

    def _records(self) -> Mapping[Any, str]:
        from switchboard_cli.manifests import DirectoryStore

        outputs = self._stack.outputs
        store = DirectoryStore(
            client(self._aws_url, "dynamodb"), None, outputs["DirectoryTable"], ""
        )
        return store.read_all()


def _languages(region: Region) -> list[str]:
    offered = region.languages or USUAL_LANGUAGES
    return sorted(offered, key=lambda language: language != region.default_language)


def start_page(
    activity: Activity, directory: Directory | None, simulator: str, chatbots: str
) -> StartPage:
    """The page for these addresses, and `activity` told where to look; no `simulator`: a real desk.

    `chatbots` is the origin of them all, with a `*` for their names.
    """
    if directory:
        activity.name_of = directory.chatbot_name
    if simulator:
        activity.look = NewArticles(simulator)
    desk = simulator.replace("//0.0.0.0:", "//localhost:")  # where a browser finds it

    def settings() -> dict[str, object]:
        return {
            "desk": desk or None,
            "zammad": None if desk else public_address(variables("")["ZAMMAD_URL"]) or None,
            "regions": directory.regions() if directory else [],
            "chatbots": directory.public_chatbots() if directory else [],
        }

    return StartPage(settings, activity, desk=desk, chatbots=chatbots)


def public_address(url: str) -> str:
    """The address of a web page without user, query and fragment; empty for anything else."""
    try:
        parts = urlsplit(url)
        where = f"{parts.hostname}:{parts.port}" if parts.port else parts.hostname
    except ValueError:
        return ""
    if parts.scheme not in ("http", "https") or not where:
        return ""
    return f"{parts.scheme}://{where}{parts.path.rstrip('/')}"
