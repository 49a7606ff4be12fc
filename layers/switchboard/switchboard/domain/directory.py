"""The configuration: accounts, chatbots with their plugins, keys, regions, webhook tokens.

Records are complete in themselves, so that one request needs one read. They come from
manifests (`switchboard apply`) and are never changed by a function.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from switchboard.domain.ids import ChatbotId, RegionSlug, SecretName


class Directive(StrEnum):
    """When a plugin takes part in a turn."""

    ALWAYS = "always"
    SEARCH_TERMS = "search_terms"
    LLM = "llm"


class Authentication(StrEnum):
    KEY = "key"
    PUBLIC = "public"


@dataclass(frozen=True, slots=True)
class Account:
    """Who owns chatbots and keys. `number` is `dddd-dddd-dddd` and part of default host names."""

    name: str
    number: str


@dataclass(frozen=True, slots=True)
class Plugin:
    """Knowledge or an action the model can call on; `data` is what its class needs."""

    name: str
    plugin_class: str
    directive: Directive
    search_terms: tuple[str, ...] = ()
    system_role: str = ""
    description: str = ""
    data: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Limits:
    """None: no limit."""

    requests_per_minute: int | None = None
    tokens_per_day: int | None = None


@dataclass(frozen=True, slots=True)
class Fallback:
    """The model that is asked where a chatbot's own cannot answer."""

    provider: str
    base_url: str | None = None
    model_key: SecretName | None = None
    model: str = ""


@dataclass(frozen=True, slots=True)
class AppTexts:
    """What a web client shows around the chat."""

    name: str = ""
    assistant: str = ""
    welcome_message: str = ""
    example_prompts: tuple[str, ...] = ()
    placeholder: str = ""
    info_url: str = ""
    background_image_url: str = ""
    logo_url: str = ""
    file_attachment: bool = False


@dataclass(frozen=True, slots=True)
class Chatbot:
    """A chatbot with everything a turn needs. `max_tokens` limits one answer."""

    id: ChatbotId
    name: str
    account: str
    account_number: str
    description: str = ""
    version: str = "1.0.0"
    deployed: bool = True
    provider: str = "local"
    base_url: str | None = None
    model_key: SecretName | None = None
    model: str = ""
    system_role: str = ""
    temperature: float = 0.5
    max_tokens: int = 2048
    hostnames: tuple[str, ...] = ()
    authentication: Authentication = Authentication.KEY
    allowed_origins: tuple[str, ...] = ()
    diagnostics: bool = False
    max_iterations: int = 5
    limits: Limits = field(default_factory=Limits)
    app: AppTexts = field(default_factory=AppTexts)
    plugins: tuple[Plugin, ...] = ()
    functions: tuple[str, ...] = ()
    fallback: Fallback | None = None


@dataclass(frozen=True, slots=True)
class ApiKey:
    """`digest` is the SHA-256 of the whole key; `chatbots` None means all of the account.

    `expires_at` is in seconds since the epoch.
    """

    id: str
    digest: str
    account: str
    chatbots: tuple[str, ...] | None = None
    expires_at: int | None = None
    revoked: bool = False


@dataclass(frozen=True, slots=True)
class ZammadAccess:
    """How a region's help desk is reached. `url` has no trailing slash and no `/api/v1`."""

    url: str
    token: SecretName | None
    group: str = "integreat-chat"
    webhook_secrets: tuple[SecretName, ...] = ()
    close_on_erase: bool = True


ATTACHMENT_TYPES = (
    "image/jpeg",
    "image/png",
    "image/webp",
    "image/heic",
    "application/pdf",
    "text/plain",
)
"""What users may send, unless a region says otherwise; no other type is recognised."""


@dataclass(frozen=True, slots=True)
class Region:
    slug: RegionSlug
    display_name: str
    default_language: str
    languages: tuple[str, ...] = ()
    chat_enabled: bool = False
    beta_tester_percentage: int = 100
    privacy_policy_url: str | None = None
    retention_days: int = 30
    sync_seconds: int = 60
    expose_ticket_url: bool = False
    chatbot: ChatbotId | None = None
    answer_service: str | None = None
    answer_pages: str = ""
    """The address that relative sources of the answer service are below."""
    zammad: ZammadAccess | None = None
    allowed_attachment_types: tuple[str, ...] = ATTACHMENT_TYPES
    allowed_origins: tuple[str, ...] = ()
    """Web pages that may use the chat; empty: all."""

    @property
    def is_chat_enabled(self) -> bool:
        """Enabled, and a help desk with a URL and a token is configured."""
        return self.chat_enabled and self.zammad is not None and self.zammad.token is not None

    @property
    def answers_automatically(self) -> bool:
        return self.chatbot is not None or self.answer_service is not None

    def offers(self, language: str) -> bool:
        """A region that lists no languages offers every one."""
        return not self.languages or language in self.languages


@dataclass(frozen=True, slots=True)
class WebhookToken:
    """What a webhook's token opens: one help desk, with the signing secrets of its region.

    `regions` holds every region on that help desk and whether its chat is enabled, because
    any of them may own the ticket that a webhook speaks of.
    """

    digest: str
    region: RegionSlug
    server_url: str
    webhook_secrets: tuple[SecretName, ...] = ()
    regions: Mapping[RegionSlug, bool] = field(default_factory=dict)
