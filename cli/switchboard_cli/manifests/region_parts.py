"""What the manifest of a region is made of: its chat, its answers and its help desk."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self, TypeAlias, get_args

from pydantic import BeforeValidator, Field, model_validator

from switchboard_cli.manifests.published import OneOrSeveral
from switchboard_cli.manifests.values import (
    Count,
    Flag,
    HelpDeskAddress,
    Language,
    Name,
    Origin,
    Part,
    Secret,
    SecretOrDigest,
    ServiceHost,
    WebAddress,
)

AttachmentType: TypeAlias = Literal[
    "image/jpeg", "image/png", "image/webp", "image/heic", "application/pdf", "text/plain"
]


class AnswerService(Part):
    hostname: ServiceHost
    pages_url: WebAddress = ""


def _as_list(value: Any) -> Any:
    """One secret as a list of one; None as a list of none."""
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


class Zammad(Part):
    url: HelpDeskAddress
    token: Secret | None = None
    group: Annotated[str, Field(min_length=1)] = "integreat-chat"
    webhook_token: SecretOrDigest | None = None
    webhook_secret: Annotated[
        tuple[Secret, ...],
        BeforeValidator(_as_list),
        Field(max_length=2, strict=False),
        OneOrSeveral(),
    ] = ()
    close_on_erase: Flag = True


class RegionSpec(Part):
    display_name: str = ""
    default_language: Language
    languages: tuple[Language, ...] = Field(default=(), strict=False)
    chat_enabled: Flag = False
    beta_tester_percentage: Count = Field(default=100, ge=0, le=100)
    privacy_policy_url: WebAddress | None = None
    retention_days: Count = Field(default=30, ge=1, le=365)
    sync_seconds: Count = Field(default=60, ge=1)
    expose_ticket_url: Flag = False
    chatbot: Name | None = None
    answer_service: AnswerService | None = None
    zammad: Zammad | None = None
    allowed_attachment_types: tuple[AttachmentType, ...] = Field(
        default=get_args(AttachmentType), strict=False
    )
    allowed_origins: tuple[Origin, ...] = Field(default=(), strict=False)

    @model_validator(mode="after")
    def one_source_of_answers(self) -> Self:
        if self.chatbot is not None and self.answer_service is not None:
            raise ValueError("chatbot and answerService exclude each other")
        return self

    @model_validator(mode="after")
    def default_language_is_offered(self) -> Self:
        if self.languages and self.default_language not in self.languages:
            raise ValueError("defaultLanguage should be one of languages")
        if len(set(self.languages)) < len(self.languages):
            raise ValueError("languages names one twice")
        return self
