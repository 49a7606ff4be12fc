"""What a user sees once Zammad has refused, and what an adviser reads who takes over."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from switchboard.domain.directory import Region
from switchboard.domain.errors import HelpDeskRefused
from tests.fakes.zammad import Fault
from tests.unit.conversation import DeskInMemory
from worker.answering import BotAnswer
from worker.phrases import LONGEST_TRIED, apology


def is_typing(desk: DeskInMemory) -> bool:
    return desk.read().chatbot_is_typing(desk.clock.now())


@pytest.mark.parametrize("why", ["403", "no token"])
@pytest.mark.parametrize("has_ticket", [True, False])
def test_nobody_is_typing_after_a_refusal(why: str, has_ticket: bool) -> None:
    """The user was told of the error: no answer is on its way; mended, it is again."""
    desk = DeskInMemory()
    if has_ticket:
        desk.send("null")
        desk.work_until_done()
    desk.clock.advance(1)
    desk.zammad.faults = [Fault.REFUSED] if why == "403" else []
    desk.zammad.has_token = why == "403"
    with pytest.raises(HelpDeskRefused):
        desk.send("eins")
    assert not is_typing(desk)
    desk.zammad.has_token = True
    desk.clock.advance(1)
    desk.send("zwei")
    assert is_typing(desk)
    desk.work_until_done()
    assert not is_typing(desk)
    assert desk.ticket[-4:] == ["eins", "zwei", "echo: eins", "echo: zwei"]


def test_nobody_is_typing_after_the_worker_was_refused() -> None:
    """A message that waited for Zammad and was then refused is the operator's."""
    desk = DeskInMemory()
    desk.zammad.faults = [Fault.NOT_SENT]
    desk.send("eins")
    assert is_typing(desk)
    desk.clock.advance(2)
    desk.zammad.faults = [Fault.REFUSED]
    desk.work()
    assert desk.parked
    assert not is_typing(desk)


def briefs(desk: DeskInMemory) -> list[str]:
    (ticket,) = desk.zammad.tickets.values()
    return [a.body for a in ticket.articles if a.internal]


def ask(desk: DeskInMemory, text: str, answer: BotAnswer | None) -> None:
    """The bot fails if it is to give no answer."""

    def answers(region: Region, texts: Sequence[str], language: str, deadline: int) -> BotAnswer:
        if answer is None:
            raise HelpDeskRefused
        return answer

    desk.bot.answer = answers  # type: ignore[method-assign]
    desk.send(text)
    desk.work_until_done()


def test_a_brief_names_what_the_bot_has_answered() -> None:
    """The latest answer before the hand-over, in words; no apology, and no mere farewell."""
    desk = DeskInMemory()
    ask(desk, "Wo?", BotAnswer("Am Bahnhof."))
    ask(desk, "Wann?", BotAnswer("Um <b>neun</b> &amp; um zehn."))
    ask(desk, "Wie?", None)
    ask(desk, "Ein Mensch, bitte", BotAnswer("Ich gebe weiter.", hands_off=True))
    (brief,) = briefs(desk)
    assert brief.endswith("Der Chatbot hat geantwortet: Um neun &amp; um zehn.")
    assert "Letzte Frage: Ein Mensch, bitte" in brief


def test_a_brief_stays_short() -> None:
    """A long answer is cut: the whole of it is in the ticket."""
    desk = DeskInMemory()
    ask(desk, "Wo?", BotAnswer("wort " * 1000))
    ask(desk, "Ein Mensch, bitte", BotAnswer("Ich gebe weiter.", hands_off=True))
    (brief,) = briefs(desk)
    said = brief.rpartition("geantwortet: ")[2]
    assert said.startswith("wort wort")
    assert said.endswith("…")
    assert len(said) <= LONGEST_TRIED


@pytest.mark.parametrize(
    ("farewell", "tried"),
    [("Ich gebe weiter.", "hat geantwortet: Ich gebe weiter."), ("", "hatte keine Antwort.")],
)
def test_a_brief_without_an_earlier_answer(farewell: str, tried: str) -> None:
    """Then the bot's farewell is all there is, or nothing."""
    desk = DeskInMemory()
    ask(desk, "Ein Mensch, bitte", BotAnswer(farewell, hands_off=True))
    (brief,) = briefs(desk)
    assert brief.endswith(tried)
    assert apology("de") not in brief
