"""An adviser answers and closes the ticket while the user writes on: nobody writes unheard."""

from __future__ import annotations

from dataclasses import replace

import pytest

from switchboard.domain.ids import ArticleId
from switchboard.domain.jobs import ArticleJob
from tests.unit.conversation import REGION, DeskInMemory

NO_BOT = replace(REGION, chatbot=None)


@pytest.mark.parametrize("first", ["closing", "answer"])
def test_what_the_user_writes_after_a_closing_opens_the_ticket(first: str) -> None:
    """In whichever order the webhooks of the closing and of the answer before it are worked off."""
    desk = DeskInMemory(NO_BOT)
    desk.send("eins")
    desk.work_until_done()
    (ticket,) = desk.zammad.tickets
    answer = desk.zammad.advise(ticket, "human answer")
    desk.zammad.close(ticket)
    desk.send("zwei")
    desk.work_until_done()
    assert desk.zammad.tickets[ticket].closed, "an article over REST opens no ticket"
    key = desk.chat().key
    closing = ArticleJob(key, ticket, ArticleId(0), automatic_answers=True, closed=True)
    about_answer = ArticleJob(key, ticket, answer.id, automatic_answers=True, closed=True)
    for job in (closing, about_answer) if first == "closing" else (about_answer, closing):
        desk.queue.send(job)
        desk.work_until_done()
    assert not desk.zammad.tickets[ticket].closed


def test_the_bot_hears_an_adviser_who_answers_while_it_opens_the_ticket() -> None:
    """What the ticket says once it is open counts, not what it said when it was found closed."""
    desk = DeskInMemory()
    desk.send("eins")
    desk.work_until_done()
    (ticket,) = desk.zammad.tickets
    desk.zammad.close(ticket)
    desk.send("zwei")
    desk.before_next("update_ticket", lambda: desk.zammad.advise(ticket, "human answer"))
    desk.work_until_done()
    assert "echo: zwei" not in desk.zammad.bodies(ticket)
