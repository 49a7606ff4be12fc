"""Notes, briefs and translations: each exactly once, with the process ending between any two I/O
calls; and what becomes of a chat whose ticket is emptied."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from threading import Event
from typing import Any

import pytest

from switchboard.domain.chat import Chat, Sender
from switchboard.domain.directory import Region
from switchboard.domain.errors import AppError, ChatNotFound, ModelFailed
from switchboard.domain.ids import ArticleId
from switchboard.domain.jobs import ArticleJob
from switchboard.domain.ticket import AUTOMATIC_SUBJECT, ArticleDraft
from tests.fakes.translation import Dictionary
from tests.fakes.zammad import Fault
from tests.unit.conversation import REGION, DeskInMemory
from worker.answering import BotAnswer
from worker.phrases import APOLOGIES, apology
from worker.translating import Translating

ENGLISH_ADVISERS = replace(REGION, default_language="en")
MOST_CALLS = 40


class Crash(BaseException):
    """The process ends here."""


@dataclass
class Bot:
    hands_off: bool = False
    asked: int = 0

    def answer(
        self, region: Region, texts: Sequence[str], language: str, deadline: int
    ) -> BotAnswer:
        self.asked += 1
        return BotAnswer(f"echo: {texts[-1]}", self.hands_off)


class Desk(DeskInMemory):
    """Users write German, advisers English; the worker translates."""

    def __init__(self, *, hands_off: bool = False, drops_message_ids: bool = False) -> None:
        super().__init__(ENGLISH_ADVISERS, drops_message_ids=drops_message_ids)
        self.speaker, self.dictionary = Bot(hands_off), Dictionary()
        logger = logging.getLogger("tests")
        translating = Translating(self.chats, self.dictionary, self.clock, logger)
        answers = replace(self.run_job.answers, bot=self.speaker, translating=translating)
        self.run_job = replace(self.run_job, answers=answers, translating=translating)
        self._save: Callable[[Chat], Chat] = self.chats.save

    def crash_after(self, calls: int | None) -> None:
        """Of the calls that change or read something, the next but so many ends the process."""
        left = [calls]

        def step(call: str) -> None:
            if left[0] is not None:
                left[0] -= 1
                if left[0] < 0:
                    raise Crash

        def save(chat: Chat) -> Chat:
            step("save")
            saved = self._save(chat)
            step("saved")
            return saved

        self.zammad.before_call = step
        self.chats.save = save  # type: ignore[method-assign]

    def settle(self) -> None:
        """Zammad and the worker are well again, and time passes."""
        self.crash_after(None)
        for _ in range(8):
            for job in list(self.queue.jobs):
                if self.run(job) is None:
                    self.queue.jobs.remove(job)
            self.clock.advance(130)
        assert not self.queue.jobs

    def written(self) -> Counter[tuple[str, bool]]:
        """Body and internal of every automatic article, counted."""
        (ticket,) = self.zammad.tickets.values()
        return Counter(
            (a.body.split("<br>")[0], a.internal)
            for a in ticket.articles
            if a.subject == AUTOMATIC_SUBJECT
        )

    def advise(self, text: str) -> ArticleJob:
        (number,) = self.zammad.tickets
        article = self.zammad.advise(number, text)
        return ArticleJob(self.read().key, number, ArticleId(article.id), True)


BRIEF = "The chatbot hands this chat over to you. It no longer answers automatically."


@pytest.mark.parametrize("drops_message_ids", [False, True])
@pytest.mark.parametrize("crash_after", range(MOST_CALLS))
def test_hand_over_survives_every_crash(crash_after: int, drops_message_ids: bool) -> None:
    """Answer, note and brief are in the ticket once each, the attribute is off, then silence."""
    desk = Desk(hands_off=True, drops_message_ids=drops_message_ids)
    desk.send("Hallo")
    desk.crash_after(crash_after)
    try:
        desk.run(desk.queue.jobs[0])
    except Crash:
        pass
    else:
        assert crash_after > 8
    desk.settle()
    assert desk.written() == {("echo: Hallo", False): 1, ("[en] Hallo", True): 1, (BRIEF, True): 1}
    (ticket,) = desk.zammad.tickets.values()
    assert ticket.automatic_answers is False
    assert desk.read().automatic_answers is False
    asked = desk.speaker.asked
    desk.send("Noch da?")
    desk.settle()
    assert desk.speaker.asked == asked


@pytest.mark.parametrize("drops_message_ids", [False, True])
@pytest.mark.parametrize("crash_after", range(16))
def test_translation_survives_every_crash(crash_after: int, drops_message_ids: bool) -> None:
    """An adviser's answer is translated once and shown once, two workers at it or one."""
    desk = Desk(drops_message_ids=drops_message_ids)
    desk.send("Hallo")
    desk.settle()
    job = desk.advise("See leaflet")
    desk.queue.jobs += [job, job]
    desk.crash_after(crash_after)
    with suppress(Crash):
        desk.run(job)
    desk.settle()
    assert desk.written()["[de] See leaflet", False] == 1
    assert desk.texts()[-2:] == ["See leaflet", "[de] See leaflet"]


@pytest.mark.parametrize("fault", [Fault.NOT_SENT, Fault.LOST_REQUEST, Fault.LOST_ANSWER])
@pytest.mark.parametrize("place", range(6))
def test_notes_survive_every_fault(fault: Fault, place: int) -> None:
    """Whichever call to Zammad fails, and how, everything is there once in the end."""
    desk = Desk(hands_off=True)
    desk.send("Hallo")
    desk.zammad.faults = [*[None] * place, fault]
    desk.settle()
    assert desk.written() == {("echo: Hallo", False): 1, ("[en] Hallo", True): 1, (BRIEF, True): 1}


def test_two_workers_translate_once() -> None:
    """While one posts, the other does not post the same."""
    desk = Desk()
    desk.send("Hallo")
    desk.settle()
    job = desk.advise("See leaflet")
    entered: list[str] = []

    def second(call: str) -> None:
        if call == "create_article" and not entered:
            entered.append(call)
            desk.run(job)

    desk.zammad.before_call = second
    desk.run(job)
    assert entered
    desk.settle()
    assert desk.written()["[de] See leaflet", False] == 1


def test_a_human_is_faster_than_the_hand_over() -> None:
    """If an adviser has answered meanwhile, there is no bot text, no brief and no switching."""
    desk = Desk(hands_off=True)
    desk.send("Hallo")
    desk.advise("I am here")
    desk.settle()
    assert desk.written() == {("[en] Hallo", True): 1}
    (ticket,) = desk.zammad.tickets.values()
    assert ticket.automatic_answers is True


def test_a_translation_that_fails_for_a_while_is_made_later() -> None:
    """A failure that may pass is tried again; the original is shown meanwhile."""
    desk = Desk()
    desk.send("Hallo")
    desk.settle()
    job = desk.advise("See leaflet")
    desk.dictionary.failures = [ModelFailed()]
    assert isinstance(desk.run(job), ModelFailed)
    assert desk.texts()[-1] == "See leaflet"
    assert desk.run(job) is None
    assert desk.texts()[-1] == "[de] See leaflet"


def test_a_translation_that_never_works_is_given_up() -> None:
    """After a quarter of an hour the original has to do, and the job is done."""
    desk = Desk()
    desk.send("Hallo")
    desk.settle()
    job = desk.advise("See leaflet")
    desk.clock.advance(901)
    desk.dictionary.failures = [ModelFailed()]
    assert desk.run(job) is None
    assert desk.run(job) is None
    assert desk.texts()[-1] == "See leaflet"


@pytest.mark.parametrize("state", ["merged", "open"])
def test_an_emptied_ticket_never_empties_a_chat(state: str) -> None:
    """Merged away, the chat is over and says so; emptied otherwise, it stays as it was."""
    desk = Desk()
    desk.send("Hallo")
    desk.settle()
    before = desk.texts()
    (ticket,) = desk.zammad.tickets.values()
    remark = ArticleDraft(Sender.AGENT, "", "merged", "")
    ticket.articles = []
    desk.zammad._add(next(iter(desk.zammad.tickets)), remark, "ayla@example.org")
    ticket.state = state
    desk.clock.advance(120)
    if state == "open":
        assert desk.texts() == before
        calls = len(desk.zammad.calls)
        desk.clock.advance(30)
        assert desk.texts() == before
        assert len(desk.zammad.calls) == calls
        return
    with pytest.raises(ChatNotFound):
        desk.read()
    desk.send("Neu")
    desk.settle()
    assert desk.texts()[0] == "Neu"
    assert len(desk.zammad.tickets) == 2


def test_a_question_survives_an_emptied_ticket() -> None:
    """The bot's own reading of such a ticket takes nothing from the chat, the question least."""
    desk = Desk()
    desk.send("Hallo")
    (ticket,) = desk.zammad.tickets.values()
    ticket.articles = []
    (number,) = desk.zammad.tickets
    desk.zammad.advise(number, "a remark", internal=True)
    desk.settle()
    assert desk.texts()[:2] == ["Hallo", "echo: Hallo"]


def test_nobody_switches_the_bot_on_while_it_hands_over() -> None:
    """Until the ticket says so as well, its attribute is not taken for an agent's decision."""
    desk = Desk(hands_off=True)
    desk.send("Hallo")

    def dies(call: str) -> None:
        if call == "update_ticket":
            raise Crash

    desk.zammad.before_call = dies
    with pytest.raises(Crash):
        desk.run(desk.queue.jobs[0])
    desk.zammad.before_call = lambda call: None
    (number,) = desk.zammad.tickets
    desk.run(ArticleJob(desk.read().key, number, ArticleId(0), True))
    assert desk.read().automatic_answers is False
    desk.settle()
    desk.zammad.tickets[number].automatic_answers = True
    desk.run(ArticleJob(desk.read().key, number, ArticleId(0), True))
    assert desk.read().automatic_answers is True


def test_who_loses_the_race_to_announce_does_not_post() -> None:
    """Another worker was faster by one write, and its outcome is unknown: nothing is repeated."""
    desk = Desk()
    desk.send("Hallo")
    desk.settle()
    job = desk.advise("See leaflet")
    desk.read()
    save, entered = desk.chats.save, list[str]()

    def faster(chat: Chat) -> Chat:
        if not entered and any(p.attempted_at for p in chat.postings):
            entered.append("save")
            desk.zammad.faults = [Fault.LOST_ANSWER]
            desk.run(job)
        return save(chat)

    desk.chats.save = faster  # type: ignore[method-assign]
    assert isinstance(desk.run(job), AppError)
    assert entered
    desk.queue.jobs.append(job)
    desk.settle()
    assert desk.written()["[de] See leaflet", False] == 1


def test_an_apology_in_every_language_of_the_interface() -> None:
    """The ten languages of the interface have apologies of their own."""
    languages = ("ar", "fa", "uk", "ru", "tr", "ti", "fr", "es", "en", "de")
    assert len({apology(language) for language in languages}) == len(languages)
    assert set(languages) <= set(APOLOGIES)


def test_a_slow_translation_holds_no_answer_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """The user has the answer while the advisers' note is still being made; it follows."""
    monkeypatch.setattr("worker.answering.GRACE_SECONDS", 0.01)
    desk, answered = Desk(), Event()
    translate = desk.dictionary.translate

    def slow(region: Region, text: str, **about: Any) -> str:
        if not answered.wait(5):
            raise ModelFailed
        return translate(region, text, **about)

    monkeypatch.setattr(desk.dictionary, "translate", slow)
    desk.send("Hallo")
    desk.zammad.before_call = lambda call: answered.set() if call == "create_article" else None
    desk.run(desk.queue.jobs[0])
    (ticket,) = desk.zammad.tickets.values()
    assert [a.body for a in ticket.articles] == ["Hallo", "echo: Hallo", "[en] Hallo"]
    desk.settle()
    assert desk.written() == {("echo: Hallo", False): 1, ("[en] Hallo", True): 1}


def test_a_note_that_is_made_public_is_translated() -> None:
    """Also within the minutes in which the queue drops what it was sent before."""
    desk = DeskInMemory(ENGLISH_ADVISERS, translator=Dictionary())
    desk.send("eins")
    desk.work_until_done()
    (ticket,) = desk.zammad.tickets
    desk.zammad.tickets[ticket].automatic_answers = False
    note = desk.zammad.advise(ticket, "Monday", internal=True)
    desk.webhook(ticket, note)
    desk.work()
    desk.zammad.set_internal(ticket, note.id, False)
    desk.webhook(ticket, replace(note, internal=False))
    desk.work()
    assert "[de] Monday" in desk.zammad.bodies(ticket)
