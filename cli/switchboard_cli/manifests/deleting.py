"""Deleting manifests: nothing may still refer to them, and nothing of them stays behind."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from switchboard.adapters.directory_documents import Key
from switchboard_cli.manifests.applying import catalogue_of, renew, stored_manifests
from switchboard_cli.manifests.catalogue import Catalogue
from switchboard_cli.manifests.errors import ManifestError, ManifestErrors, field_name
from switchboard_cli.manifests.loading import Manifest, from_store, title_at
from switchboard_cli.manifests.resolving import secret_fields
from switchboard_cli.manifests.store import DirectoryStore
from switchboard_cli.manifests.values import StoredSecret


def delete_manifests(keys: Iterable[Key], store: DirectoryStore) -> set[Key]:
    """Deletes those that are there, with their look-up records and secrets, and says which.

    Raises `ManifestErrors`, and deletes none, if a manifest that stays refers to one of them;
    `DirectoryBusy` as `apply_manifests` does.
    """
    before = store.read_all()
    going = {key for key in keys if key in before}
    if not going:
        return going
    catalogue = catalogue_of(store, before, without=going)
    errors = [
        ManifestError(title_at(key), 0, "", f"{by.title} refers to it in {field_name(path)}")
        for key, by, path in catalogue.referring_to(going)
    ]
    if errors:
        raise ManifestErrors(errors)
    staying = [*stored_manifests(before, going).values()]
    secrets = [*_secrets({key: before[key] for key in going}, staying)]
    renew(store, before, catalogue, {}, without=going)
    store.delete_secrets(secrets)
    return going


def referring(catalogue: Catalogue, key: Key) -> list[str]:
    """Who refers to it, and in which field."""
    found = catalogue.referring_to({key})
    return [f"{by.title} ({field_name(path)})" for _, by, path in found]


def _secrets(going: dict[Key, str], staying: Iterable[Manifest]) -> Iterator[str]:
    """The values that only these manifests brought along, by name without a version."""
    used = {name.partition(":")[0] for manifest in staying for name in _named(manifest)}
    for key, text in going.items():
        try:
            manifest = from_store(key, text)
        except ManifestErrors:
            continue
        own = {place.parameter for place in secret_fields(manifest)}
        for name in _named(manifest):
            plain = name.partition(":")[0]
            if plain in own and plain not in used:
                yield plain


def _named(manifest: Manifest) -> Iterator[str]:
    for place in secret_fields(manifest):
        if isinstance(place.value, StoredSecret):
            yield place.value.name
