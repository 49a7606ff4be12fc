"""Who may use a chatbot: every line of the contract's table."""

from __future__ import annotations

import json

import pytest

from tests.functional.chatbot_world import (
    EXPIRED_KEY,
    KEY,
    OTHER_KEY,
    PLATFORM,
    PUBLIC_HOST,
    REVOKED_KEY,
    SCOPED_KEY,
    Answer,
    World,
    event,
    module_world,
)

QUESTION = {"messages": [{"role": "user", "content": "Hello"}]}


world = module_world


def send(world: World, **headers: str) -> Answer:
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    return world.send(event("POST", "/chatbot/", body=QUESTION, headers=sent))


@pytest.mark.parametrize(
    "headers",
    [
        {"authorization": f"Token {KEY}"},
        {"authorization": f"Bearer {KEY}"},
        {"authorization": f"bearer  {KEY} "},
        {"x_api_key": KEY},
        {"authorization": "Basic dXNlcjpwYXNz", "x_api_key": KEY},
    ],
)
def test_a_key_is_read_from_each_header(world: World, headers: dict[str, str]) -> None:
    """`Authorization: Token`, `Authorization: Bearer` and `X-API-Key` all carry a key."""
    assert send(world, **headers).status == 200


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"authorization": ""},
        {"authorization": "Token"},
        {"authorization": "Bearer  "},
        {"x_api_key": " "},
        {"authorization": "Basic dXNlcjpwYXNz"},
    ],
)
def test_without_a_key_401(world: World, headers: dict[str, str]) -> None:
    """None or an empty one: 401 with `WWW-Authenticate`."""
    answer = send(world, **headers)
    assert answer.status == 401
    assert answer.headers["WWW-Authenticate"]
    assert answer.document["error"]["code"] == "unauthorized"


def test_unknown_revoked_and_expired_keys_look_the_same(world: World) -> None:
    """401 with one body for all three, so that nobody learns which keys exist."""
    wrong = [
        "sb_demo1_0123456789abcdef9999",
        "sb_nobody_0123456789abcdef0123",
        "something else",
        "sb_" + "x" * 5000,
        "sb_ключ_0123456789abcdef0123",
        REVOKED_KEY,
        EXPIRED_KEY,
    ]
    bodies = set()
    for key in wrong:
        answer = send(world, authorization=f"Token {key}")
        assert answer.status == 401
        assert answer.headers["WWW-Authenticate"]
        document = answer.document
        del document["metadata"]["key"]
        bodies.add(json.dumps(document))
    assert len(bodies) == 1


@pytest.mark.parametrize("key", [SCOPED_KEY, OTHER_KEY])
def test_a_key_for_other_chatbots_is_forbidden(world: World, key: str) -> None:
    """A valid key of other chatbots, or of another account: 403, by host and by id."""
    assert world.ask("Hello", key=key).status == 403
    by_id = world.ask("Hello", host=PLATFORM, path="/api/v1/chatbots/bot1/chat/", key=key)
    assert by_id.status == 403


def test_in_the_workbench_the_key_tells_the_account(world: World) -> None:
    """A key's account is where the name is looked up, and the key's own scope still holds."""
    path = "/workbench/customer_support/chat/"
    assert world.ask("Hello", host=PLATFORM, path=path, key=KEY).status == 200
    assert world.ask("Hello", host=PLATFORM, path=path, key=OTHER_KEY).status == 404
    assert world.ask("Hello", host=PLATFORM, path=path, key=SCOPED_KEY).status == 403
    assert world.ask("Hello", host=PLATFORM, path=path, key=REVOKED_KEY).status == 401
    assert world.ask("Hello", host=PLATFORM, path=path, key="").status == 401


@pytest.mark.parametrize("key", ["", KEY, REVOKED_KEY, OTHER_KEY, "nonsense"])
def test_a_public_chatbot_takes_anybody(world: World, key: str) -> None:
    """`authentication: public`: any or no credentials are allowed."""
    assert world.ask("Hello", host=PUBLIC_HOST, key=key).status == 200


def test_no_key_appears_in_an_answer_or_a_log(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    """Whatever happens to a request, its key, its text and its session key are in no log line."""
    text = "my very private question"
    answers = [world.ask(text, key=key) for key in (KEY, SCOPED_KEY, REVOKED_KEY)]
    logged = "\n".join(str(vars(record)) for record in caplog.records)
    assert "chatbot.edge" in logged or "edge.py" in logged
    for secret in (KEY, SCOPED_KEY, REVOKED_KEY):
        assert secret not in logged
        assert all(secret not in answer.text for answer in answers)
    assert text not in logged
    assert answers[0].session_key not in logged
