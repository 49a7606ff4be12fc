"""A session of 200 turns, stored in DynamoDB: what a turn costs does not grow with its length.

Counted, not timed: the calls, the items and bytes that come back, and the prompt.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import pytest

from switchboard.adapters.dynamodb_sessions import NEWEST, DynamoDbSessions
from switchboard.domain.conversation import ChatMessage, Completion, Role, message_tokens
from switchboard.domain.directory import Chatbot
from switchboard.domain.ids import ChatbotId, SessionKey
from switchboard.domain.session import TurnRequest
from switchboard.usecases.take_turn import Turns
from switchboard.usecases.tool_rounds import PROMPT_TOKENS
from tests.fakes.clock import HandClock
from tests.fakes.models import ScriptedModel
from tests.functional.watched_dynamodb import Price, priced
from tests.tables import conversations_table

BOT = Chatbot(ChatbotId("b"), "bot", "city", "1234-5678-9012", system_role="You help.")
KEY = SessionKey("5e" * 32)
TURNS = 200
SHORT, LONG = 100, 4_000
"""Characters of a question, and of its answer; ten long turns are more than a prompt takes."""


class Cost(NamedTuple):
    price: Price
    prompt: int
    """Estimated tokens that the model was given to read."""


@dataclass
class Session:
    costs: list[Cost]

    def turn(self, number: int) -> Cost:
        """Counted from 1, as people do."""
        return self.costs[number - 1]


def session_of(answer: int) -> Session:
    """As many turns as there are to be, each of the same size."""
    clock = HandClock()
    model = ScriptedModel(Completion("a" * answer, model="m"))
    turns = Turns(model, clock)
    costs = []
    with conversations_table() as (client, table):
        sessions = DynamoDbSessions(client, table)
        for number in range(TURNS):
            clock.advance(1_000)
            question = ChatMessage(Role.USER, f"{number:04} " + "q" * answer)
            key = f"{number:064}"
            request = TurnRequest(key, KEY, (question,), clock.now() + 25_000)
            with priced(client) as price:
                turns.take(sessions, BOT, request)
            prompt = model.requests[-1].messages
            costs.append(Cost(price, sum(map(message_tokens, prompt))))
            model.requests.clear()
    return Session(costs)


@pytest.fixture(scope="module")
def chatty() -> Session:
    return session_of(SHORT)


@pytest.fixture(scope="module")
def wordy() -> Session:
    return session_of(LONG)


@pytest.mark.parametrize("kind", ["chatty", "wordy"])
def test_every_turn_is_one_read_and_one_write(kind: str, request: pytest.FixtureRequest) -> None:
    """The last turn of 200 makes the calls that the tenth makes, and that all others make."""
    session: Session = request.getfixturevalue(kind)
    assert {tuple(cost.price.operations) for cost in session.costs} == {("Query", "PutItem")}


def test_a_full_prompt_stays_as_it_is(wordy: Session) -> None:
    """Where ten turns fill the prompt, the last turn's prompt is the tenth's, to the token."""
    assert wordy.turn(10).prompt > 0.8 * PROMPT_TOKENS
    assert wordy.turn(TURNS).prompt == wordy.turn(10).prompt <= PROMPT_TOKENS


@pytest.mark.parametrize("kind", ["chatty", "wordy"])
def test_what_is_read_does_not_grow(kind: str, request: pytest.FixtureRequest) -> None:
    """Once there are more turns than are read, each costs the same items, bytes and prompt."""
    session: Session = request.getfixturevalue(kind)
    first_full = NEWEST + 2
    flat = session.turn(first_full)
    assert flat.price.items == NEWEST
    for number in range(first_full, TURNS + 1):
        assert session.turn(number) == flat


def test_short_turns_are_read_for_next_to_nothing(chatty: Session) -> None:
    """More of them are read than of ten turns, but all are less than one long turn may be."""
    last = chatty.turn(TURNS)
    assert last.price.read < 32_000
    assert last.prompt < PROMPT_TOKENS // 4
