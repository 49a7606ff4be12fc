"""The kinds of manifests, field by field (contracts/chatbot.md, "Manifests").

Only what one manifest says by itself is checked here; references are checked in `catalogue`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, Self, TypeAlias

from pydantic import Field, model_validator

from switchboard_cli.manifests.connections import (
    ApiConnectionSpec,
    SecretSpec,
    SqlConnectionSpec,
)
from switchboard_cli.manifests.golden_questions import GoldenQuestion
from switchboard_cli.manifests.plugin_parts import (
    ApiPluginSpec,
    FurtherPluginSpec,
    PluginSpec,
    SqlPluginSpec,
)
from switchboard_cli.manifests.region_parts import RegionSpec
from switchboard_cli.manifests.values import (
    AccountNumber,
    Annotations,
    Count,
    Flag,
    HostLabel,
    HostName,
    Moment,
    Name,
    Number,
    Origin,
    Part,
    PlainName,
    Provider,
    Secret,
    SecretOrDigest,
    Slug,
    WebAddress,
)

API_VERSION = "switchboard/v1"
SMARTER_VERSION = "smarter.sh/v1"
API_VERSIONS = (API_VERSION, SMARTER_VERSION)
OTHER_NAMES = {"LLMClient": "Chatbot"}
"""Kinds that are read under another name as well."""
FunctionName: TypeAlias = Literal[
    "get_current_weather", "date_calculator", "calculator", "request_human"
]


class Metadata(Part):
    account: PlainName | None = None
    description: str = ""
    version: str = "1.0.0"
    tags: tuple[str, ...] = Field(default=(), strict=False)
    annotations: Annotations = Field(default_factory=dict)


class AccountMetadata(Part):
    name: PlainName
    description: str = ""
    version: str = "1.0.0"
    tags: tuple[str, ...] = Field(default=(), strict=False)
    annotations: Annotations = Field(default_factory=dict)


class AccountSpec(Part):
    account_number: AccountNumber


class AccountManifest(Part):
    metadata: AccountMetadata
    spec: AccountSpec


class NamedMetadata(Metadata):
    name: Name


class LimitsConfig(Part):
    requests_per_minute: Count | None = Field(default=None, ge=1)
    tokens_per_day: Count | None = Field(default=None, ge=1)


class FallbackConfig(Part):
    provider: Provider | None = None
    base_url: WebAddress | None = None
    model_key: Secret | None = None
    default_model: str = ""


class ChatbotConfig(Part):
    deployed: Flag = True
    provider: Provider | None = None
    base_url: WebAddress | None = None
    model_key: Secret | None = None
    default_model: str = ""
    default_system_role: str = ""
    default_temperature: Number = Field(default=0.5, ge=0, le=1)
    default_max_tokens: Count = Field(default=2048, ge=1)
    subdomain: HostLabel | None = None
    custom_domain: HostName | None = None
    authentication: Literal["key", "public"] = "key"
    allowed_origins: tuple[Origin, ...] = Field(default=(), strict=False)
    diagnostics: Flag = False
    max_iterations: Count = Field(default=5, ge=1, le=20)
    app_name: str = ""
    app_assistant: str = ""
    app_welcome_message: str = ""
    app_example_prompts: tuple[str, ...] = Field(default=(), strict=False)
    app_placeholder: str = ""
    app_info_url: WebAddress = ""
    app_background_image_url: WebAddress = ""
    app_logo_url: WebAddress = ""
    app_file_attachment: Flag = False
    limits: LimitsConfig = Field(default_factory=LimitsConfig)
    fallback: FallbackConfig | None = None

    @model_validator(mode="after")
    def any_origin_only_for_public_bots(self) -> Self:
        if "*" in self.allowed_origins and self.authentication != "public":
            raise ValueError("allowedOrigins may be * only with authentication: public")
        return self


class ChatbotSpec(Part):
    config: ChatbotConfig = Field(default_factory=ChatbotConfig)
    plugins: tuple[Name, ...] = Field(default=(), strict=False)
    functions: tuple[FunctionName, ...] = Field(default=(), strict=False)
    tests: tuple[GoldenQuestion, ...] = Field(default=(), strict=False)
    api_key: PlainName | None = None


class ChatbotManifest(Part):
    metadata: NamedMetadata
    spec: ChatbotSpec = Field(default_factory=ChatbotSpec)


class PluginMetadata(NamedMetadata):
    plugin_class: Literal["static"]


class PluginManifest(Part):
    metadata: PluginMetadata
    spec: PluginSpec


class FurtherPluginMetadata(NamedMetadata):
    plugin_class: str


class FurtherPluginManifest(Part):
    """A `Plugin` of a class that only its module knows; that module checks the data."""

    metadata: FurtherPluginMetadata
    spec: FurtherPluginSpec


class SqlPluginMetadata(NamedMetadata):
    plugin_class: Literal["sql"] = "sql"


class SqlPluginManifest(Part):
    metadata: SqlPluginMetadata
    spec: SqlPluginSpec


class ApiPluginMetadata(NamedMetadata):
    plugin_class: Literal["api"] = "api"


class ApiPluginManifest(Part):
    metadata: ApiPluginMetadata
    spec: ApiPluginSpec


AnyPlugin: TypeAlias = (
    PluginManifest | FurtherPluginManifest | SqlPluginManifest | ApiPluginManifest
)


class SqlConnectionManifest(Part):
    metadata: NamedMetadata
    spec: SqlConnectionSpec


class ApiConnectionManifest(Part):
    metadata: NamedMetadata
    spec: ApiConnectionSpec


class RegionMetadata(Metadata):
    name: Slug


class RegionManifest(Part):
    metadata: RegionMetadata
    spec: RegionSpec


class PlainMetadata(Metadata):
    name: PlainName


class ReplacedKey(Part):
    """What is kept of a key that another one took the place of (`switchboard keys rotate`)."""

    id: str = Field(pattern=r"^[A-Za-z0-9]{4,32}$")
    digest: str = Field(pattern=r"^[0-9a-f]{64}$")
    expires: Moment


class ApiKeySpec(Part):
    chatbots: tuple[Name, ...] | None = Field(default=None, strict=False)
    expires: Moment | None = None
    value: SecretOrDigest | None = None
    revoked: Flag = False
    replaced: tuple[ReplacedKey, ...] = Field(default=(), strict=False)


class ApiKeyManifest(Part):
    metadata: PlainMetadata
    spec: ApiKeySpec = Field(default_factory=ApiKeySpec)


class SecretManifest(Part):
    metadata: PlainMetadata
    spec: SecretSpec


Model: TypeAlias = (
    AccountManifest
    | SecretManifest
    | SqlConnectionManifest
    | ApiConnectionManifest
    | AnyPlugin
    | ChatbotManifest
    | RegionManifest
    | ApiKeyManifest
)
MODELS: Mapping[str, type[Model]] = {
    "Account": AccountManifest,
    "Secret": SecretManifest,
    "SqlConnection": SqlConnectionManifest,
    "ApiConnection": ApiConnectionManifest,
    "Plugin": PluginManifest,
    "SqlPlugin": SqlPluginManifest,
    "ApiPlugin": ApiPluginManifest,
    "Chatbot": ChatbotManifest,
    "ApiKey": ApiKeyManifest,
    "Region": RegionManifest,
}
