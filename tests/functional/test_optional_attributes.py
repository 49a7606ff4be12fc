"""A help desk whose tickets have no attributes of their own (contracts/zammad.md): each is
optional."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.functional.desk_world import DeskWorld, desk_world, webhook_payload

HUMAN = "Ich möchte mit einem Menschen sprechen"
EVERY_WORD = {"missing": {}, "null": {"automatic_answers": None}}


@pytest.fixture
def desk(monkeypatch: pytest.MonkeyPatch) -> Iterator[DeskWorld]:
    with desk_world(monkeypatch, attributes=()) as world:
        yield world


def tell(desk: DeskWorld, word: str, text: str) -> None:
    """An adviser writes, and Zammad tells of it."""
    article = desk.simulator.answer(desk.ticket, text)
    payload = webhook_payload(desk.ticket, article)
    del payload["ticket"]["automatic_answers"]
    payload["ticket"] |= EVERY_WORD[word]
    assert desk.webhook(payload).status == 200
    desk.work()


@pytest.mark.parametrize("word", EVERY_WORD)
def test_a_hand_over_holds(desk: DeskWorld, word: str) -> None:
    """Nothing that the ticket does not say switches the bot on again, whoever reads it."""
    desk.say(HUMAN)
    desk.work()
    tell(desk, word, "Guten Tag, ich bin da.")
    before = desk.articles()
    desk.say("Danke!")
    desk.work()
    assert desk.articles() == [*before, ("Customer", "Danke!")]
    desk.later(3601)
    desk.say("Noch etwas")
    desk.work()
    assert desk.articles() == [*before, ("Customer", "Danke!"), ("Customer", "Noch etwas")]


def test_a_hand_over_holds_for_a_question_asked_before(desk: DeskWorld) -> None:
    """A question that waited while the bot handed over is nobody's but the adviser's."""
    desk.say(HUMAN)
    desk.say("Sind Sie da?")
    desk.work()
    (said,) = [body for sender, body in desk.articles() if sender == "Agent"]
    assert "Ich habe die Beratung informiert." in said


def test_a_chat_begins_with_the_bot(desk: DeskWorld) -> None:
    """Without the attribute automatic answers are on, before an adviser's answer and after it."""
    for question in ("eins", "zwei"):
        desk.say(question)
        desk.work()
        assert desk.articles()[-1][0] == "Agent"
        tell(desk, "missing", "Ich lese mit.")
