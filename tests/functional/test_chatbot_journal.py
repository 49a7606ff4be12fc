"""Every invocation leaves a record, and its key finds it (contracts/chatbot.md)."""

from __future__ import annotations

import json
from typing import Any

import pytest

from switchboard.adapters.dynamodb_journal import DynamoDbJournal
from switchboard.adapters.system import SystemClock
from switchboard.domain.journal import MOST_CHARACTERS, Entry
from switchboard_cli.main import main
from tests.fakes.aws_directory import make_stack
from tests.functional.chatbot_world import (
    KEY,
    MODEL_KEY,
    PUBLIC_HOST,
    Answer,
    World,
    bot_at,
    event,
)
from tests.servers.openai_server import (
    OpenAiServer,
    Reply,
    text_reply,
    tool_reply,
)
from tests.tables import AWS

HOST = "model.localhost"
QUESTION = {"messages": [{"role": "user", "content": "Hello there"}]}
SECRETS = [
    "sb_demo1_0123456789abcdef0123",
    "sk-proj-0123456789abcdefghij",
    "AKIA0123456789ABCDEF",
    "ghp_0123456789abcdefghijklmn",
    "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl",
]


@pytest.fixture
def world(server: OpenAiServer, world: World, monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.setattr(SystemClock, "sleep", lambda *_: None)
    world.put(bot_at(server.url))
    return world


def entry_of(world: World, key: str) -> Entry:
    found = DynamoDbJournal(world.dynamodb, "Conversations").find(key)
    assert found is not None
    return found


def key_of(answer: Answer) -> str:
    return str(answer.document["metadata"]["key"])


def post(world: World, path: str, body: Any) -> Answer:
    return world.send(event("POST", path, host=HOST, body=body, key=KEY))


def test_a_turn_of_a_session_is_found_by_its_key(world: World, server: OpenAiServer) -> None:
    """Question, tool calls, answer, usage, model: of that turn and of no other."""
    server.script(
        tool_reply(("c1", "language_courses", '{"inquiry_type": "de"}')),
        text_reply("In der VHS.", prompt_tokens=20, completion_tokens=5, total_tokens=25),
        text_reply("Gern."),
    )
    first = world.ask("Wo ist ein Sprachkurs?", host=HOST)
    second = world.ask("Danke!", host=HOST, session_key=first.session_key)
    entry = entry_of(world, key_of(first))
    assert (entry.status, entry.code, entry.chatbot) == (200, "", "bot9")
    assert entry.request == "Wo ist ein Sprachkurs?"
    assert "language_courses" in entry.response
    assert "In der VHS." in entry.response
    assert entry.model == "scripted-1"
    assert entry.usage.total_tokens > 25
    assert entry.tools == (("language_courses", ""),)
    assert entry_of(world, key_of(second)).request == "Danke!"


def test_the_journal_of_a_session_names_failed_tools(world: World, server: OpenAiServer) -> None:
    """With what went wrong, in the order of the calls, as over the other protocols."""
    server.script(
        tool_reply(("c1", "language_courses", '{"inquiry_type": "xx"}'), ("c2", "nope", "{}")),
        text_reply("I do not know."),
    )
    turn = world.ask("Wo ist ein Sprachkurs?", host=HOST)
    failed = (("language_courses", "tool_failed"), ("nope", "unknown_tool"))
    assert entry_of(world, key_of(turn)).tools == failed


def test_an_older_turn_is_still_read(world: World, server: OpenAiServer) -> None:
    """One stored before the errors of its tools were kept."""
    server.script(tool_reply(("c1", "nope", "{}")), text_reply("I do not know."))
    key = key_of(world.ask("Hello", host=HOST))
    (item,) = world.conversations()
    document = json.loads(item["doc"]["S"])
    del document["tools"]
    item["doc"]["S"] = json.dumps(document)
    world.dynamodb.put_item(TableName="Conversations", Item=item)
    assert entry_of(world, key).tools == (("nope", ""),)


def test_a_session_s_turn_costs_no_further_write(world: World) -> None:
    """The turn is its own record: one item, and the key does not tell the session's."""
    answer = world.ask("Hello", host=HOST)
    assert len(world.conversations()) == 1
    assert answer.session_key not in key_of(answer)


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/v1/chat/completions", {"messages": [{"role": "user", "content": "Hello there"}]}),
        (
            "/chatanswers/extract_answer/",
            {"messages": [{"role": "user", "content": "Hello there"}]},
        ),
        (
            "/translate/message/",
            {"message": "Hello there", "source_language": "en", "target_language": "de"},
        ),
    ],
)
def test_what_no_session_keeps_is_in_the_journal(world: World, path: str, body: Any) -> None:
    """The other protocols leave an entry each, with what came and what went."""
    assert post(world, path, body).status == 200
    (item,) = world.conversations()
    entry = entry_of(world, item["pk"]["S"].removeprefix("Journal#"))
    assert (entry.status, entry.chatbot, entry.route) == (200, "bot9", path.rstrip("/"))
    assert "Hello there" in entry.request
    assert "Hello." in entry.response
    assert entry.usage.total_tokens > 0
    assert int(item["ttl"]["N"]) - entry.at // 1000 == 30 * 86_400


@pytest.mark.parametrize(
    ("reply", "status", "code"),
    [(Reply(500), 502, "model_failed"), (Reply(401), 502, "model_refused")],
)
def test_a_failed_turn_is_in_the_journal(
    world: World, server: OpenAiServer, reply: Reply, status: int, code: str
) -> None:
    """The key in the error finds what was asked and why there was no answer."""
    server.script(reply)
    answer = world.ask("Hello", host=HOST)
    assert answer.status == status
    entry = entry_of(world, key_of(answer))
    assert (entry.status, entry.code) == (status, code)
    assert "Hello" in entry.request


REFUSED = Reply(
    401, '{"error": {"message": "Incorrect API key provided: sk-proj-0123456789abcdefghij"}}'
)


def test_the_journal_says_why_the_model_refused(
    world: World, server: OpenAiServer, caplog: pytest.LogCaptureFixture
) -> None:
    """Status and words of the model's server; the log has the status, the client neither."""
    server.script(REFUSED)
    answer = world.ask("Hello", host=HOST)
    entry = entry_of(world, key_of(answer))
    assert entry.reason == "401 Incorrect API key provided: [redacted]"
    assert "Incorrect" not in answer.text
    (line,) = (vars(record) for record in caplog.records if record.getMessage() == "request")
    assert (line["code"], line["provider_status"]) == ("model_refused", 401)
    assert "Incorrect" not in "".join(str(vars(record)) for record in caplog.records)


def test_the_model_s_words_are_cut_and_hold_no_key(world: World, server: OpenAiServer) -> None:
    """A server may quote the key that it was sent, and answer with a page."""
    server.script(Reply(400, f"{MODEL_KEY} is {'very ' * 200}wrong"))
    entry = entry_of(world, key_of(world.ask("Hello", host=HOST)))
    assert entry.reason.startswith("400 [redacted] is very")
    assert len(entry.reason) == len("400 ") + 300


@pytest.mark.parametrize("status", [429, 500])
def test_the_journal_says_why_the_model_failed(
    world: World, server: OpenAiServer, status: int
) -> None:
    """A quota that is used up is answered with 429: only the words tell it from haste."""
    server.script(*[Reply(status, '{"error": {"message": "Out of credit"}}')] * 5)
    entry = entry_of(world, key_of(world.ask("Hello", host=HOST)))
    assert entry.reason == f"{status} Out of credit"


def test_a_translation_that_failed_says_why(world: World, server: OpenAiServer) -> None:
    """Its caller learns that there is none, the operator also why."""
    server.script(REFUSED)
    body = {"message": "Hello", "source_language": "en", "target_language": "de"}
    answer = post(world, "/translate/message/", body)
    assert answer.status == 503
    assert entry_of(world, answer.document["key"]).reason.startswith("401 Incorrect")


def test_a_bad_request_is_in_the_journal(world: World) -> None:
    """Also what could not be read, cut to what an item holds."""
    answer = world.send(event("POST", "/", host=HOST, body="x" * 900_000, key=KEY))
    assert answer.status == 400
    entry = entry_of(world, key_of(answer))
    assert entry.status == 400
    assert entry.request.startswith("x" * MOST_CHARACTERS)
    assert len(entry.request) < MOST_CHARACTERS + 100


def test_the_largest_entry_fits_into_an_item(world: World) -> None:
    """Four bytes a character, each of them escaped, are no reason to lose the record."""
    for text in ("😀" * 200_000, "\\u0001" * 150_000):
        answer = world.send(event("POST", "/", host=HOST, body=text, key=KEY))
        assert entry_of(world, key_of(answer)).status == 400


def test_strangers_fill_no_table(world: World) -> None:
    """Without a valid key, and where nobody is asked, nothing is kept."""
    world.send(event("POST", "/", host=HOST, body={}, key="sb_demo1_wrong"))
    world.send(event("POST", "/", host="unknown.localhost", body={}, key=KEY))
    world.send(event("GET", "/config/", host=HOST, key=KEY))
    world.send(event("GET", "/", host=HOST, key=KEY))
    assert world.conversations() == []


@pytest.mark.parametrize("key", ["", "sb_demo1_wrong"])
def test_what_a_public_chatbot_refuses_to_a_stranger_is_not_kept(world: World, key: str) -> None:
    """Each of any number of bad requests would else cost a write; a key's holder finds theirs."""
    for held, kept in ((key, 0), (KEY, 1)):
        answer = world.send(event("POST", "/", host=PUBLIC_HOST, body="x" * 1000, key=held))
        assert answer.status == 400
        assert len(world.conversations()) == kept


@pytest.mark.parametrize("secret", SECRETS)
def test_secrets_are_redacted(world: World, server: OpenAiServer, secret: str) -> None:
    """What looks like a key is not in the journal, whoever wrote it."""
    server.script(text_reply(f"Your key is {secret}."))
    body = {"messages": [{"role": "user", "content": f"I have {secret}, is it right?"}]}
    post(world, "/v1/chat/completions", body)
    (item,) = world.conversations()
    assert secret not in json.dumps(item)
    assert "[redacted]" in entry_of(world, item["pk"]["S"].removeprefix("Journal#")).response
    turn = world.ask(f"I have {secret}.", host=HOST)
    assert secret not in str(entry_of(world, key_of(turn)))


def test_a_journal_that_fails_costs_no_answer(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The answer that a model was paid for reaches its reader."""

    def fail(*_: object) -> None:
        raise RuntimeError("the table is away")

    monkeypatch.setattr(DynamoDbJournal, "add", fail)
    body = {"messages": [{"role": "user", "content": "Hello"}]}
    assert post(world, "/v1/chat/completions", body).status == 200


def test_an_unknown_key_finds_nothing(world: World) -> None:
    """Neither an entry nor a turn."""
    world.ask("Hello", host=HOST)
    assert DynamoDbJournal(world.dynamodb, "Conversations").find("0" * 64) is None


def test_the_command_shows_an_entry(
    world: World,
    server: OpenAiServer,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """`switchboard journal KEY` prints it for a person, `--json` for a program."""
    monkeypatch.setenv("AWS_DEFAULT_REGION", AWS["region_name"])
    outputs = {
        "DirectoryTable": "Directory",
        "SecretsPrefix": "/switchboard/",
        "ApiDomain": "api.localhost",
        "ConversationsTable": "Conversations",
        "QueueUrl": "https://sqs.localhost/jobs",
        "AttachmentsBucket": "files",
    }
    make_stack("switchboard", outputs)
    key = key_of(world.ask("Wo ist ein Sprachkurs?", host=HOST))
    capsys.readouterr()
    assert main(["journal", key]) == 0
    shown = capsys.readouterr().out
    assert "status:   200" in shown
    assert "Wo ist ein Sprachkurs?" in shown
    assert "Hello." in shown
    assert main(["journal", key, "--json"]) == 0
    out = capsys.readouterr().out
    assert json.loads(out)["chatbot"] == "bot9"
    assert out.startswith('{\n  "')
    server.script(REFUSED)
    refused = key_of(world.ask("Hello", host=HOST))
    capsys.readouterr()
    assert main(["journal", refused]) == 0
    assert "reason:   401 Incorrect API key provided: [redacted]" in capsys.readouterr().out
    assert main(["journal", "f" * 64]) == 1
    assert "no such entry" in capsys.readouterr().err
    assert main(["journal", "x"]) == 2
