"""From all manifests of a stack to the records that functions read.

Always all records from all manifests: a changed plugin reaches every chatbot that uses it, and
what nothing stands for any more is seen to be stale.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from switchboard.adapters.directory_documents import Record
from switchboard.domain.directory import (
    Account,
    ApiKey,
    AppTexts,
    Authentication,
    Chatbot,
    Directive,
    Fallback,
    Limits,
    Plugin,
    Region,
    WebhookToken,
    ZammadAccess,
)
from switchboard.domain.ids import ChatbotId, RegionSlug, chatbot_id
from switchboard_cli.manifests.catalogue import Catalogue
from switchboard_cli.manifests.loading import Manifest
from switchboard_cli.manifests.models import (
    AccountManifest,
    AnyPlugin,
    ApiConnectionManifest,
    ApiKeyManifest,
    ChatbotConfig,
    ChatbotManifest,
    FallbackConfig,
    FurtherPluginManifest,
    PluginManifest,
    RegionManifest,
    SqlConnectionManifest,
    SqlPluginManifest,
)
from switchboard_cli.manifests.plugin_data import call_data, connection_data
from switchboard_cli.manifests.region_parts import Zammad
from switchboard_cli.manifests.values import Digest


def look_up_records(catalogue: Catalogue) -> Iterator[Record]:
    """Every record that the manifests stand for. They must fit each other and hold no secrets."""
    for manifest, account in catalogue.of(AccountManifest):
        yield Account(manifest.name, account.spec.account_number)
    for manifest, bot in catalogue.of(ChatbotManifest):
        yield _chatbot(catalogue, manifest, bot)
    for manifest, key in catalogue.of(ApiKeyManifest):
        yield from _api_key(catalogue, manifest, key)
    regions = [_region(catalogue, m, region) for m, region in catalogue.of(RegionManifest)]
    yield from regions
    for region, (_, model) in zip(regions, catalogue.of(RegionManifest), strict=True):
        token = model.spec.zammad.webhook_token if model.spec.zammad else None
        if region.zammad is not None and isinstance(token, Digest):
            yield _webhook_token(token, region, region.zammad, regions)


def _chatbot(catalogue: Catalogue, manifest: Manifest, bot: ChatbotManifest) -> Chatbot:
    config = bot.spec.config
    return Chatbot(
        id=_chatbot_id(catalogue, manifest.account, manifest.name),
        name=manifest.name,
        account=manifest.account,
        account_number=catalogue.account_number(manifest.account),
        description=bot.metadata.description,
        version=bot.metadata.version,
        deployed=config.deployed,
        provider=_provider(config),
        base_url=config.base_url or None,
        model_key=catalogue.secret_name(manifest.account, config.model_key),
        model=config.default_model,
        system_role=config.default_system_role,
        temperature=config.default_temperature,
        max_tokens=config.default_max_tokens,
        hostnames=catalogue.hosts(manifest, bot),
        authentication=Authentication(config.authentication),
        allowed_origins=config.allowed_origins,
        diagnostics=config.diagnostics,
        max_iterations=config.max_iterations,
        limits=Limits(config.limits.requests_per_minute, config.limits.tokens_per_day),
        app=_app_texts(config),
        plugins=tuple(_plugins(catalogue, manifest.account, bot)),
        functions=tuple(dict.fromkeys(bot.spec.functions)),
        fallback=_fallback(catalogue, manifest.account, config.fallback),
    )


def _provider(config: ChatbotConfig | FallbackConfig) -> str:
    """What has a key or an address speaks OpenAI chat completions, unless it says otherwise."""
    has_server = config.model_key is not None or config.base_url is not None
    return config.provider or ("openai" if has_server else "local")


def _fallback(catalogue: Catalogue, account: str, config: FallbackConfig | None) -> Fallback | None:
    if config is None:
        return None
    return Fallback(
        provider=_provider(config),
        base_url=config.base_url or None,
        model_key=catalogue.secret_name(account, config.model_key),
        model=config.default_model,
    )


def _app_texts(config: ChatbotConfig) -> AppTexts:
    return AppTexts(
        name=config.app_name,
        assistant=config.app_assistant,
        welcome_message=config.app_welcome_message,
        example_prompts=config.app_example_prompts,
        placeholder=config.app_placeholder,
        info_url=config.app_info_url,
        background_image_url=config.app_background_image_url,
        logo_url=config.app_logo_url,
        file_attachment=config.app_file_attachment,
    )


def _plugins(catalogue: Catalogue, account: str, bot: ChatbotManifest) -> Iterator[Plugin]:
    for name in dict.fromkeys(bot.spec.plugins):
        found = catalogue.plugin(account, name)
        if found is not None:
            yield Plugin(
                name=name,
                plugin_class=found.metadata.plugin_class,
                directive=Directive(found.spec.selector.directive),
                search_terms=found.spec.selector.search_terms,
                system_role=found.spec.prompt.system_role,
                description=found.metadata.description,
                data=_data(catalogue, account, found),
            )


def _data(catalogue: Catalogue, account: str, plugin: AnyPlugin) -> dict[str, Any]:
    """The plugin's data, its connection with it, so that a call needs no look-up."""
    if isinstance(plugin, PluginManifest):
        return {"staticData": plugin.spec.data.static_data}
    if isinstance(plugin, FurtherPluginManifest):
        return plugin.spec.data
    if isinstance(plugin, SqlPluginManifest):
        database = catalogue.model(SqlConnectionManifest, account, plugin.spec.connection)
        assert database is not None
        sql = database.spec.connection
        named = catalogue.secret_name(account, sql.password)
        return {**call_data(plugin.spec.sql_data), "connection": connection_data(sql, named)}
    service = catalogue.model(ApiConnectionManifest, account, plugin.spec.connection)
    assert service is not None
    api = service.spec.connection
    named = catalogue.secret_name(account, api.api_key)
    return {**call_data(plugin.spec.api_data), "connection": connection_data(api, named)}


def _api_key(catalogue: Catalogue, manifest: Manifest, key: ApiKeyManifest) -> Iterator[ApiKey]:
    """A chatbot that names a key in `spec.apiKey` is one more that the key is good for."""
    if not isinstance(key.spec.value, Digest):
        return
    chatbots = key.spec.chatbots
    if chatbots is not None:
        naming = (
            bot_manifest.name
            for bot_manifest, bot in catalogue.of(ChatbotManifest)
            if (bot_manifest.account, bot.spec.api_key) == (manifest.account, manifest.name)
        )
        chatbots = tuple(dict.fromkeys((*chatbots, *naming)))
    account, value = manifest.account, key.spec.value
    yield ApiKey(
        value.id, value.digest, account, chatbots, key.spec.expires, revoked=key.spec.revoked
    )
    for old in key.spec.replaced:
        yield ApiKey(old.id, old.digest, account, chatbots, old.expires)


def _region(catalogue: Catalogue, manifest: Manifest, region: RegionManifest) -> Region:
    spec = region.spec
    bot = spec.chatbot
    return Region(
        slug=RegionSlug(manifest.name),
        display_name=spec.display_name or manifest.name,
        default_language=spec.default_language,
        languages=spec.languages,
        chat_enabled=spec.chat_enabled,
        beta_tester_percentage=spec.beta_tester_percentage,
        privacy_policy_url=spec.privacy_policy_url or None,
        retention_days=spec.retention_days,
        sync_seconds=spec.sync_seconds,
        expose_ticket_url=spec.expose_ticket_url,
        chatbot=None if bot is None else _chatbot_id(catalogue, manifest.account, bot),
        answer_service=spec.answer_service.hostname if spec.answer_service else None,
        answer_pages=spec.answer_service.pages_url if spec.answer_service else "",
        zammad=_zammad_access(catalogue, manifest.account, spec.zammad) if spec.zammad else None,
        allowed_attachment_types=spec.allowed_attachment_types,
        allowed_origins=spec.allowed_origins,
    )


def _zammad_access(catalogue: Catalogue, account: str, zammad: Zammad) -> ZammadAccess:
    names = (catalogue.secret_name(account, secret) for secret in zammad.webhook_secret)
    return ZammadAccess(
        url=zammad.url,
        token=catalogue.secret_name(account, zammad.token),
        group=zammad.group,
        webhook_secrets=tuple(name for name in names if name is not None),
        close_on_erase=zammad.close_on_erase,
    )


def _webhook_token(
    token: Digest, region: Region, zammad: ZammadAccess, regions: list[Region]
) -> WebhookToken:
    return WebhookToken(
        digest=token.digest,
        region=region.slug,
        server_url=zammad.url,
        webhook_secrets=zammad.webhook_secrets,
        regions={
            other.slug: other.is_chat_enabled
            for other in regions
            if other.zammad is not None and other.zammad.url == zammad.url
        },
    )


def _chatbot_id(catalogue: Catalogue, account: str, name: str) -> ChatbotId:
    return chatbot_id(catalogue.account_number(account), name)
