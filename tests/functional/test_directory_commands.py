"""`switchboard apply`, `get` and `keys create`, as an operator calls them, against moto."""

from __future__ import annotations

import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http.server import HTTPServer
from pathlib import Path

import pytest

from switchboard.adapters.dynamodb_directory import DynamoDbDirectory
from switchboard.domain.ids import hex_digest
from switchboard_cli.main import main
from switchboard_cli.manifests import DirectoryStore
from tests.fakes.aws_directory import aws_directory, make_stack
from tests.fakes.clock import HandClock
from tests.servers.serving import Handler, serving
from tests.tables import AWS

HOST = "helper.1234-5678-9012.api.example.org"
MANIFESTS = """\
apiVersion: switchboard/v1
kind: Account
metadata: {name: city, description: A city}
spec: {accountNumber: 1234-5678-9012}
---
apiVersion: switchboard/v1
kind: Chatbot
metadata: {name: helper}
spec: {config: {modelKey: {env: MODEL_KEY}, provider: openai}}
"""


@dataclass
class Outcome:
    status: int
    out: str
    err: str


Call = Callable[..., Outcome]


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch) -> Iterator[DirectoryStore]:
    """A directory that a CloudFormation stack named `switchboard` has as its outputs."""
    monkeypatch.setenv("AWS_DEFAULT_REGION", AWS["region_name"])
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", AWS["aws_access_key_id"])
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", AWS["aws_secret_access_key"])
    monkeypatch.setenv("MODEL_KEY", "hush")
    with aws_directory() as opened:
        outputs = {
            "DirectoryTable": opened.table,
            "SecretsPrefix": opened.secrets_prefix,
            "ApiDomain": opened.api_domain,
        }
        make_stack("switchboard", outputs)
        yield opened


@pytest.fixture
def call(capsys: pytest.CaptureFixture[str]) -> Call:
    def run(*words: str) -> Outcome:
        status = main(words)
        captured = capsys.readouterr()
        return Outcome(status, captured.out, captured.err)

    return run


class Stranger(Handler):
    """Some other program's server: the same answer to everything."""

    status, body = 200, b""

    def take(self) -> None:
        self.read()
        self.answer(self.status, {}, self.body)

    @classmethod
    def saying(cls, status: int, body: bytes) -> HTTPServer:
        kind = type("Saying", (cls,), {"status": status, "body": body})
        return HTTPServer(("127.0.0.1", 0), kind)


@pytest.fixture
def manifests(tmp_path: Path) -> str:
    (tmp_path / "all.yaml").write_text(MANIFESTS)
    return str(tmp_path)


def directory(store: DirectoryStore) -> DynamoDbDirectory:
    return DynamoDbDirectory(store.dynamodb, store.table, HandClock())


def test_apply_loads_a_folder_into_the_stack(
    store: DirectoryStore, call: Call, manifests: str
) -> None:
    """One line per manifest, the table and domain of the stack are used, no secret is shown."""
    outcome = call("apply", "-f", manifests)
    assert outcome == Outcome(0, "created Account city\ncreated Chatbot city/helper\n", "")
    assert directory(store).chatbot_at(HOST, None)[0] is not None


def test_apply_explains_every_mistake(store: DirectoryStore, call: Call, tmp_path: Path) -> None:
    """Faults go to stderr with their place, the status is 1, and nothing was changed."""
    (tmp_path / "all.yaml").write_text(
        MANIFESTS.replace("city", "ci ty").replace("{env: M", "{x: M")
    )
    outcome = call("apply", "-f", str(tmp_path))
    assert (outcome.status, outcome.out) == (1, "")
    assert outcome.err.splitlines() == [
        f"{tmp_path}/all.yaml:3: metadata.name: should be 1 to 50 letters a-z, digits, - and _",
        f"{tmp_path}/all.yaml:9: spec.config.modelKey: "
        "should be text, {env: NAME} or {secret: NAME}",
        "switchboard: nothing was changed",
    ]
    assert store.read_all() == {}


def test_apply_without_manifests_is_a_mistake(
    store: DirectoryStore, call: Call, tmp_path: Path
) -> None:
    """An empty folder is more likely a wrong path than a wish."""
    assert call("apply", "-f", str(tmp_path)).status == 2


@pytest.mark.parametrize(
    ("line", "field", "config"),
    [
        (8, "metadata.name", "deployed: true"),
        (9, "spec.config.subdomain", f"subdomain: {'b' * 48}"),
        (0, "", f"subdomain: {'b' * 47}"),
        (0, "", "deployed: false"),
    ],
)
def test_a_chatbot_without_the_address_in_one_label_is_warned_of(
    store: DirectoryStore, call: Call, tmp_path: Path, line: int, field: str, config: str
) -> None:
    """From 48 characters on the label is too long with the account's number; it is applied."""
    path = tmp_path / "all.yaml"
    path.write_text(MANIFESTS.replace("helper", "a" * 48).replace("provider: openai", config))
    outcome = call("apply", "-f", str(path))
    assert (outcome.status, len(outcome.out.splitlines())) == (0, 2)
    warning = (
        f"warning: {path}:{line}: {field}: is too long for the address in one label, which the "
        "certificate of all chatbots covers; a spec.config.subdomain of at most 47 characters "
        "gives one\n"
    )
    assert outcome.err == (warning if line else "")


def test_get_lists_what_was_applied(store: DirectoryStore, call: Call, manifests: str) -> None:
    """All kinds, or one, however it is spelled; accounts can be told apart."""
    call("apply", "-f", manifests)
    assert call("get").out == (
        "KIND     ACCOUNT  NAME    DESCRIPTION\n"
        "Account  city     city    A city\n"
        "Chatbot  city     helper\n"
    )
    for kind in ("Chatbot", "chatbots", "LLMClient"):
        assert call("get", kind).out.splitlines()[1:] == ["Chatbot  city     helper"]
    assert len(call("get", "--account", "elsewhere").out.splitlines()) == 1


def test_get_prints_one_manifest_without_its_secrets(
    store: DirectoryStore, call: Call, manifests: str
) -> None:
    """The manifest comes as YAML, with the names of its secrets, under any spelling of its name."""
    call("apply", "-f", manifests)
    out = call("get", "chatbot", "Helper").out
    assert "modelKey:\n      secret: chatbots/city/helper/model-key:1\n" in out
    assert "hush" not in out


@pytest.mark.parametrize("words", [("potato",), ("chatbot", "nobody")])
def test_get_of_something_unknown_is_a_mistake(
    store: DirectoryStore, call: Call, words: tuple[str, ...]
) -> None:
    """An unknown kind or name is said to be unknown, with status 2."""
    outcome = call("get", *words)
    assert outcome.status == 2
    assert words[-1] in outcome.err


def test_keys_create_shows_the_key_once(store: DirectoryStore, call: Call, manifests: str) -> None:
    """The printed key is the one whose digest is stored, for the chatbots and time asked for."""
    call("apply", "-f", manifests)
    outcome = call("keys", "create", "demo", "--chatbot", "Helper", "--expires", "2027-12-31")
    assert outcome.status == 0
    key = outcome.out.split()[-1]
    record = directory(store).api_key(key.split("_")[1])
    assert record is not None
    assert (record.digest, record.account) == (hex_digest(key), "city")
    assert (record.chatbots, record.expires_at) == (("helper",), 1830297600)
    assert key not in call("get", "apikeys", "demo").out
    again = call("keys", "create", "demo")
    assert (again.status, again.out) == (2, "")
    assert directory(store).api_key(key.split("_")[1]) == record


def test_keys_create_refuses_what_does_not_exist(
    store: DirectoryStore, call: Call, manifests: str
) -> None:
    """No key is made for an unknown chatbot or with a date that is none."""
    call("apply", "-f", manifests)
    for words in (("--chatbot", "nobody"), ("--expires", "soon")):
        outcome = call("keys", "create", "demo", *words)
        assert (outcome.status, outcome.out) == (1, "")
        assert words[1] in outcome.err or "should be a date" in outcome.err
    assert "ApiKey" not in call("get").out


def test_another_stack_is_chosen_by_name(store: DirectoryStore, call: Call) -> None:
    """--stack names the stack; one that is not there, or is another product's, is explained."""
    outcome = call("get", "--stack", "elsewhere")
    assert (outcome.status, outcome.out) == (2, "")
    assert "no stack named elsewhere" in outcome.err
    make_stack("other", {"Bucket": "b"})
    outcome = call("get", "--stack", "other")
    assert outcome.status == 2
    assert "no output DirectoryTable" in outcome.err


def test_a_local_stack_that_does_not_run_is_explained(call: Call) -> None:
    """With --local and nobody at the port, the message says what to start."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
        outcome = call("get", "--local", "--aws-port", str(port))
    assert outcome.status == 2
    assert "switchboard dev" in outcome.err


def test_a_stranger_at_the_port_is_no_local_stack(call: Call) -> None:
    """A server of another kind is told apart from a stack, whatever it answers."""
    for status, body in ((200, b"hello"), (200, b"<a>hi</a>"), (404, b"<a>hi</a>"), (501, b"")):
        server = Stranger.saying(status, body)
        with serving(server):
            outcome = call("get", "--local", "--aws-port", str(server.server_port))
        assert (outcome.status, outcome.out) == (2, "")
        assert outcome.err == (
            f"switchboard: what answers at http://127.0.0.1:{server.server_port} does not answer "
            "as AWS does; for a local stack, give --aws-port as `switchboard dev` was given it\n"
        )


def test_the_region_is_that_of_aws_region(
    store: DirectoryStore, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    """AWS_REGION is enough, and counts before AWS_DEFAULT_REGION as with AWS's other tools."""
    for default in ("", "us-west-2"):
        monkeypatch.setenv("AWS_DEFAULT_REGION", default)
        monkeypatch.setenv("AWS_REGION", AWS["region_name"])
        assert call("get").status == 0


def test_without_a_region_it_is_said_what_to_do(
    store: DirectoryStore, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What to set for AWS, and what to add if the local stack was meant."""
    monkeypatch.delenv("AWS_DEFAULT_REGION")
    monkeypatch.delenv("AWS_REGION", raising=False)
    assert call("get") == Outcome(
        2,
        "",
        "switchboard: no AWS region is chosen; set AWS_REGION; for the local stack add --local\n",
    )


def test_a_command_that_there_is_not_is_named(call: Call) -> None:
    """A mistyped command is repeated below the list of those there are; help is no mistake."""
    outcome = call("aply", "-f", "all.yaml")
    assert outcome.status == 2
    assert "  apply      load manifests into the directory\n" in outcome.out
    assert outcome.err == "switchboard: there is no command aply; the list above has them all\n"
    assert call("--help") == Outcome(0, outcome.out, "")
    assert call() == Outcome(2, outcome.out, "")


@pytest.mark.parametrize("words", [["example", "Region"], ["nope"], []])
def test_a_reader_that_stops_is_no_error(words: list[str]) -> None:
    """As in `switchboard … | head`: nothing is complained of but what was called wrongly."""
    words = [sys.executable, "-m", "switchboard_cli.main", *words]
    command = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert command.stdout is not None
    assert command.stderr is not None
    command.stdout.close()
    complaints = command.stderr.read().splitlines()
    assert [line for line in complaints if b"no command nope" not in line] == []
    command.stderr.close()
    assert command.wait() == 1
