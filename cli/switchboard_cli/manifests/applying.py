"""Applying manifests: read everything, check everything, then write, or write nothing at all."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal, Protocol

from switchboard.adapters.directory_documents import Key, encode, is_look_up, keys_of
from switchboard_cli.manifests.catalogue import Catalogue, with_accounts
from switchboard_cli.manifests.errors import DirectoryBusy, ManifestError, ManifestErrors
from switchboard_cli.manifests.loading import STORED, Manifest, Manifests, from_store
from switchboard_cli.manifests.records import look_up_records
from switchboard_cli.manifests.resolving import Resolution, Resolver, secret_fields
from switchboard_cli.manifests.store import REVISION, DirectoryStore, StoredValue

LARGEST_RECORD = 390_000
"""Bytes; an item of DynamoDB has at most 400 KB, key included."""


class Configuration(Protocol):
    """What is applied already, to read; a `DirectoryStore` is one."""

    @property
    def api_domain(self) -> str: ...

    def read_all(self) -> dict[Key, str]: ...

    def secrets(self, names: Iterable[str]) -> dict[str, StoredValue]: ...


@dataclass(frozen=True, slots=True)
class Change:
    """What became of one manifest. `new_key` is an API key just made: it is never seen again."""

    action: Literal["created", "changed", "unchanged"]
    kind: str
    account: str
    name: str
    new_key: str = field(default="", repr=False)

    def __str__(self) -> str:
        name = self.name if self.kind == "Account" else f"{self.account}/{self.name}"
        return f"{self.action} {self.kind} {name}"


def apply_manifests(manifests: Manifests, store: DirectoryStore) -> list[Change]:
    """Brings the directory to what the manifests say; what they do not name stays.

    Raises `ManifestErrors` if anything is wrong with them or with how they fit what is stored,
    and `DirectoryBusy` if someone else applies at the same time. In both cases the directory
    is as it was.
    """
    before = store.read_all()
    resolution, catalogue = check_manifests(manifests, store, before)
    after = _records(catalogue, resolution)
    puts = {key: text for key, text in after.items() if before.get(key) != text}
    stale = [key for key in before if is_look_up(key) and key not in after]
    for name, secret in resolution.puts.items():
        if store.put_secret(name, secret.value) != secret.version:
            raise DirectoryBusy("someone else changed the secrets; run it again")
    store.write(before.get(REVISION), puts, stale)
    return [_change(manifest, before, resolution) for manifest in resolution.manifests]


def check_manifests(
    manifests: Manifests, store: Configuration, before: dict[Key, str]
) -> tuple[Resolution, Catalogue]:
    """The new manifests without their secrets, and all manifests together.

    Writes nothing. Raises `ManifestErrors` as `apply_manifests` does.
    """
    accounts = [key.sk.partition("/")[0] for key in before if key.pk == f"{STORED}Account"]
    new = with_accounts(manifests, accounts)
    stored = _stored(before, replaced={m.key for m in new if m.kind != "ApiKey"})
    names = (
        name for m in new for place in secret_fields(m) for name in place.parameters(m.account)
    )
    resolution = Resolver(store.secrets(names), stored).resolve(new)
    upcoming = {manifest.key: manifest for manifest in resolution.manifests}
    older = [manifest for key, manifest in stored.items() if key not in upcoming]
    catalogue = Catalogue([*older, *upcoming.values()], store.api_domain)
    errors = catalogue.errors()
    if errors:
        raise ManifestErrors(errors)
    return resolution, catalogue


def _stored(before: dict[Key, str], replaced: set[Key]) -> dict[Key, Manifest]:
    """The stored manifests that stay; one that is replaced need not be readable any more."""
    stored: dict[Key, Manifest] = {}
    errors: list[ManifestError] = []
    for key, text in before.items():
        if key.pk.startswith(STORED) and key not in replaced:
            try:
                stored[key] = from_store(key, text)
            except ManifestErrors as fault:
                errors += fault.errors
    if errors:
        raise ManifestErrors(errors)
    return stored


def _records(catalogue: Catalogue, resolution: Resolution) -> dict[Key, str]:
    """Every look-up record there should be, and the new manifests. None may be too large."""
    after: dict[Key, str] = {}
    for record in look_up_records(catalogue):
        text = encode(record)
        after |= dict.fromkeys(keys_of(record), text)
    after |= {manifest.key: manifest.to_json() for manifest in resolution.manifests}
    errors = [
        ManifestError(f"{key.pk} {key.sk}", 0, "", "is larger than a record may be (390 KB)")
        for key, text in after.items()
        if len(text.encode()) > LARGEST_RECORD
    ]
    if errors:
        raise ManifestErrors(errors)
    return after


def _change(manifest: Manifest, before: dict[Key, str], resolution: Resolution) -> Change:
    stored = before.get(manifest.key)
    action: Literal["created", "changed", "unchanged"] = "changed"
    if stored is None:
        action = "created"
    elif stored == manifest.to_json():
        action = "unchanged"
    new_key = resolution.new_keys.get(manifest.key, "")
    return Change(action, manifest.kind, manifest.account, manifest.name, new_key)
