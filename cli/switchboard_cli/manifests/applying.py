"""Applying manifests: read everything, check everything, then write, or write nothing at all."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal, Protocol

from switchboard.adapters.directory_documents import Key, encode, is_look_up, keys_of
from switchboard_cli.manifests.catalogue import Catalogue, with_accounts
from switchboard_cli.manifests.domains import unclaimed, verified_hosts
from switchboard_cli.manifests.errors import DirectoryBusy, ManifestError, ManifestErrors
from switchboard_cli.manifests.loading import STORED, Manifest, Manifests, from_store, title_of
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
        return f"{self.action} {title_of(self.kind, self.account, self.name)}"


@dataclass(frozen=True, slots=True)
class Plan:
    """What applying would do: `records` are all look-up records and the manifests applied."""

    before: dict[Key, str]
    records: dict[Key, str]
    stale: list[Key]
    resolution: Resolution

    @property
    def puts(self) -> dict[Key, str]:
        return {key: text for key, text in self.records.items() if self.before.get(key) != text}


def apply_manifests(manifests: Manifests, store: DirectoryStore) -> list[Change]:
    """Brings the directory to what the manifests say; what they do not name stays.

    Raises `ManifestErrors` if anything is wrong with them or with how they fit what is stored,
    and `DirectoryBusy` if someone else applies at the same time. In both cases the directory
    is as it was.
    """
    plan = plan_of(manifests, store)
    for name, secret in plan.resolution.puts.items():
        if store.put_secret(name, secret.value) != secret.version:
            raise DirectoryBusy("someone else changed the secrets; run it again")
    store.write(plan.before.get(REVISION), plan.puts, plan.stale)
    return [_change(manifest, plan) for manifest in plan.resolution.manifests]


def plan_of(manifests: Manifests, store: DirectoryStore) -> Plan:
    """What `apply_manifests` would write. Nothing is written; raises `ManifestErrors` as it does.

    New keys and versions of secrets are those of this plan only.
    """
    before = store.read_all()
    resolution, catalogue = check_manifests(manifests, store, before)
    records = _records(catalogue)
    records |= {manifest.key: manifest.to_json() for manifest in resolution.manifests}
    _refuse_large(records)
    return Plan(before, records, _stale(before, records, catalogue), resolution)


def catalogue_of(
    store: DirectoryStore, before: dict[Key, str], without: Collection[Key] = ()
) -> Catalogue:
    """All that is applied. Raises `ManifestErrors` if this version cannot read it any more."""
    stored = stored_manifests(before, set(without))
    return Catalogue(stored.values(), store.api_domain, verified_hosts(before))


def replace(store: DirectoryStore, before: dict[Key, str], manifest: Manifest) -> None:
    """Stores one manifest in its place, checked already, and renews all look-up records."""
    others = stored_manifests(before, {manifest.key}).values()
    catalogue = Catalogue([*others, manifest], store.api_domain, verified_hosts(before))
    renew(store, before, catalogue, {manifest.key: manifest.to_json()})


def renew(
    store: DirectoryStore,
    before: dict[Key, str],
    catalogue: Catalogue,
    also: Mapping[Key, str],
    without: Iterable[Key] = (),
) -> None:
    """Writes `also` and all look-up records anew, and deletes `without` and what is stale.

    Raises `DirectoryBusy` if someone else changed the directory since `before` was read.
    """
    records = {**_records(catalogue), **also}
    puts = {key: text for key, text in records.items() if before.get(key) != text}
    stale = [key for key in _stale(before, records, catalogue) if key not in also]
    store.write(before.get(REVISION), puts, [*dict.fromkeys((*stale, *without))])


def check_manifests(
    manifests: Manifests, store: Configuration, before: dict[Key, str]
) -> tuple[Resolution, Catalogue]:
    """The new manifests without their secrets, and all manifests together.

    Writes nothing. Raises `ManifestErrors` as `apply_manifests` does.
    """
    accounts = [key.sk.partition("/")[0] for key in before if key.pk == f"{STORED}Account"]
    new = with_accounts(manifests, accounts)
    stored = stored_manifests(before, without={m.key for m in new if m.kind != "ApiKey"})
    names = (
        name for m in new for place in secret_fields(m) for name in place.parameters(m.account)
    )
    resolution = Resolver(store.secrets(names), stored).resolve(new)
    upcoming = {manifest.key: manifest for manifest in resolution.manifests}
    older = [manifest for key, manifest in stored.items() if key not in upcoming]
    everything = [*older, *upcoming.values()]
    catalogue = Catalogue(everything, store.api_domain, verified_hosts(before))
    errors = catalogue.errors()
    if errors:
        raise ManifestErrors(errors)
    return resolution, catalogue


def stored_manifests(before: Mapping[Key, str], without: Collection[Key]) -> dict[Key, Manifest]:
    """The stored manifests that stay; one that is replaced need not be readable any more."""
    stored: dict[Key, Manifest] = {}
    errors: list[ManifestError] = []
    for key, text in before.items():
        if key.pk.startswith(STORED) and key not in without:
            try:
                stored[key] = from_store(key, text)
            except ManifestErrors as fault:
                errors += fault.errors
    if errors:
        raise ManifestErrors(errors)
    return stored


def _records(catalogue: Catalogue) -> dict[Key, str]:
    """Every look-up record there should be."""
    records: dict[Key, str] = {}
    for record in look_up_records(catalogue):
        text = encode(record)
        records |= dict.fromkeys(keys_of(record), text)
    return records


def _stale(
    before: Mapping[Key, str], records: Mapping[Key, str], catalogue: Catalogue
) -> list[Key]:
    """Look-up records that nothing stands for, and proofs for hosts that nobody claims."""
    stale = [key for key in before if is_look_up(key) and key not in records]
    return [*stale, *unclaimed(before, catalogue)]


def _refuse_large(records: Mapping[Key, str]) -> None:
    errors = [
        ManifestError(f"{key.pk} {key.sk}", 0, "", "is larger than a record may be (390 KB)")
        for key, text in records.items()
        if len(text.encode()) > LARGEST_RECORD
    ]
    if errors:
        raise ManifestErrors(errors)


def _change(manifest: Manifest, plan: Plan) -> Change:
    stored = plan.before.get(manifest.key)
    action: Literal["created", "changed", "unchanged"] = "changed"
    if stored is None:
        action = "created"
    elif stored == manifest.to_json():
        action = "unchanged"
    new_key = plan.resolution.new_keys.get(manifest.key, "")
    return Change(action, manifest.kind, manifest.account, manifest.name, new_key)
