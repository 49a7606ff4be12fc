"""`switchboard keys`: create, list, rotate, revoke, and what the chatbot's handler makes of it."""

from __future__ import annotations

import datetime
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest

from switchboard.adapters.system import SystemClock
from switchboard_cli.manifests import DirectoryStore
from tests.fakes.aws_directory import make_stack
from tests.functional.apply_desk import ACCOUNT, chatbot
from tests.functional.chatbot_world import HOST, REGION, World, chatbot_world
from tests.functional.command_desk import CommandDesk

NUMBER = "3141-5926-5359"
OTHER_HOST = f"other.{NUMBER}.api.localhost"
CACHE_SECONDS = 60
NEW_KEY = {"apiVersion": "switchboard/v1", "kind": "ApiKey"}
GIVEN = "sb_given1_0123456789abcdef0123"


class Time:
    """What every clock of the process says: the real time, and so much later."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.later = 0
        real: Callable[[SystemClock], int] = SystemClock.now
        monkeypatch.setattr(SystemClock, "now", lambda clock: real(clock) + self.later * 1000)

    def pass_by(self, seconds: int = CACHE_SECONDS + 1) -> None:
        self.later += seconds


class KeyDesk(CommandDesk):
    world: World
    time: Time

    def make(self, *words: str) -> str:
        """A new key, as it is printed."""
        return self.done("keys", *words).split()[-1]

    def make_expired(self, name: str) -> str:
        """A key whose last day is long over, from a manifest that says so."""
        made = {**NEW_KEY, "metadata": {"name": name}, "spec": {"expires": "2020-01-01"}}
        return self.done("apply", "-f", self.file(json.dumps(made), f"{name}.yaml")).split()[-1]

    def ask(self, key: str, host: str = HOST) -> int:
        status = self.world.ask("Hello", host=host, key=key).status
        self.capsys.readouterr()  # the function's log
        return status

    def status(self, key: str) -> str:
        rows = self.done("keys", "list").splitlines()
        (row,) = [row for row in rows if row.startswith(f"{id_of(key)} ")]
        return row.split()[-1]


def id_of(key: str) -> str:
    return key.split("_")[1]


@pytest.fixture
def desk(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> Iterator[KeyDesk]:
    """The chatbot's function over a directory that commands change while it runs."""
    time = Time(monkeypatch)
    with chatbot_world(monkeypatch) as world:
        outputs = {
            "DirectoryTable": "Directory",
            "SecretsPrefix": "/switchboard/test/",
            "ApiDomain": "api.localhost",
        }
        make_stack("switchboard", outputs)
        client: Any = boto3.client
        clients = (world.dynamodb, client("ssm", region_name=REGION))
        store = DirectoryStore(*clients, *outputs.values())
        made = KeyDesk(store, tmp_path)
        made.capsys, made.world, made.time = capsys, world, time
        account = {**ACCOUNT, "spec": {"accountNumber": NUMBER}}
        made.apply(account, chatbot("customer_support"), chatbot("other"))
        yield made


def test_a_key_is_good_for_what_it_was_made_for(desk: KeyDesk) -> None:
    """All chatbots of the account, or only those named: 403 at any other."""
    wide = desk.make("create", "wide")
    narrow = desk.make("create", "narrow", "--chatbot", "Other")
    assert (desk.ask(wide), desk.ask(wide, OTHER_HOST)) == (200, 200)
    assert (desk.ask(narrow), desk.ask(narrow, OTHER_HOST)) == (403, 200)


def test_the_list_tells_keys_by_id_only(desk: KeyDesk) -> None:
    """Id, name, chatbots, expiry and status of every key, and no key."""
    keys = [
        desk.make("create", "wide"),
        desk.make("create", "narrow", "--chatbot", "other", "--expires", "2035-12-31"),
        desk.make_expired("old"),
    ]
    out = desk.done("keys", "list")
    assert [line.split() for line in out.splitlines()] == [
        ["ID", "NAME", "CHATBOTS", "EXPIRES", "STATUS"],
        [id_of(keys[1]), "city/narrow", "other", "2036-01-01T00:00:00+00:00", "valid"],
        [id_of(keys[2]), "city/old", "all", "2020-01-02T00:00:00+00:00", "expired"],
        [id_of(keys[0]), "city/wide", "all", "never", "valid"],
    ]
    assert not [key for key in keys if key in out]
    assert desk.done("keys", "list", "--account", "town").count("\n") == 1


def test_an_expired_key_is_unknown(desk: KeyDesk) -> None:
    """From the second it expires on, also where the key is still in memory: 401."""
    key = desk.make("create", "short", "--expires", "2035-12-31T00:00:00")
    assert desk.ask(key) == 200
    record = desk.directory.api_key(id_of(key))
    assert record is not None
    assert record.expires_at is not None
    desk.time.pass_by(record.expires_at - SystemClock().now() // 1000)
    assert desk.ask(key) == 401
    assert desk.status(key) == "expired"


def test_a_revoked_key_is_unknown_within_the_cache_time(desk: KeyDesk) -> None:
    """A minute after `keys revoke` at the latest: 401, and the other keys are as before."""
    key, other = desk.make("create", "one"), desk.make("create", "two")
    assert desk.ask(key) == 200
    desk.done("keys", "revoke", id_of(key))
    desk.time.pass_by()
    assert (desk.ask(key), desk.ask(other)) == (401, 200)
    assert (desk.status(key), desk.status(other)) == ("revoked", "valid")
    desk.done("keys", "revoke", id_of(key))
    assert desk.ask(key) == 401


def test_applying_does_not_bring_a_revoked_key_back(
    desk: KeyDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The manifest it came from says nothing of it; only `revoked: false` takes it back."""
    monkeypatch.setenv("GIVEN", GIVEN)
    spec: dict[str, Any] = {"value": {"env": "GIVEN"}}
    given = {"apiVersion": "switchboard/v1", "kind": "ApiKey", "metadata": {"name": "given"}}
    path = desk.file(json.dumps({**given, "spec": spec}))
    desk.done("apply", "-f", path)
    desk.done("keys", "revoke", id_of(GIVEN))
    assert desk.done("apply", "-f", path) == "unchanged ApiKey city/given\n"
    assert (desk.ask(GIVEN), desk.status(GIVEN)) == (401, "revoked")
    spec["revoked"] = False
    desk.done("apply", "-f", desk.file(json.dumps({**given, "spec": spec})))
    desk.time.pass_by()
    assert desk.ask(GIVEN) == 200


def test_rotation_takes_the_old_key_away_at_once(desk: KeyDesk) -> None:
    """The new key, printed once, is good for the same; the old one, by default, for nothing."""
    old = desk.make("create", "app", "--chatbot", "other")
    assert desk.ask(old, OTHER_HOST) == 200
    new = desk.make("rotate", id_of(old))
    assert new != old
    desk.time.pass_by()
    assert (desk.ask(old, OTHER_HOST), desk.ask(new, OTHER_HOST), desk.ask(new)) == (401, 200, 403)
    assert (desk.status(old), desk.status(new)) == ("replaced", "valid")
    assert not [key for key in (old, new) if key in json.dumps(list(desk.records.values()))]


def test_the_old_key_may_stay_for_a_time(desk: KeyDesk) -> None:
    """With --grace both are good, until the time is over."""
    old = desk.make("create", "app")
    new = desk.make("rotate", id_of(old), "--grace", "2h")
    desk.time.pass_by(3600)
    assert (desk.ask(old), desk.ask(new)) == (200, 200)
    desk.time.pass_by(3601)
    assert (desk.ask(old), desk.ask(new)) == (401, 200)


def test_no_grace_is_longer_than_the_key_was_good(desk: KeyDesk) -> None:
    """A key that expires tomorrow is not good for a week because it was rotated."""
    old = desk.make("create", "app", "--expires", "2035-12-31T00:00:00")
    before = desk.directory.api_key(id_of(old))
    assert before is not None
    assert before.expires_at is not None
    desk.time.pass_by(before.expires_at - SystemClock().now() // 1000 - 3600)
    new = desk.make("rotate", id_of(old), "--grace", "7d")
    after = desk.directory.api_key(id_of(old))
    assert after is not None
    assert after.expires_at == before.expires_at
    desk.time.pass_by(3601)
    assert (desk.ask(old), desk.ask(new)) == (401, 401)


def test_a_key_in_its_grace_can_be_revoked(desk: KeyDesk) -> None:
    """The old one alone goes; the new one stays."""
    old = desk.make("create", "app")
    new = desk.make("rotate", id_of(old), "--grace", "7d")
    assert desk.ask(old) == 200
    desk.done("keys", "revoke", id_of(old))
    desk.time.pass_by()
    assert (desk.ask(old), desk.ask(new)) == (401, 200)


def test_applying_does_not_undo_a_rotation(desk: KeyDesk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a value the new key and the grace stay; the old value is refused."""
    monkeypatch.setenv("GIVEN", GIVEN)
    given = {"apiVersion": "switchboard/v1", "kind": "ApiKey", "metadata": {"name": "given"}}
    valued = desk.file(json.dumps({**given, "spec": {"value": {"env": "GIVEN"}}}), "valued.yaml")
    desk.done("apply", "-f", valued)
    new = desk.make("rotate", id_of(GIVEN), "--grace", "1h")
    outcome = desk.call("apply", "-f", valued)
    assert outcome.status == 1
    assert "spec.value: is a key that was replaced" in outcome.err
    desk.done("apply", "-f", desk.file(json.dumps(given)))
    desk.time.pass_by()
    assert (desk.ask(GIVEN), desk.ask(new)) == (200, 200)
    export = desk.done("export", "apikeys")
    assert "unchanged" in desk.done("apply", "-f", desk.file(export))
    assert desk.ask(new) == 200


def test_only_a_valid_key_can_be_rotated(desk: KeyDesk) -> None:
    """Neither an unknown, a revoked, an expired nor a replaced one; the reason is given."""
    gone, done = desk.make("create", "gone"), desk.make_expired("done")
    old = desk.make("create", "old")
    desk.make("rotate", id_of(old))
    desk.done("keys", "revoke", id_of(gone))
    reasons = {gone: "revoked", done: "expired", old: "replaced", "sb_nobody_": "no key"}
    for key, reason in reasons.items():
        outcome = desk.call("keys", "rotate", id_of(key))
        assert (outcome.status, outcome.out) == (2, "")
        assert reason in outcome.err
    assert desk.call("keys", "revoke", "nobody").status == 2


@pytest.mark.parametrize("grace", ["soon", "1w", "-1h", "1.5h"])
def test_a_grace_that_is_no_time_is_refused(desk: KeyDesk, grace: str) -> None:
    """A number and s, m, h or d."""
    with pytest.raises(SystemExit):
        desk.call("keys", "rotate", "demo", f"--grace={grace}")


def test_a_whole_key_may_stand_for_its_id(desk: KeyDesk) -> None:
    """What is pasted is not repeated: the key is a secret until it is revoked, and after."""
    key = desk.make("create", "app")
    new = desk.make("rotate", key)
    out = desk.done("keys", "revoke", f" {new}\n")
    assert out == f"revoked {id_of(new)}, a key of ApiKey city/app\n"
    assert (desk.status(key), desk.status(new)) == ("replaced", "revoked")


@pytest.mark.parametrize("action", ["revoke", "rotate"])
@pytest.mark.parametrize(
    "pasted", ["sb_nobody_0123456789abcdef", "sb_no", "0123456789abcdef", "sb_nobody_a b\nc"]
)
def test_an_id_that_nothing_has_is_not_repeated(desk: KeyDesk, action: str, pasted: str) -> None:
    """It may be a secret: the message says where the ids are listed, and no more."""
    outcome = desk.call("keys", action, pasted)
    assert (outcome.status, outcome.out) == (2, "")
    assert outcome.err == ("switchboard: there is no key with this id; see switchboard keys list\n")


def test_a_key_that_would_be_expired_is_not_made(desk: KeyDesk) -> None:
    """A day that is over is refused before anything is stored; today is still to come."""
    outcome = desk.call("keys", "create", "old", "--expires", "2020-01-01")
    assert (outcome.status, outcome.out) == (2, "")
    assert outcome.err == (
        "switchboard: --expires 2020-01-01 is past; give a day that is to come\n"
    )
    assert "old" not in desk.done("keys", "list")
    today = datetime.datetime.now(datetime.UTC).date().isoformat()
    desk.time.later = -3600
    assert desk.status(desk.make("create", "new", "--expires", today)) == "valid"


def test_a_wrong_key_is_refused_by_its_option(desk: KeyDesk) -> None:
    """What was typed is named, not the fields of a manifest that nobody has written."""
    outcome = desk.call("keys", "create", "app", "--expires", "soon")
    assert outcome.err.splitlines()[0] == (
        "keys create: --expires: should be a date such as 2027-12-31"
    )
    outcome = desk.call("keys", "create", "my app", "--chatbot", "nobody")
    assert outcome.err.splitlines()[0] == (
        "keys create: NAME: should be 1 to 50 letters a-z, digits, - and _"
    )
    outcome = desk.call("keys", "create", "app", "--chatbot", "other", "--chatbot", "nobody")
    assert outcome.err.splitlines()[0] == (
        "keys create: --chatbot: there is no Chatbot named nobody in account city"
    )
    town = {**ACCOUNT, "metadata": {"name": "town"}, "spec": {"accountNumber": "2718-2818-2845"}}
    desk.apply(town)
    outcome = desk.call("keys", "create", "app")
    assert (outcome.status, outcome.out) == (1, "")
    assert outcome.err.splitlines()[0] == (
        "keys create: --account: is missing; name one of city, town"
    )
    assert desk.make("create", "app", "--account", "town").startswith("sb_")
