"""From host and path to a chatbot (contracts/chatbot.md, section Addressing).

The host is compared as a whole and only ever the gateway's own; query and headers have no say.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from switchboard.domain.directory import ApiKey, Chatbot
from switchboard.domain.errors import ChatbotNotFound
from switchboard.domain.hostname import is_web_platform
from switchboard.domain.ids import ChatbotId, api_key_id
from switchboard.domain.keys import require_valid
from switchboard.ports.clock import Clock
from switchboard.ports.directory import DirectoryRepository

_BY_ID = re.compile(
    r"(?P<base>/api/v1/(?:chatbots|workbench)/(?P<id>[-A-Za-z0-9_]{1,200}))(?P<tail>/.*)?",
    re.DOTALL,
)
_BY_NAME = re.compile(
    r"(?P<base>/workbench/(?P<name>[-A-Za-z0-9_.]{1,200}))(?P<tail>/.*)?", re.DOTALL
)


MODEL_TAIL = "/v1/models/{model}"
MODEL_NAME = "(?P<model>[^/]{1,200})"
_MODEL = re.compile(MODEL_TAIL.replace("{model}", MODEL_NAME))


@dataclass(frozen=True, slots=True)
class Address:
    """`tail` is what is wanted of the chatbot: nothing, `/chat`, `/config` …, no final slash.

    It is `MODEL_TAIL` for a model, whose name is `model`. `base` is the path before it. Without id
    and name the host alone says which chatbot is meant.
    """

    host: str
    tail: str
    id: ChatbotId | None = None
    name: str | None = None
    base: str = ""
    model: str = ""

    @property
    def route(self) -> str:
        """The address as logs show it: without the id or the name."""
        if self.name is not None:
            return f"/workbench/{{name}}{self.tail}"
        return f"/api/v1/chatbots/{{id}}{self.tail}" if self.id else self.tail or "/"


def read_address(host: str, path: str) -> Address:
    by_id = _BY_ID.fullmatch(path)
    if by_id:
        tail, model = _tail(by_id["tail"])
        return Address(host, tail, ChatbotId(by_id["id"]), base=by_id["base"], model=model)
    by_name = _BY_NAME.fullmatch(path)
    if by_name:
        tail, model = _tail(by_name["tail"])
        return Address(host, tail, name=by_name["name"], base=by_name["base"], model=model)
    tail, model = _tail(path)
    return Address(host, tail, model=model)


def _tail(path: str | None) -> tuple[str, str]:
    """The tail, and the name of the model if it is one's."""
    tail = (path or "").removesuffix("/")
    named = _MODEL.fullmatch(tail)
    return (MODEL_TAIL, named["model"]) if named else (tail, "")


@dataclass(frozen=True, slots=True)
class ChatbotFinder:
    directory: DirectoryRepository
    clock: Clock
    platform_domain: str

    def find(self, address: Address, key: str) -> tuple[Chatbot, ApiKey | None]:
        """The chatbot and the record of the key, in force or not.

        Raises `ChatbotNotFound`; in the workbench, where the key tells the account, also
        `Unauthorized`.
        """
        on_platform = is_web_platform(address.host, self.platform_domain)
        if address.name is not None:
            if not on_platform:
                raise ChatbotNotFound
            return self._named(address.name, key)
        if on_platform:
            return self._by_id(address.id, key)
        return self._at_host(address, key)

    def _at_host(self, address: Address, key: str) -> tuple[Chatbot, ApiKey | None]:
        chatbot, record = self.directory.chatbot_at(address.host, api_key_id(key))
        if chatbot is None or not chatbot.deployed:
            raise ChatbotNotFound
        if address.id is not None and address.id != chatbot.id:
            raise ChatbotNotFound
        return chatbot, record

    def _by_id(self, chatbot_id: ChatbotId | None, key: str) -> tuple[Chatbot, ApiKey | None]:
        chatbot = self.directory.chatbot(chatbot_id) if chatbot_id else None
        if chatbot is None:
            raise ChatbotNotFound
        return chatbot, self._record(key)

    def _named(self, name: str, key: str) -> tuple[Chatbot, ApiKey | None]:
        record = require_valid(key, self._record(key), self.clock.now())
        chatbot = self.directory.chatbot_named(record.account, name)
        if chatbot is None:
            raise ChatbotNotFound
        return chatbot, record

    def _record(self, key: str) -> ApiKey | None:
        key_id = api_key_id(key)
        return self.directory.api_key(key_id) if key_id else None
