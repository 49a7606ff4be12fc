"""The bot's answer: one for each question, or an apology, and never over a human's head."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from switchboard.domain.chat import QuestionState
from switchboard.domain.errors import AppError
from tests.fakes.zammad import Fault, Late
from tests.unit.conversation import DeskInMemory
from worker.phrases import apology

LOST = [Fault.NOT_SENT, Fault.LOST_REQUEST, Fault.LOST_ANSWER, Late(20)]


@pytest.fixture
def desk() -> DeskInMemory:
    """A user has asked in a ticket, and the job waits for the worker."""
    desk = DeskInMemory()
    desk.send("eins")
    return desk


def act(desk: DeskInMemory, what: str) -> Callable[[], object]:
    """What an adviser may do while the worker is at work."""
    ticket = max(desk.zammad.tickets)
    if what == "answers":
        return lambda: desk.zammad.advise(ticket, "ein Mensch")
    return lambda: setattr(desk.zammad.tickets[ticket], "automatic_answers", False)


@pytest.mark.parametrize("fault", LOST, ids=str)
@pytest.mark.parametrize("drops_message_ids", [False, True])
def test_whatever_becomes_of_the_call_there_is_one_answer(
    fault: Fault | Late, drops_message_ids: bool
) -> None:
    """An answer whose fate is unknown is looked for, and posted again only if it is not there."""
    desk = DeskInMemory(drops_message_ids=drops_message_ids)
    desk.send("eins")
    desk.zammad.write_faults = [fault]
    desk.work_until_done()
    assert desk.ticket == ["eins", "echo: eins"]
    assert desk.bot.asked == [("eins",)]


def test_a_late_answer_is_awaited_from_before_the_look(desk: DeskInMemory) -> None:
    """A look that began too early for an answer to be there does not prove that there is none."""
    desk.zammad.write_faults = [Late(29)]
    desk.work()
    desk.clock.advance(28)
    desk.zammad.seconds_per_call = 4
    desk.work()
    desk.work_until_done()
    assert desk.ticket == ["eins", "echo: eins"]


@pytest.mark.parametrize("what", ["answers", "switches off"])
@pytest.mark.parametrize("moment", ["ticket", "answer"])
def test_a_human_wins_while_the_worker_is_at_work(
    desk: DeskInMemory, what: str, moment: str
) -> None:
    """What an adviser did before the worker's last look at the ticket keeps the bot silent."""
    desk.before_next(moment, act(desk, what))
    desk.work_until_done()
    assert not [body for body in desk.ticket if body.startswith("echo")]
    (question,) = [m.question for m in desk.read().messages if m.question]
    assert question.state is QuestionState.DROPPED


def test_an_answered_question_does_not_silence_the_next(desk: DeskInMemory) -> None:
    """After a human's answer the bot answers what the user asks next."""
    act(desk, "answers")()
    desk.send("zwei")
    desk.work_until_done()
    assert desk.ticket == ["eins", "ein Mensch", "zwei", "echo: zwei"]


def test_the_attribute_counts_without_any_webhook(desk: DeskInMemory) -> None:
    """Automatic answers switched off in the ticket are off, although nobody told us."""
    desk.work_until_done()
    act(desk, "switches off")()
    desk.clock.advance(61)
    desk.read()
    desk.send("zwei")
    desk.work_until_done()
    assert desk.ticket == ["eins", "echo: eins", "zwei"]
    assert not desk.read().chatbot_is_typing(desk.clock.now())


def test_a_webhook_tells_that_automatic_answers_are_off(desk: DeskInMemory) -> None:
    """Once the webhook's job is done, the next message is no question to the bot."""
    desk.work_until_done()
    act(desk, "switches off")()
    ticket = max(desk.zammad.tickets)
    desk.webhook(ticket, desk.zammad.advise(ticket, "ich übernehme"))
    desk.work_until_done()
    message = desk.send("zwei").message
    assert message is not None
    assert message.question is None


def test_a_failing_bot_apologises_once(desk: DeskInMemory) -> None:
    """If the bot has no answer, there is one apology in the user's language, run what may again."""
    job = desk.queue.jobs[0]
    desk.bot.broken = True
    desk.work_until_done()
    desk.run(job)
    assert desk.ticket == ["eins", apology("de")]


def test_a_surprise_leaves_no_lease(desk: DeskInMemory) -> None:
    """After an error nobody foresaw the next try finds the way free."""

    def surprise() -> None:
        raise KeyError("x")

    desk.before_next("answer", surprise)
    with pytest.raises(KeyError):
        desk.work()
    assert desk.work() == []
    assert desk.ticket == ["eins", "echo: eins"]


@pytest.mark.parametrize("drops_message_ids", [False, True])
def test_an_answer_that_was_hidden_is_not_given_again(drops_message_ids: bool) -> None:
    """An answer of unknown fate that an adviser has made internal is recognised, and not shown."""
    desk = DeskInMemory(drops_message_ids=drops_message_ids)
    desk.send("eins")
    desk.zammad.write_faults = [Fault.LOST_ANSWER]
    desk.work()
    (ticket,) = desk.zammad.tickets
    (answer,) = (a for a in desk.zammad.tickets[ticket].articles if a.body == "echo: eins")
    desk.zammad.set_internal(ticket, answer.id, True)
    desk.clock.advance(31)
    desk.work_until_done()
    assert [a.body for a in desk.zammad.tickets[ticket].articles] == ["eins", "echo: eins"]
    assert desk.texts() == ["eins"]


def test_a_second_worker_does_not_answer(desk: DeskInMemory) -> None:
    """While one worker thinks about a question, another leaves it alone."""
    job = desk.queue.jobs[0]
    errors: list[AppError | None] = []
    desk.before_next("answer", lambda: errors.append(desk.run(job)))
    desk.work()
    assert [error.code for error in errors if error] == ["busy"]
    assert desk.bot.asked == [("eins",)]
    assert desk.ticket == ["eins", "echo: eins"]


def test_the_bot_thinks_while_the_request_delivers() -> None:
    """A worker that comes while the user's request delivers answers as soon as that is done."""
    desk = DeskInMemory()
    desk.before_next("create_ticket", desk.work)
    desk.send("eins")
    assert desk.bot.asked == [("eins",)]
    assert desk.work() == []
    assert desk.ticket == ["eins", "echo: eins"]
    assert desk.bot.asked == [("eins",)]


def test_a_ticket_deleted_while_the_bot_thinks_ends_the_chat(desk: DeskInMemory) -> None:
    """Nobody is left to answer to: the job is done and the chat is over."""
    desk.before_next("answer", lambda: desk.zammad.delete(max(desk.zammad.tickets)))
    assert desk.work() == []
    assert desk.queue.jobs == []
    assert desk.chat().ended
