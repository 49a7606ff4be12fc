"""One suite for whatever gives out secrets: the fake of the tests, and SSM as moto plays it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Protocol

import pytest

from switchboard.adapters.ssm_secrets import KEPT_MS, SsmSecrets
from switchboard.domain.errors import Misconfigured
from switchboard.domain.ids import SecretName
from switchboard.ports.secrets import SecretStore
from switchboard_cli.manifests import DirectoryStore
from tests.fakes.aws_directory import aws_directory
from tests.fakes.clock import HandClock
from tests.fakes.secrets import InMemorySecrets

TOKEN = SecretName("regions/augenfeld/zammad-token")


class Make(Protocol):
    def __call__(self, values: dict[str, str]) -> SecretStore: ...


@pytest.fixture
def store() -> Iterator[DirectoryStore]:
    with aws_directory() as opened:
        yield opened


@pytest.fixture(params=["in memory", "SSM"])
def make(request: pytest.FixtureRequest) -> Make:
    if request.param == "in memory":
        return InMemorySecrets
    store: DirectoryStore = request.getfixturevalue("store")

    def on_ssm(values: dict[str, str]) -> SecretStore:
        for name, value in values.items():
            store.put_secret(name, value)
        return SsmSecrets(lambda: store.ssm, store.secrets_prefix, HandClock())

    return on_ssm


def test_a_secret_is_found_by_its_name(make: Make) -> None:
    """The value comes back as it was stored."""
    assert make({TOKEN: "hush ü", "other": "x"}).get(TOKEN) == "hush ü"


def test_a_missing_secret_is_named_and_no_other_is_shown(make: Make) -> None:
    """The error names it to the operator and not to a client, and holds no value."""
    with pytest.raises(Misconfigured) as caught:
        make({"other": "hush"}).get(TOKEN)
    assert TOKEN in caught.value.data["reason"]
    assert TOKEN not in caught.value.detail
    assert "hush" not in str(caught.value)


def test_a_secret_is_read_again_after_five_minutes(store: DirectoryStore) -> None:
    """A value is kept for 5 min and no longer; only its first reading makes a client."""
    clock = HandClock()
    clients: list[Any] = []

    def make_client() -> Any:
        clients.append(store.ssm)
        return store.ssm

    secrets = SsmSecrets(make_client, store.secrets_prefix, clock)
    assert clients == []
    store.put_secret(TOKEN, "old")
    assert secrets.get(TOKEN) == "old"
    store.put_secret(TOKEN, "new")
    clock.time += KEPT_MS - 1
    assert secrets.get(TOKEN) == "old"
    clock.time += 1
    assert secrets.get(TOKEN) == "new"
    assert len(clients) == 1


def test_a_version_of_a_secret_has_a_name_of_its_own(store: DirectoryStore) -> None:
    """`name:version` is that version and never stale; a version that is not there is missing."""
    secrets = SsmSecrets(lambda: store.ssm, store.secrets_prefix, HandClock())
    store.put_secret(TOKEN, "old")
    assert secrets.get(SecretName(f"{TOKEN}:1")) == "old"
    store.put_secret(TOKEN, "new")
    assert secrets.get(SecretName(f"{TOKEN}:2")) == "new"
    with pytest.raises(Misconfigured):
        secrets.get(SecretName(f"{TOKEN}:3"))


@pytest.mark.parametrize("prefix", ["/switchboard/test", "/switchboard/test/"])
def test_the_prefix_may_end_in_a_slash_or_not(store: DirectoryStore, prefix: str) -> None:
    """Both spellings of the stack's path mean the same place."""
    store.put_secret(TOKEN, "hush")
    assert SsmSecrets(lambda: store.ssm, prefix, HandClock()).get(TOKEN) == "hush"


def test_secrets_are_stored_encrypted(store: DirectoryStore) -> None:
    """What `apply` stores is a SecureString."""
    store.put_secret(TOKEN, "hush")
    name = f"{store.secrets_prefix}{TOKEN}"
    assert store.ssm.get_parameter(Name=name)["Parameter"]["Type"] == "SecureString"
