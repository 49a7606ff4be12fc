"""Secrets out of manifests: what is stored names a parameter or holds a digest, never a value.

A parameter's version is part of its name in the directory. A changed secret is therefore a
changed record, and in use as soon as that is, however long functions keep secrets in memory.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from switchboard.adapters.directory_documents import Key
from switchboard.domain.ids import api_key_id, hex_digest, webhook_token_digest
from switchboard_cli.manifests.errors import FieldPath, ManifestError, ManifestErrors
from switchboard_cli.manifests.loading import Manifest, stored_key, with_values
from switchboard_cli.manifests.models import (
    ApiConnectionManifest,
    ApiKeyManifest,
    ChatbotConfig,
    ChatbotManifest,
    RegionManifest,
    SecretManifest,
    SqlConnectionManifest,
)
from switchboard_cli.manifests.region_parts import Zammad
from switchboard_cli.manifests.store import StoredValue
from switchboard_cli.manifests.values import Digest, GivenSecret, StoredSecret

KEY_ID_BYTES = 6
KEY_SECRET_BYTES = 32


@dataclass(frozen=True, slots=True)
class SecretField:
    """A secret in a manifest; `parameter` is where its value goes, '' if only a digest is kept."""

    path: FieldPath
    value: GivenSecret | StoredSecret | Digest
    parameter: str = ""

    def parameters(self, account: str) -> list[str]:
        """The stored secrets that have to be looked at."""
        named = []
        if isinstance(self.value, StoredSecret):
            named = [self.value.name, _place(account, self.value.name)]
        return [*named, *([self.parameter] if self.parameter else [])]


@dataclass(slots=True)
class Resolution:
    """Manifests without secrets, the secrets to store with their next versions, and new keys."""

    manifests: list[Manifest] = field(default_factory=list)
    puts: dict[str, StoredValue] = field(default_factory=dict, repr=False)
    new_keys: dict[Key, str] = field(default_factory=dict, repr=False)


def secret_fields(manifest: Manifest) -> Iterator[SecretField]:
    """Every secret the manifest holds or names."""
    model = manifest.model
    if isinstance(model, ChatbotManifest):
        yield from _model_fields(manifest, model.spec.config)
    if isinstance(model, ApiKeyManifest) and model.spec.value is not None:
        yield SecretField(("spec", "value"), model.spec.value)
    if isinstance(model, SecretManifest):
        parameter = _place(manifest.account, manifest.name)
        yield SecretField(("spec", "value"), model.spec.value, parameter)
    yield from _connection_fields(manifest)
    if isinstance(model, RegionManifest) and model.spec.zammad is not None:
        yield from _zammad_fields(manifest, model.spec.zammad)


def new_api_key() -> str:
    """A key nobody has seen: `sb_<id>_<secret>` with 256 random bits in the secret."""
    return f"sb_{secrets.token_hex(KEY_ID_BYTES)}_{secrets.token_urlsafe(KEY_SECRET_BYTES)}"


class Resolver:
    """`existing` holds the stored secrets, `applied` the manifests as they stand in the store."""

    def __init__(
        self,
        existing: Mapping[str, StoredValue],
        applied: Mapping[Key, Manifest],
        make_key: Callable[[], str] = new_api_key,
    ) -> None:
        self._existing = existing
        self._applied = applied
        self._make_key = make_key
        self._named: dict[Key, Manifest] = {}

    def resolve(self, manifests: list[Manifest]) -> Resolution:
        """Raises `ManifestErrors` for secrets that do not exist or have the wrong form."""
        resolution = Resolution()
        self._named = {manifest.key: manifest for manifest in manifests}
        errors: list[ManifestError] = []
        for manifest in manifests:
            values: dict[FieldPath, Any] = {}
            for place in secret_fields(manifest):
                try:
                    values[place.path] = self._kept(manifest, place, resolution)
                except ValueError as fault:
                    errors.append(manifest.error(place.path, str(fault)))
            model = manifest.model
            if isinstance(model, ApiKeyManifest) and model.spec.value is None:
                values["spec", "value"] = self._key(manifest, resolution)
            try:
                values |= self._history(manifest, values.get(("spec", "value")))
            except ValueError as fault:
                errors.append(manifest.error(("spec", "value"), str(fault)))
            if not errors:
                resolution.manifests.append(with_values(manifest, values) if values else manifest)
        if errors:
            raise ManifestErrors(errors)
        return resolution

    def _kept(self, manifest: Manifest, place: SecretField, resolution: Resolution) -> Any:
        """What stands in the store in this field's place."""
        if isinstance(place.value, Digest):
            return _checked_digest(manifest, place.value)
        if place.parameter:
            return {"secret": self._stored_name(manifest, place, resolution)}
        if isinstance(place.value, StoredSecret):
            return _digest(manifest, self._existing_value(manifest, place.value).value)
        return _digest(manifest, place.value.value)

    def _stored_name(self, manifest: Manifest, place: SecretField, resolution: Resolution) -> str:
        secret, parameter = place.value, place.parameter
        if isinstance(secret, StoredSecret):
            self._existing_value(manifest, secret)
            return secret.name
        assert isinstance(secret, GivenSecret)
        before = self._existing.get(parameter)
        if before is not None and before.value == secret.value:
            return f"{parameter}:{before.version}"
        version = before.version + 1 if before is not None else 1
        resolution.puts[parameter] = StoredValue(secret.value, version)
        return f"{parameter}:{version}"

    def _existing_value(self, manifest: Manifest, secret: StoredSecret) -> StoredValue:
        """Of the account's `Secret` of that name, else of what is stored under that name."""
        found = self._existing.get(secret.name)
        key = stored_key("Secret", manifest.account, secret.name)
        named = self._named.get(key) or self._applied.get(key)
        if named is not None and manifest.kind != "Secret":
            assert isinstance(named.model, SecretManifest)
            value = named.model.spec.value
            if isinstance(value, GivenSecret):
                return StoredValue(value.value, 0)
            found = self._existing.get(value.name) or self._existing.get(_place(*key.sk.split("/")))
        if found is None:
            raise ValueError(f"there is no secret named {secret.name}")
        return found

    def _key(self, manifest: Manifest, resolution: Resolution) -> Any:
        """The key that was made when this manifest was first applied, or a new one."""
        applied = self._applied.get(manifest.key)
        if applied is not None:
            return applied.document.content["spec"]["value"]
        key = self._make_key()
        resolution.new_keys[manifest.key] = key
        return _digest(manifest, key)

    def _history(self, manifest: Manifest, value: Any) -> dict[FieldPath, Any]:
        """What a manifest of a key cannot take back by saying nothing: that it was revoked, and
        which keys were replaced. Raises `ValueError` for one of the latter.
        """
        applied = self._applied.get(manifest.key)
        if applied is None or not isinstance(applied.model, ApiKeyManifest) or value is None:
            return {}
        before, said = applied.model.spec, manifest.document.content.get("spec") or {}
        if value["id"] in {key.id for key in before.replaced}:
            raise ValueError(
                "is a key that was replaced; leave it out to keep the one in its place"
            )
        kept: dict[FieldPath, Any] = {}
        if before.replaced and "replaced" not in said:
            kept["spec", "replaced"] = applied.document.content["spec"]["replaced"]
        same = isinstance(before.value, Digest) and before.value.id == value["id"]
        if before.revoked and same and "revoked" not in said:
            kept["spec", "revoked"] = True
        return kept


def _model_fields(manifest: Manifest, config: ChatbotConfig) -> Iterator[SecretField]:
    base, folder = ("spec", "config"), f"chatbots/{manifest.account}/{manifest.name}"
    if config.model_key is not None:
        yield SecretField((*base, "modelKey"), config.model_key, f"{folder}/model-key")
    if config.fallback is not None and config.fallback.model_key is not None:
        path, key = (*base, "fallback", "modelKey"), config.fallback.model_key
        yield SecretField(path, key, f"{folder}/fallback-model-key")


def _connection_fields(manifest: Manifest) -> Iterator[SecretField]:
    base, folder = ("spec", "connection"), f"connections/{manifest.account}/{manifest.name}"
    match manifest.model:
        case SqlConnectionManifest(spec=spec) if spec.connection.password is not None:
            yield SecretField((*base, "password"), spec.connection.password, f"{folder}/password")
        case ApiConnectionManifest(spec=api) if api.connection.api_key is not None:
            yield SecretField((*base, "apiKey"), api.connection.api_key, f"{folder}/api-key")


def _place(account: str, name: str) -> str:
    """Where the value of a `Secret` is stored."""
    return f"secrets/{account}/{name}"


def _zammad_fields(manifest: Manifest, zammad: Zammad) -> Iterator[SecretField]:
    base = ("spec", "zammad")
    folder = f"regions/{manifest.name}"
    if zammad.token is not None:
        yield SecretField((*base, "token"), zammad.token, f"{folder}/zammad-token")
    if zammad.webhook_token is not None:
        yield SecretField((*base, "webhookToken"), zammad.webhook_token)
    is_list = isinstance(manifest.document.content["spec"]["zammad"].get("webhookSecret"), list)
    for index, secret in enumerate(zammad.webhook_secret):
        path = (*base, "webhookSecret", index) if is_list else (*base, "webhookSecret")
        yield SecretField(path, secret, f"{folder}/webhook-secret-{index + 1}")


def _digest(manifest: Manifest, value: str) -> dict[str, str]:
    """What is kept of a webhook token or an API key. Raises `ValueError` if it is none."""
    if manifest.kind == "ApiKey":
        key_id = api_key_id(value)
        if key_id is None:
            raise ValueError("should be sb_<id>_<secret>, with at least 16 characters of secret")
        return {"id": key_id, "digest": hex_digest(value)}
    digest = webhook_token_digest(value)
    if digest is None:
        raise ValueError("should be a UUID")
    return {"digest": digest}


def _checked_digest(manifest: Manifest, kept: Digest) -> dict[str, str]:
    if manifest.kind == "ApiKey":
        if not kept.id.isalnum():
            raise ValueError("should have both id and digest")
        return {"id": kept.id, "digest": kept.digest}
    return {"digest": kept.digest}
