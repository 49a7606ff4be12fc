"""One suite for all that stores chatbot sessions: the tests' fake, and DynamoDB by moto."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import boto3
import pytest

from switchboard.adapters.dynamodb_sessions import DynamoDbSessions
from switchboard.domain.conversation import ChatMessage, Role, ToolCall, Usage
from switchboard.domain.ids import ChatbotId, SessionKey
from switchboard.domain.session import TTL_SECONDS, SessionId, Turn, fit_to_store
from switchboard.ports.sessions import SessionRepository
from tests.fakes.clock import NOON
from tests.fakes.sessions import InMemorySessions
from tests.tables import emulated_aws

SESSION = SessionId(ChatbotId("bot1"), SessionKey("a" * 64))


@pytest.fixture(params=["fake", "dynamodb"])
def sessions(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> Iterator[SessionRepository]:
    if request.param == "fake":
        yield InMemorySessions()
        return
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    with emulated_aws():
        client = boto3.client("dynamodb", region_name="eu-central-1")
        keys: Any = (("pk", "HASH"), ("sk", "RANGE"))
        client.create_table(
            TableName="Conversations",
            BillingMode="PAY_PER_REQUEST",
            KeySchema=[{"AttributeName": key, "KeyType": kind} for key, kind in keys],
            AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"} for key, _ in keys],
        )
        yield DynamoDbSessions(client, "Conversations")


def turn(number: int, asked_at: int, text: str = "") -> Turn:
    return Turn(
        key=f"{number:064x}",
        asked_at=asked_at,
        messages=(
            ChatMessage(Role.USER, text or f"Question {number}: «Wo?» 🙂"),
            ChatMessage(Role.ASSISTANT, "", (ToolCall("c1", "hours", '{"inquiry_type":"x"}'),)),
            ChatMessage(Role.TOOL, "9 to 12", tool_call_id="c1"),
            ChatMessage(Role.ASSISTANT, f"Answer {number}"),
        ),
        usage=Usage(10, 5, 15),
        plugins=("hours",),
        terms_matched=("hours",),
    )


def test_an_unknown_session_is_empty(sessions: SessionRepository) -> None:
    """A key that was never used is a session without turns."""
    session = sessions.newest_turns(SESSION, NOON)
    assert session.turns == ()
    assert session.next_time(NOON) == NOON


def test_turns_come_back_whole_and_in_order(sessions: SessionRepository) -> None:
    """What was stored is what is read, ordered by when it was asked, not by when it was stored."""
    first, second, third = (turn(n, NOON + n) for n in (1, 2, 3))
    for stored in (first, third, second):
        sessions.add(SESSION, stored)
    assert sessions.newest_turns(SESSION, NOON + 10).turns == (first, second, third)


def test_two_turns_of_the_same_moment_are_both_kept(sessions: SessionRepository) -> None:
    """Two turns at once on one session: both stored, neither lost."""
    sessions.add(SESSION, turn(1, NOON))
    sessions.add(SESSION, turn(2, NOON))
    assert len(sessions.newest_turns(SESSION, NOON).turns) == 2


def test_a_turn_is_never_overwritten(sessions: SessionRepository) -> None:
    """Storing a turn again, as after a lost answer of the table's, changes nothing."""
    sessions.add(SESSION, turn(1, NOON))
    sessions.add(SESSION, turn(1, NOON, "something else"))
    assert sessions.newest_turns(SESSION, NOON).turns == (turn(1, NOON),)


def test_sessions_belong_to_chatbot_and_key(sessions: SessionRepository) -> None:
    """The same key at another chatbot, or another key at this one, is another session."""
    sessions.add(SESSION, turn(1, NOON))
    for other in (
        SessionId(ChatbotId("bot2"), SESSION.key),
        SessionId(SESSION.chatbot, SessionKey("b" * 64)),
    ):
        assert sessions.newest_turns(other, NOON).turns == ()


def test_expired_turns_are_not_read(sessions: SessionRepository) -> None:
    """After 30 days a turn is gone, whether or not the table has deleted it yet."""
    sessions.add(SESSION, turn(1, NOON))
    last = NOON + TTL_SECONDS * 1000 - 1000
    assert len(sessions.newest_turns(SESSION, last).turns) == 1
    assert sessions.newest_turns(SESSION, last + 1000).turns == ()


def test_a_turn_is_filed_after_all_it_has_seen(sessions: SessionRepository) -> None:
    """A turn that follows another comes after it, even if this machine's clock is behind."""
    sessions.add(SESSION, turn(1, NOON + 5000))
    session = sessions.newest_turns(SESSION, NOON)
    assert session.next_time(NOON) == NOON + 5001


def test_long_sessions_are_read_from_their_end(sessions: SessionRepository) -> None:
    """Of many turns the newest are read, oldest of them first, so that cost does not grow."""
    for number in range(1, 41):
        sessions.add(SESSION, turn(number, NOON + number))
    turns = sessions.newest_turns(SESSION, NOON + 100).turns
    assert [each.asked_at for each in turns] == [NOON + n for n in range(11, 41)]


def test_the_largest_turn_can_be_stored(sessions: SessionRepository) -> None:
    """A turn with more tool results than an item holds is stored without the oldest of them."""
    rounds = [
        message
        for number in range(40)
        for message in (
            ChatMessage(Role.ASSISTANT, "", (ToolCall(f"c{number}", "look_up", "{}"),)),
            ChatMessage(Role.TOOL, "ü" * 8000, tool_call_id=f"c{number}"),
        )
    ]
    question = ChatMessage(Role.USER, "ß" * 16_000)
    answer = ChatMessage(Role.ASSISTANT, "ä" * 20_000)
    large = Turn("f" * 64, NOON, (question, *rounds, answer))
    sessions.add(SESSION, fit_to_store(large))
    (stored,) = sessions.newest_turns(SESSION, NOON).turns
    assert stored.messages[0] == question
    assert stored.messages[-1] == answer
    assert stored.messages[-3:-1] == tuple(rounds[-2:])
