"""`switchboard test` and `apply --require-tests`, as an operator calls them.

The chatbots are asked in this process, over real HTTP to a model server; the stack is moto's.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from switchboard.adapters.dynamodb_directory import DynamoDbDirectory
from switchboard_cli.main import main
from switchboard_cli.manifests import DirectoryStore
from tests.fakes.aws_directory import aws_directory, make_stack
from tests.fakes.clock import HandClock
from tests.servers.openai_server import OpenAiServer, Reply, openai_server, text_reply, tool_reply
from tests.tables import AWS

ROOT = Path(__file__).parents[2]
HOST = "helper.1234-5678-9012.api.example.org"
KEY = "the-model-servers-key"
ACCOUNT = {
    "kind": "Account",
    "metadata": {"name": "city"},
    "spec": {"accountNumber": "1234-5678-9012"},
}


def plugin(text: str = "nine to five") -> dict[str, Any]:
    return {
        "kind": "Plugin",
        "metadata": {"name": "hours", "pluginClass": "static"},
        "spec": {
            "selector": {"directive": "search_terms", "searchTerms": ["open"]},
            "data": {"staticData": {"en": text}},
        },
    }


def bot(*tests: dict[str, Any], **config: Any) -> dict[str, Any]:
    spec = {"config": config, "plugins": ["hours"], "functions": ["request_human"]}
    return {"kind": "Chatbot", "metadata": {"name": "helper"}, "spec": {**spec, "tests": tests}}


def question(ask: str, **expect: Any) -> dict[str, Any]:
    return {"ask": ask, "expect": expect}


OPEN = question("When are you open?", contains="NINE to", plugin="hours", handOff=False)
WRONG = question("When are you open?", contains="midnight")


class Desk:
    """An operator with manifests in a folder."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder = folder
        self._capsys = capsys
        self.out = self.err = ""

    def write(self, *manifests: dict[str, Any]) -> None:
        documents = ({"apiVersion": "switchboard/v1", **manifest} for manifest in manifests)
        text = "\n---\n".join(json.dumps(document, indent=1) for document in documents)
        (self.folder / "all.yaml").write_text(text)

    def call(self, *words: str) -> int:
        status = main(words)
        self.out, self.err = self._capsys.readouterr()
        return status

    def test(self, *words: str) -> int:
        return self.call("test", str(self.folder), *words)

    def report(self) -> dict[str, Any]:
        """The JSON report, of whatever is expected to fail."""
        self.test("--json")
        found: dict[str, Any] = json.loads(self.out)
        return found

    def outcome(self) -> dict[str, Any]:
        """Of the only question."""
        (chatbot,) = self.report()["chatbots"]
        (found,) = chatbot["questions"]
        return dict(found)


@pytest.fixture
def desk(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Desk:
    return Desk(tmp_path, capsys)


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[OpenAiServer]:
    monkeypatch.setenv("MODEL_KEY", KEY)
    with openai_server() as running:
        yield running


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch) -> Iterator[DirectoryStore]:
    """The directory of a stack named `switchboard`."""
    for name, variable in (
        ("region_name", "AWS_DEFAULT_REGION"),
        ("aws_access_key_id", "AWS_ACCESS_KEY_ID"),
        ("aws_secret_access_key", "AWS_SECRET_ACCESS_KEY"),
    ):
        monkeypatch.setenv(variable, AWS[name])
    with aws_directory() as opened:
        outputs = {"DirectoryTable": opened.table, "SecretsPrefix": opened.secrets_prefix}
        make_stack("switchboard", {**outputs, "ApiDomain": opened.api_domain})
        yield opened


def with_model(server: OpenAiServer, *tests: dict[str, Any]) -> dict[str, Any]:
    key = {"env": "MODEL_KEY"}
    return bot(*tests, provider="openai", baseUrl=server.url, modelKey=key, defaultModel="m")


def test_the_examples_pass_their_own_tests(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """`switchboard test examples` needs no stack, no key and no variable."""
    for name in ("ZAMMAD_URL", "ZAMMAD_TOKEN", "AWS_REGION", "AWS_DEFAULT_REGION"):
        monkeypatch.delenv(name, raising=False)
    assert desk.call("test", str(ROOT / "examples")) == 0
    passed = [line for line in desk.out.splitlines() if line.startswith("passed")]
    assert len(passed) >= 5
    assert " passed, 0 failed" in desk.out.splitlines()[-1]


def test_a_good_answer_passes(desk: Desk) -> None:
    """Case does not count; the report names the plugins, the tokens and the seconds."""
    desk.write(ACCOUNT, plugin(), bot(OPEN))
    assert desk.test() == 0
    verdict, ran, summary = desk.out.splitlines()
    assert verdict == "passed   city/helper: When are you open?"
    assert ran.split(";")[0].strip() == "plugins: hours"
    assert " tokens, " in ran
    assert summary.startswith("1 passed, 0 failed; 0 tokens; ")


def test_a_wrong_answer_fails(desk: Desk) -> None:
    """The status is 1, and the report says what was expected and what was said, in short."""
    desk.write(ACCOUNT, plugin("nine to five " + "and so on " * 100), bot(OPEN, WRONG))
    assert desk.test() == 1
    lines = desk.out.splitlines()
    assert "FAILED   city/helper: When are you open?" in lines
    assert "           should contain: midnight" in lines
    (said,) = (line for line in lines if line.strip().startswith("said: "))
    assert "nine to five" in said
    assert len(said) < 250
    assert lines[-1].startswith("1 passed, 1 failed; ")


@pytest.mark.parametrize(
    ("expect", "faults"),
    [
        ({"plugin": "hours"}, ["should call the plugin hours"]),
        ({"handOff": True}, ["should hand over to a human"]),
        ({"contains": ["sorry", "moon"]}, ["should contain: sorry", "should contain: moon"]),
        ({"contains": "sorry", "handOff": True}, ["should contain: sorry", "should hand over"]),
    ],
)
def test_every_expectation_must_be_met(
    desk: Desk, expect: dict[str, Any], faults: list[str]
) -> None:
    """A question about nothing the bot knows: whatever is expected of it is a fault of its own."""
    desk.write(ACCOUNT, plugin(), bot(question("Tell me a poem.", **expect)))
    found = desk.outcome()["faults"]
    assert len(found) == len(faults)
    assert all(text.startswith(start) for text, start in zip(found, faults, strict=True))


@pytest.mark.parametrize(("expected", "faults"), [(True, []), (False, ["should not hand over"])])
def test_handing_over_is_an_answer(desk: Desk, *, expected: bool, faults: list[str]) -> None:
    """`handOff` may be expected to happen, and not to happen."""
    desk.write(ACCOUNT, plugin(), bot(question("I want a human being", handOff=expected)))
    found = desk.outcome()
    assert found["faults"] == faults
    assert (found["hands_off"], found["tools"]) == (True, ["request_human"])


def test_the_configured_model_is_asked(desk: Desk, server: OpenAiServer) -> None:
    """The question goes to the bot's own provider, with its key, and tokens are summed."""
    server.script(
        tool_reply(("c1", "hours", '{"inquiry_type": "en"}'), prompt_tokens=9, total_tokens=9),
        text_reply("From nine on.", prompt_tokens=20, completion_tokens=4, total_tokens=24),
    )
    desk.write(ACCOUNT, plugin(), with_model(server, question("Open?", contains="nine")))
    found = desk.outcome()
    assert (found["passed"], found["said"]) == (True, "From nine on.")
    assert (found["plugins"], found["tools"], found["tokens"]) == (["hours"], ["hours"], 33)
    assert [headers["authorization"] for headers in server.headers] == [f"Bearer {KEY}"] * 2
    assert KEY not in desk.out


def test_a_plugin_that_failed_was_not_called(desk: Desk, server: OpenAiServer) -> None:
    """A plugin the model calls wrongly is no plugin that answered; the tool is still reported."""
    chosen = plugin()
    chosen["spec"]["selector"] = {"directive": "llm"}
    server.script(tool_reply(("c1", "hours", '{"inquiry_type": "mars"}')), text_reply("Nine."))
    desk.write(ACCOUNT, chosen, with_model(server, question("When?", plugin="hours")))
    found = desk.outcome()
    assert found["faults"] == ["should call the plugin hours"]
    assert (found["plugins"], found["tools"]) == ([], ["hours"])


def test_a_model_that_fails_fails_the_question_only(desk: Desk, server: OpenAiServer) -> None:
    """No answer is a fault with its reason; the next question is asked all the same."""
    server.script(Reply(status=401, body="{}"), text_reply("Nine."))
    tests = (question("One?", contains="nine"), question("Two?", contains="nine"))
    desk.write(ACCOUNT, plugin(), with_model(server, *tests))
    report = desk.report()
    assert (report["passed"], report["failed"]) == (1, 1)
    first, second = report["chatbots"][0]["questions"]
    assert first["faults"][0].startswith("there was no answer: ")
    assert second["passed"]
    assert desk.test() == 0


def test_a_bot_without_tests_says_so(desk: Desk) -> None:
    """It neither fails nor passes for tested."""
    desk.write(ACCOUNT, plugin(), bot())
    assert desk.test() == 0
    assert desk.out.splitlines()[0] == "no tests city/helper"
    assert desk.out.splitlines()[-1].endswith("without tests: city/helper")
    desk.write(ACCOUNT)
    assert desk.test() == 2


def test_faulty_manifests_are_not_asked(desk: Desk) -> None:
    """A plugin that the bot does not have, or that is not in the files, is an error with its line.

    The status is 1, as with `apply`.
    """
    desk.write(ACCOUNT, plugin(), bot(question("a", plugin="other")))
    assert desk.test() == 1
    (error,) = desk.err.splitlines()
    assert error.endswith("spec.tests[0].expect.plugin: the chatbot has no plugin named other")
    assert "all.yaml:" in error
    assert desk.out == ""
    desk.write(ACCOUNT, bot(OPEN))
    assert desk.test() == 1
    assert "there is no Plugin named hours" in desk.err


def test_what_has_no_meaning_here_is_warned_of(desk: Desk) -> None:
    """A manifest of another platform is tested, and what was left out of it is said beside."""
    smarter = {"apiVersion": "smarter.sh/v1", **bot(OPEN)}
    smarter["spec"]["guardrails"] = {"strict": True}
    desk.write(ACCOUNT, plugin(), smarter)
    assert desk.test("--json") == 0
    assert json.loads(desk.out)["passed"] == 1
    (warning,) = desk.err.splitlines()
    assert warning.startswith(f"warning: {desk.folder / 'all.yaml'}:")
    assert ": spec.guardrails: " in warning


def test_a_stack_lends_what_the_files_only_name(
    desk: Desk, store: DirectoryStore, server: OpenAiServer
) -> None:
    """With --stack, accounts, plugins and secrets that are applied already need not be there."""
    server.script(text_reply("nine to five"))
    desk.write(ACCOUNT, plugin(), with_model(server))
    assert desk.call("apply", "-f", str(desk.folder)) == 0
    stored = {"secret": "chatbots/city/helper/model-key"}
    config = {"provider": "openai", "baseUrl": server.url, "modelKey": stored}
    desk.write(bot(OPEN, **config))
    assert desk.test() == 1
    before = store.read_all()
    assert desk.test("--stack", "switchboard") == 0
    assert server.headers[-1]["authorization"] == f"Bearer {KEY}"
    assert store.read_all() == before


def test_apply_may_require_its_tests(desk: Desk, store: DirectoryStore) -> None:
    """A wrong answer: status 1 and nothing is changed. Without the option nothing is asked."""
    desk.write(ACCOUNT, plugin(), bot(OPEN, WRONG))
    assert desk.call("apply", "-f", str(desk.folder), "--require-tests") == 1
    assert "1 passed, 1 failed" in desk.out
    assert desk.err == "switchboard: nothing was changed\n"
    assert store.read_all() == {}
    assert desk.call("apply", "-f", str(desk.folder)) == 0
    assert "passed" not in desk.out
    desk.write(ACCOUNT, plugin(), bot(OPEN))
    assert desk.call("apply", "-f", str(desk.folder), "--require-tests") == 0
    assert desk.out.splitlines()[-1] == "changed Chatbot city/helper"


def test_a_changed_plugin_is_tested_with_the_bots_that_use_it(
    desk: Desk, store: DirectoryStore
) -> None:
    """A plugin alone is refused if a chatbot that is applied already answers wrongly with it."""
    desk.write(ACCOUNT, plugin(), bot(OPEN))
    assert desk.call("apply", "-f", str(desk.folder)) == 0
    before = store.read_all()
    desk.write(plugin("never"))
    assert desk.call("apply", "-f", str(desk.folder), "--require-tests") == 1
    assert "FAILED   city/helper" in desk.out
    assert store.read_all() == before


def test_golden_questions_are_kept_out_of_the_look_up(desk: Desk, store: DirectoryStore) -> None:
    """They are stored with the manifest; the record that each request reads is as small as ever."""
    desk.write(ACCOUNT, plugin(), bot())
    desk.call("apply", "-f", str(desk.folder))
    found = DynamoDbDirectory(store.dynamodb, store.table, HandClock()).chatbot_at(HOST, None)[0]
    assert found is not None
    before = {key: text for key, text in store.read_all().items() if key.pk.startswith("Host#")}
    desk.write(ACCOUNT, plugin(), bot(OPEN))
    desk.call("apply", "-f", str(desk.folder))
    after = store.read_all()
    assert {key: text for key, text in after.items() if key.pk.startswith("Host#")} == before
    assert any("NINE to" in text for text in after.values())
