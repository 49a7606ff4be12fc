"""Which model serves which chatbot."""

from __future__ import annotations

import pytest

from switchboard.adapters.local_model import LocalModel
from switchboard.adapters.models import BASE_URLS, Models
from switchboard.adapters.openai_model import OpenAiModel
from switchboard.domain.directory import Chatbot
from switchboard.domain.errors import ModelFailed
from switchboard.domain.ids import ChatbotId, SecretName
from switchboard.ports.models import ModelGateway
from tests.fakes.clock import HandClock
from tests.fakes.secrets import InMemorySecrets

KEY = SecretName("models/key")


def model(provider: str, base_url: str | None = None, key: SecretName | None = KEY) -> ModelGateway:
    bot = Chatbot(
        ChatbotId("bot1"),
        "bot",
        "city",
        "3141-5926-5359",
        provider=provider,
        base_url=base_url,
        model_key=key,
    )
    return Models(InMemorySecrets({KEY: "secret"}), HandClock()).for_chatbot(bot)


@pytest.mark.parametrize("provider", sorted(BASE_URLS))
def test_known_providers_have_an_address(provider: str) -> None:
    """A well-known provider needs a key and nothing else, and is spoken to over TLS."""
    served = model(provider)
    assert isinstance(served, OpenAiModel)
    assert served.url.startswith("https://")
    assert served.url.endswith("/chat/completions")
    assert served.key == "secret"


def test_an_address_of_one_s_own_wins() -> None:
    """`baseUrl` is taken with or without its final slash, whatever the provider."""
    for base_url in ("http://127.0.0.1:11434/v1", "http://127.0.0.1:11434/v1/"):
        served = model("openai", base_url)
        assert isinstance(served, OpenAiModel)
        assert served.url == "http://127.0.0.1:11434/v1/chat/completions"


def test_the_limit_has_the_name_the_server_knows() -> None:
    """OpenAI itself wants `max_completion_tokens`; every other server knows `max_tokens`."""
    at_openai, elsewhere = model("openai"), model("openai", "http://127.0.0.1/v1")
    assert isinstance(at_openai, OpenAiModel)
    assert isinstance(elsewhere, OpenAiModel)
    assert "max_completion_tokens" in at_openai.settings
    assert "max_tokens" in elsewhere.settings


def test_without_a_key_a_known_provider_is_local() -> None:
    """`local` serves where no key is configured; a server of one's own may need none."""
    assert isinstance(model("openai", key=None), LocalModel)
    assert isinstance(model("local"), LocalModel)
    assert isinstance(model("vllm", "http://127.0.0.1/v1", key=None), OpenAiModel)


@pytest.mark.parametrize("provider", ["nobody", "", "../openai", "Local", "outgoing"])
def test_an_unknown_provider_is_a_model_failure(provider: str) -> None:
    """A provider that is neither known nor has an address cannot answer."""
    with pytest.raises(ModelFailed):
        model(provider)
