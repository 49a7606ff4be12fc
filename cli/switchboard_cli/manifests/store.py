"""The directory as the command line sees it: all of it at once, and written as one change."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from switchboard.adapters.directory_documents import Key
from switchboard_cli.manifests.errors import DirectoryBusy

REVISION = Key("Revision")
"""Counts the changes; a change is stored only if it is the next one."""
WRITES_AT_ONCE = 99
"""A transaction of DynamoDB takes 100; one is the revision."""
BYTES_AT_ONCE = 3_000_000
PARAMETERS_AT_ONCE = 10


class StoredValue(NamedTuple):
    """A secret's value and how often it was written."""

    value: str
    version: int


@dataclass(frozen=True, slots=True)
class DirectoryStore:
    """Where one stack keeps its configuration. The clients are low-level ones of boto3.

    Without `api_domain` chatbots have no host names of their own.
    """

    dynamodb: Any
    ssm: Any
    table: str
    secrets_prefix: str
    api_domain: str = ""

    def read_all(self) -> dict[Key, str]:
        """Every record of the directory by its key."""
        pages = self.dynamodb.get_paginator("scan").paginate(
            TableName=self.table, ConsistentRead=True
        )
        return {
            Key(item["pk"]["S"], item["sk"]["S"]): item["doc"]["S"]
            for page in pages
            for item in page["Items"]
        }

    def write(self, revision: str | None, puts: Mapping[Key, str], deletes: Sequence[Key]) -> None:
        """Stores and deletes, all at once as long as it fits one transaction.

        Raises `DirectoryBusy` if the directory is no longer at `revision`.
        """
        writes = [{"Put": self._put(key, text)} for key, text in puts.items()]
        writes += [{"Delete": {"TableName": self.table, "Key": _attributes(k)}} for k in deletes]
        for part in _parts(writes):
            upcoming = str(int(revision or "0") + 1)
            step: dict[str, Any] = self._put(REVISION, upcoming)
            if revision is None:
                step["ConditionExpression"] = "attribute_not_exists(pk)"
            else:
                step["ConditionExpression"] = "doc = :revision"
                step["ExpressionAttributeValues"] = {":revision": {"S": revision}}
            try:
                self.dynamodb.transact_write_items(TransactItems=[{"Put": step}, *part])
            except self.dynamodb.exceptions.TransactionCanceledException:
                raise DirectoryBusy("someone else changed the directory; run it again") from None
            revision = upcoming

    def secrets(self, names: Iterable[str]) -> dict[str, StoredValue]:
        """Those of the named secrets that exist. A name may end in `:version`."""
        wanted = sorted({*names})
        found: dict[str, StoredValue] = {}
        for start in range(0, len(wanted), PARAMETERS_AT_ONCE):
            part = [self._parameter(name) for name in wanted[start : start + PARAMETERS_AT_ONCE]]
            answer = self.ssm.get_parameters(Names=part, WithDecryption=True)
            for parameter in answer["Parameters"]:
                name = parameter["Name"].removeprefix(self._parameter(""))
                stored = StoredValue(parameter["Value"], int(parameter["Version"]))
                found |= {n: stored for n in (name, f"{name}:{stored.version}") if n in wanted}
        return found

    def put_secret(self, name: str, value: str) -> int:
        """Stores an encrypted secret and gives its version."""
        answer = self.ssm.put_parameter(
            Name=self._parameter(name), Value=value, Type="SecureString", Overwrite=True
        )
        return int(answer["Version"])

    def delete_secrets(self, names: Iterable[str]) -> None:
        """Deletes these secrets; those that do not exist do no harm."""
        wanted = sorted({*names})
        for start in range(0, len(wanted), PARAMETERS_AT_ONCE):
            part = wanted[start : start + PARAMETERS_AT_ONCE]
            self.ssm.delete_parameters(Names=[self._parameter(name) for name in part])

    def _parameter(self, name: str) -> str:
        return f"{self.secrets_prefix.rstrip('/')}/{name}"

    def _put(self, key: Key, text: str) -> dict[str, Any]:
        return {"TableName": self.table, "Item": {**_attributes(key), "doc": {"S": text}}}


def _attributes(key: Key) -> dict[str, dict[str, str]]:
    return {"pk": {"S": key.pk}, "sk": {"S": key.sk}}


def _parts(writes: Sequence[Any]) -> Iterator[list[Any]]:
    """The writes in portions that one transaction takes."""
    part: list[Any] = []
    size = 0
    for write in writes:
        text = write.get("Put", {}).get("Item", {}).get("doc", {}).get("S", "")
        length = len(text.encode()) + 500
        if part and (len(part) == WRITES_AT_ONCE or size + length > BYTES_AT_ONCE):
            yield part
            part, size = [], 0
        part.append(write)
        size += length
    if part:
        yield part
