"""What the tests of `apply` share: short manifests, and a directory to apply them to."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from switchboard.adapters.dynamodb_directory import DynamoDbDirectory
from switchboard.adapters.ssm_secrets import SsmSecrets
from switchboard.domain.directory import Chatbot
from switchboard_cli.manifests import (
    Change,
    DirectoryStore,
    ManifestErrors,
    apply_manifests,
    load_manifests,
)
from tests.fakes.aws_directory import aws_directory
from tests.fakes.clock import HandClock

NUMBER = "1234-5678-9012"
HOST = f"helper.{NUMBER}.api.example.org"
WEBHOOK_TOKEN = "0b7f3c52-6f0e-4b5c-9d3a-1f2e3d4c5b6a"
KEY = "sb_demo_0123456789abcdef"

ACCOUNT = {"kind": "Account", "metadata": {"name": "city"}, "spec": {"accountNumber": NUMBER}}


def chatbot(name: str = "helper", plugins: tuple[str, ...] = (), **config: Any) -> dict[str, Any]:
    spec = {"config": config, "plugins": list(plugins)}
    return {"kind": "Chatbot", "metadata": {"name": name}, "spec": spec}


def plugin(name: str = "hours", **data: Any) -> dict[str, Any]:
    return {
        "kind": "Plugin",
        "metadata": {"name": name, "pluginClass": "static", "description": "When we are open"},
        "spec": {
            "selector": {"directive": "search_terms", "searchTerms": ["open"]},
            "prompt": {"systemRole": "Be exact."},
            "data": {"staticData": data or {"en": "nine to five"}},
        },
    }


def region(name: str = "r1", *, enabled: bool = True, **zammad: Any) -> dict[str, Any]:
    access = {"url": "https://desk.example.org", "token": "zt-1", **zammad}
    spec = {"defaultLanguage": "de", "chatEnabled": enabled, "zammad": access}
    return {"kind": "Region", "metadata": {"name": name}, "spec": spec}


def api_key(name: str = "demo", **spec: Any) -> dict[str, Any]:
    return {"kind": "ApiKey", "metadata": {"name": name}, "spec": spec}


class Desk:
    """A stack's directory, to apply to and to look into."""

    def __init__(self, store: DirectoryStore, folder: Path) -> None:
        self.store = store
        self.folder = folder

    def apply(self, *manifests: dict[str, Any], account: str | None = None) -> list[Change]:
        path = self.folder / "all.yaml"
        documents = ({"apiVersion": "switchboard/v1", **manifest} for manifest in manifests)
        path.write_text("\n---\n".join(json.dumps(d, indent=1) for d in documents))
        return apply_manifests(load_manifests([path], {}, account), self.store)

    def errors(self, *manifests: dict[str, Any], account: str | None = None) -> list[str]:
        """What is reported; nothing at all may have changed."""
        before = self.records, self.secrets
        with pytest.raises(ManifestErrors) as caught:
            self.apply(*manifests, account=account)
        assert (self.records, self.secrets) == before
        return [f"{error.field}: {error.message}" for error in caught.value.errors]

    @property
    def records(self) -> dict[Any, str]:
        return dict(self.store.read_all())

    @property
    def secrets(self) -> dict[str, str]:
        answer = self.store.ssm.get_parameters_by_path(
            Path=self.store.secrets_prefix, Recursive=True, WithDecryption=True
        )
        return {parameter["Name"]: parameter["Value"] for parameter in answer["Parameters"]}

    @property
    def directory(self) -> DynamoDbDirectory:
        """As a new execution environment sees it."""
        return DynamoDbDirectory(self.store.dynamodb, self.store.table, HandClock())

    def secret(self, name: Any) -> str:
        return SsmSecrets(lambda: self.store.ssm, self.store.secrets_prefix, HandClock()).get(name)

    def at(self, host: str) -> Chatbot | None:
        return self.directory.chatbot_at(host, None)[0]


def lines(changes: list[Change]) -> list[str]:
    return [str(change) for change in changes]


@contextmanager
def open_desk(folder: Path) -> Iterator[Desk]:
    """A desk over an empty directory, for the time of the block."""
    with aws_directory() as store:
        yield Desk(store, folder)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with open_desk(tmp_path) as opened:
        yield opened
