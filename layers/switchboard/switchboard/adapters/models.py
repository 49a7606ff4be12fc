"""Which model serves a chatbot. A new provider is one new file beside this one.

The provider `bedrock` would be the module `bedrock_model` with a function
`connect(chatbot, resources)` that returns a `ModelGateway`. A provider without a module speaks
OpenAI chat completions, at its known address or at the manifest's. Modules are imported when a
chatbot first needs them, so that no bot pays for another one's library.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from typing import Protocol, cast

from switchboard.domain.directory import Chatbot
from switchboard.ports.clock import Clock
from switchboard.ports.models import ModelGateway
from switchboard.ports.secrets import SecretStore

LOCAL = "local"
OPENAI = "openai"

BASE_URLS = {
    "openai": "https://api.openai.com/v1",
    "anthropic": "https://api.anthropic.com/v1",
    "deepseek": "https://api.deepseek.com/v1",
    "googleai": "https://generativelanguage.googleapis.com/v1beta/openai",
    "groq": "https://api.groq.com/openai/v1",
    "metaai": "https://api.llama.com/compat/v1",
    "mistral": "https://api.mistral.ai/v1",
    "openrouter": "https://openrouter.ai/api/v1",
    "together": "https://api.together.xyz/v1",
    "xai": "https://api.x.ai/v1",
}
"""Where the well-known providers speak OpenAI chat completions. All of them want a key."""


@dataclass(frozen=True, slots=True)
class Resources:
    """What providers share."""

    secrets: SecretStore
    clock: Clock


class Provider(Protocol):
    """The module of a provider."""

    def connect(self, chatbot: Chatbot, resources: Resources) -> ModelGateway: ...


@dataclass(frozen=True, slots=True)
class Models:
    """`ModelConnector` over every provider there is."""

    secrets: SecretStore
    clock: Clock

    def for_chatbot(self, chatbot: Chatbot) -> ModelGateway:
        resources = Resources(self.secrets, self.clock)
        return _provider(provider_of(chatbot)).connect(chatbot, resources)


def provider_of(chatbot: Chatbot) -> str:
    """The manifest's provider; `local` where a well-known provider is named but no key is."""
    needs_key = chatbot.provider in BASE_URLS and chatbot.base_url is None
    return LOCAL if needs_key and chatbot.model_key is None else chatbot.provider


@cache
def _provider(name: str) -> Provider:
    module = f"switchboard.adapters.{name}_model"
    if not re.fullmatch(r"[a-z0-9_]+", name) or find_spec(module) is None:
        module = f"switchboard.adapters.{OPENAI}_model"
    return cast(Provider, import_module(module))
