"""Which model serves a chatbot. A new provider is one new file beside this one.

The provider `bedrock` is the module `bedrock_model` with a function
`connect(chatbot, resources)` that returns a `ModelGateway`. A provider without a module speaks
OpenAI chat completions, at its known address or at the manifest's. Modules are imported when a
chatbot first needs them, so that no bot pays for another one's library.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from typing import Any, Protocol, cast

from switchboard.domain.directory import Chatbot, Fallback
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
    """What providers share. `aws.client(service, **options)` makes a client of botocore's."""

    secrets: SecretStore
    clock: Clock
    aws: Any = None


class Provider(Protocol):
    """The module of a provider."""

    def connect(self, chatbot: Chatbot, resources: Resources) -> ModelGateway: ...


@dataclass(frozen=True, slots=True)
class Models:
    """`ModelConnector` over every provider there is."""

    secrets: SecretStore
    clock: Clock
    aws: Any = None

    def for_chatbot(self, chatbot: Chatbot) -> ModelGateway:
        if chatbot.fallback is None:
            return self._connect(chatbot)
        from switchboard.adapters.fallback import ModelWithFallback

        second = with_provider(chatbot, chatbot.fallback)
        return ModelWithFallback((chatbot, second), self._connect, self.clock)

    def _connect(self, chatbot: Chatbot) -> ModelGateway:
        resources = Resources(self.secrets, self.clock, self.aws)
        return _provider(provider_of(chatbot)).connect(chatbot, resources)


def with_provider(chatbot: Chatbot, fallback: Fallback) -> Chatbot:
    """The chatbot as its fallback provider serves it."""
    return replace(
        chatbot,
        provider=fallback.provider,
        base_url=fallback.base_url,
        model_key=fallback.model_key,
        model=fallback.model,
        fallback=None,
    )


def provider_of(chatbot: Chatbot) -> str:
    """The manifest's provider; `local` where a well-known provider is named but no key is."""
    needs_key = chatbot.provider in BASE_URLS and chatbot.base_url is None
    return LOCAL if needs_key and chatbot.model_key is None else chatbot.provider


def without_local_fallback(chatbot: Chatbot) -> Chatbot:
    """The chatbot for what only a model can do, such as translating."""
    fallback = chatbot.fallback
    if fallback is not None and provider_of(with_provider(chatbot, fallback)) == LOCAL:
        return replace(chatbot, fallback=None)
    return chatbot


@cache
def _provider(name: str) -> Provider:
    module = f"switchboard.adapters.{name}_model"
    if not re.fullmatch(r"[a-z0-9_]+", name) or find_spec(module) is None:
        module = f"switchboard.adapters.{OPENAI}_model"
    return cast(Provider, import_module(module))
