"""A stack's directory in memory, as the command line sees it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from switchboard.adapters.directory_documents import Key
from switchboard_cli.manifests import DirectoryBusy, DirectoryStore
from switchboard_cli.manifests.store import REVISION, StoredValue


class InMemoryDirectory(DirectoryStore):
    """Behaves as `DirectoryStore` does over DynamoDB and SSM."""

    __slots__ = ("records", "values")

    records: dict[Key, str]
    values: dict[str, StoredValue]

    def __init__(self) -> None:
        super().__init__(None, None, "directory", "/switchboard/test/", "api.example.org")
        object.__setattr__(self, "records", {})
        object.__setattr__(self, "values", {})

    def read_all(self) -> dict[Key, str]:
        return dict(self.records)

    def write(self, revision: str | None, puts: Mapping[Key, str], deletes: Sequence[Key]) -> None:
        if self.records.get(REVISION) != revision:
            raise DirectoryBusy
        for key in deletes:
            self.records.pop(key, None)
        self.records.update(puts)
        if puts or deletes:
            self.records[REVISION] = str(int(revision or "0") + 1)

    def secrets(self, names: Iterable[str]) -> dict[str, StoredValue]:
        found = {}
        for name in names:
            plain, _, version = name.partition(":")
            stored = self.values.get(plain)
            if stored is not None and version in ("", str(stored.version)):
                found[name] = stored
        return found

    def put_secret(self, name: str, value: str) -> int:
        version = self.values[name].version + 1 if name in self.values else 1
        self.values[name] = StoredValue(value, version)
        return version

    def delete_secrets(self, names: Iterable[str]) -> None:
        for name in names:
            self.values.pop(name, None)
