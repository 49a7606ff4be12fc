"""All manifests of a stack together, the stored and the new: do they fit each other?

References must exist, and what addresses one thing (a number, a host name, a key) must not
address two. A fault is reported where it was newly written.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from functools import partial
from typing import TypeVar

from switchboard.adapters.directory_documents import Key
from switchboard.domain.ids import SecretName, host_label
from switchboard_cli.manifests.errors import FieldPath, ManifestError, ManifestErrors
from switchboard_cli.manifests.loading import Manifest, Manifests, in_account, stored_key
from switchboard_cli.manifests.models import (
    AccountManifest,
    AnyPlugin,
    ApiConnectionManifest,
    ApiKeyManifest,
    ApiPluginManifest,
    ChatbotManifest,
    Model,
    PluginManifest,
    RegionManifest,
    SecretManifest,
    SqlConnectionManifest,
    SqlPluginManifest,
)
from switchboard_cli.manifests.plugin_data import faults_of
from switchboard_cli.manifests.resolving import secret_fields
from switchboard_cli.manifests.values import Digest, GivenSecret, StoredSecret

LONGEST_LABEL = 63
PLUGIN_KINDS = ("Plugin", "SqlPlugin", "ApiPlugin")
M = TypeVar("M", bound=Model)


class Catalogue:
    """The manifests of one stack, stored ones first: their claims are older.

    `verified` says which account has shown that a custom host is its own.
    """

    def __init__(
        self,
        manifests: Iterable[Manifest],
        api_domain: str,
        verified: Mapping[str, str] | None = None,
    ) -> None:
        self._by_key = {manifest.key: manifest for manifest in manifests}
        self._api_domain = api_domain.lower().strip(".")
        self._verified = verified or {}

    def of(self, model: type[M]) -> Iterator[tuple[Manifest, M]]:
        """The manifests of one kind, each with its fields."""
        for manifest in self._by_key.values():
            if isinstance(manifest.model, model):
                yield manifest, manifest.model

    def model(self, kind: type[M], account: str, name: str) -> M | None:
        """The manifest of that name, in that account, if there is one."""
        title = kind.__name__.removesuffix("Manifest")
        found = self._by_key.get(stored_key(title, account, name))
        return found.model if found is not None and isinstance(found.model, kind) else None

    def plugin(self, account: str, name: str) -> AnyPlugin | None:
        """The plugin of that name, of whichever kind."""
        for kind in PLUGIN_KINDS:
            found = self._by_key.get(stored_key(kind, account, name))
            if found is not None and isinstance(found.model, AnyPlugin):
                return found.model
        return None

    def secret_name(
        self, account: str, secret: GivenSecret | StoredSecret | None
    ) -> SecretName | None:
        """What functions ask for: the value of the account's `Secret`, else the name as it is."""
        if not isinstance(secret, StoredSecret):
            return None
        named = self.model(SecretManifest, account, secret.name)
        value = named.spec.value if named is not None else secret
        return value.name if isinstance(value, StoredSecret) else None

    def account_number(self, account: str) -> str:
        found = self.model(AccountManifest, account, account)
        return found.spec.account_number if found is not None else ""

    def hosts(self, manifest: Manifest, bot: ChatbotManifest) -> tuple[str, ...]:
        """The chatbot's host names, the one to show first; none if it is not deployed.

        A custom host is among them, and first, once its account has verified it.
        """
        custom = bot.spec.config.custom_domain
        if not bot.spec.config.deployed or not self.is_verified(manifest.account, custom):
            return self._default_hosts(manifest, bot)
        return (str(custom), *self._default_hosts(manifest, bot))

    def is_verified(self, account: str, host: str | None) -> bool:
        return host is not None and self._verified.get(host) == account

    def _default_hosts(self, manifest: Manifest, bot: ChatbotManifest) -> tuple[str, ...]:
        """The form in one label is left out where it is longer than a label may be."""
        if not bot.spec.config.deployed or not self._api_domain:
            return ()
        number = self.account_number(manifest.account)
        label = bot.spec.config.subdomain or host_label(manifest.name)
        hosts = [f"{label}.{number}.{self._api_domain}"]
        if len(f"{label}--{number}") <= LONGEST_LABEL:
            hosts.append(f"{label}--{number}.{self._api_domain}")
        return tuple(hosts)

    def references(self, manifest: Manifest) -> Iterator[tuple[FieldPath, Key]]:
        """Every manifest that this one needs, secrets included, and the field that says so."""
        for kind, path, name in _references(manifest):
            title = kind.__name__.removesuffix("Manifest")
            for one in PLUGIN_KINDS if kind is PluginManifest else (title,):
                yield path, stored_key(one, manifest.account, name)
        for place in secret_fields(manifest):
            if isinstance(place.value, StoredSecret):
                yield place.path, stored_key("Secret", manifest.account, place.value.name)

    def referring_to(self, keys: Collection[Key]) -> Iterator[tuple[Key, Manifest, FieldPath]]:
        """Who refers to one of these, and where."""
        for manifest in self._by_key.values():
            for path, key in self.references(manifest):
                if key in keys:
                    yield key, manifest, path

    def errors(self) -> list[ManifestError]:
        """Everything that does not fit."""
        faults = [*self._missing_references(), *self._double_claims(), *self._custom_domains()]
        for manifest in self._by_key.values():
            faults += ((manifest, path, message) for path, message in faults_of(manifest.model))
        return [manifest.error(path, message) for manifest, path, message in faults]

    def _missing_references(self) -> Iterator[tuple[Manifest, FieldPath, str]]:
        for manifest in self._by_key.values():
            for kind, path, name in _references(manifest):
                is_plugin = kind is PluginManifest
                look_up = self.plugin if is_plugin else partial(self.model, kind)
                if look_up(manifest.account, name) is None:
                    title = kind.__name__.removesuffix("Manifest")
                    in_account = f" in account {manifest.account}" if title != "Account" else ""
                    yield manifest, path, f"there is no {title} named {name}{in_account}"

    def _double_claims(self) -> Iterator[tuple[Manifest, FieldPath, str]]:
        claimed: dict[tuple[str, str], Manifest] = {}
        for manifest in self._by_key.values():
            for what, path, value, shown in self._claims(manifest):
                first = claimed.setdefault((what, value), manifest)
                if first is not manifest:
                    yield manifest, path, f"{what} {shown}is already used by {first.title}"

    def _claims(self, manifest: Manifest) -> Iterator[tuple[str, FieldPath, str, str]]:
        """What only one manifest may have: kind of claim, field, value, and what to show of it."""
        match manifest.model:
            case AccountManifest(spec=spec):
                number = spec.account_number
                yield "account number", ("spec", "accountNumber"), number, f"{number} "
            case RegionManifest(spec=spec):
                yield "the name", ("metadata", "name"), manifest.name, f"{manifest.name} "
                token = spec.zammad.webhook_token if spec.zammad else None
                if isinstance(token, Digest):
                    yield "this token", ("spec", "zammad", "webhookToken"), token.digest, ""
            case ApiKeyManifest(spec=spec):
                if isinstance(spec.value, Digest):
                    for key_id in (spec.value.id, *(old.id for old in spec.replaced)):
                        yield "this key's id", ("spec", "value"), key_id, ""
            case plugin if isinstance(plugin, AnyPlugin):
                name = f"{manifest.account}/{manifest.name}"
                yield "the plugin name", ("metadata", "name"), name, f"{manifest.name} "
            case ChatbotManifest(spec=spec) as bot:
                subdomain = spec.config.subdomain is not None
                path = ("spec", "config", "subdomain") if subdomain else ("metadata", "name")
                for host in self._default_hosts(manifest, bot)[:1]:
                    yield "host name", path, host, f"{host} "
                custom = spec.config.custom_domain
                if custom is not None:
                    yield "host name", ("spec", "config", "customDomain"), custom, f"{custom} "

    def _custom_domains(self) -> Iterator[tuple[Manifest, FieldPath, str]]:
        for manifest, bot in self.of(ChatbotManifest):
            custom = bot.spec.config.custom_domain
            if custom and self._api_domain and f".{custom}".endswith(f".{self._api_domain}"):
                path = ("spec", "config", "customDomain")
                yield manifest, path, f"should not be under the API domain {self._api_domain}"


def with_accounts(manifests: Manifests, stored_accounts: Iterable[str]) -> list[Manifest]:
    """Each manifest with its account: its own, else the one asked for, else the only one there is.

    Raises `ManifestErrors` where none of these is there, and for one name given twice.
    """
    accounts = {*stored_accounts, *(m.name for m in manifests.items if m.kind == "Account")}
    only = next(iter(accounts)) if len(accounts) == 1 else ""
    errors: list[ManifestError] = []
    named: dict[Key, Manifest] = {}
    for manifest in manifests.items:
        account = manifest.account or manifests.account or only
        if not account:
            known = ", ".join(sorted(accounts))
            wanted = f"name one of {known}" if known else "there is no account yet, so apply one"
            errors.append(manifest.error(("metadata", "account"), f"is missing; {wanted}"))
            continue
        placed = in_account(manifest, account)
        first = named.setdefault(placed.key, placed)
        if first is not placed:
            place = first.error(("metadata", "name"), "")
            message = f"{placed.title} is already defined at {place.file}:{place.line}"
            errors.append(placed.error(("metadata", "name"), message))
    if errors:
        raise ManifestErrors(errors)
    return list(named.values())


def without_one_label(manifests: Manifests) -> Iterator[ManifestError]:
    """The chatbots whose address in one label would be longer than a label may be; a warning."""
    longest = LONGEST_LABEL - len("--1234-5678-9012")
    for manifest in manifests.items:
        if not isinstance(manifest.model, ChatbotManifest):
            continue
        config = manifest.model.spec.config
        if config.deployed and len(config.subdomain or host_label(manifest.name)) > longest:
            path = ("spec", "config", "subdomain") if config.subdomain else ("metadata", "name")
            message = (
                "is too long for the address in one label, which the certificate of all chatbots "
                f"covers; a spec.config.subdomain of at most {longest} characters gives one"
            )
            yield manifest.error(path, message)


def _references(manifest: Manifest) -> Iterator[tuple[type[Model], FieldPath, str]]:
    """Every other manifest that this one needs."""
    if manifest.kind != "Account":
        yield AccountManifest, ("metadata", "account"), manifest.account
    match manifest.model:
        case ChatbotManifest(spec=spec):
            for index, name in enumerate(spec.plugins):
                yield PluginManifest, ("spec", "plugins", index), name
            if spec.api_key is not None:
                yield ApiKeyManifest, ("spec", "apiKey"), spec.api_key
        case SqlPluginManifest(spec=spec):
            yield SqlConnectionManifest, ("spec", "connection"), spec.connection
        case ApiPluginManifest(spec=spec):
            yield ApiConnectionManifest, ("spec", "connection"), spec.connection
        case RegionManifest(spec=spec):
            if spec.chatbot is not None:
                yield ChatbotManifest, ("spec", "chatbot"), spec.chatbot
        case ApiKeyManifest(spec=spec):
            for index, name in enumerate(spec.chatbots or ()):
                yield ChatbotManifest, ("spec", "chatbots", index), name
