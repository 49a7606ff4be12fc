"""A translation names the message it translates, by whatever way the chat came to know of both."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from typing import Any

import pytest

from switchboard.adapters.chat_documents import dump_chat, load_chat
from switchboard.domain.chat import Sender
from switchboard.domain.ids import ArticleId
from switchboard.domain.jobs import ArticleJob
from switchboard.domain.ticket import ArticleDraft
from tests.fakes.translation import Dictionary
from tests.unit.conversation import REGION, DeskInMemory
from userchat.view import chat_document

ADVISERS = replace(REGION, default_language="en", answer_service=None, sync_seconds=1)


class Crash(BaseException):
    """The process ends here."""


class Desk(DeskInMemory):
    """Users write German, advisers English. The user has said hello, and was answered."""

    def __init__(self, *, drops_message_ids: bool = False) -> None:
        super().__init__(ADVISERS, translator=Dictionary(), drops_message_ids=drops_message_ids)
        self.send("Hallo")
        self.work_until_done()

    def advise(self, text: str) -> ArticleJob:
        (number,) = self.zammad.tickets
        article = self.zammad.advise(number, text)
        return ArticleJob(self.chat().key, number, ArticleId(article.id), True)

    def messages(self, after: str | None = None) -> list[dict[str, Any]]:
        """What the API shows now, once nothing of it is older than a second."""
        self.clock.advance(2)
        chat = self.read()
        stored = load_chat(chat.key, chat.version, dump_chat(chat))
        documents: list[dict[str, Any]] = chat_document(
            stored, self.region, self.clock.now(), after=after
        )["messages"]
        return documents

    def pairs(self) -> list[tuple[str, str]]:
        """Each translation with what it names."""
        shown = self.messages()
        texts = {message["id"]: message["content"] for message in shown}
        return [
            (message["content"], texts[message["translation_of"]])
            for message in shown
            if "translation_of" in message
        ]


@pytest.mark.parametrize("drops_message_ids", [False, True])
def test_each_translation_names_its_original(drops_message_ids: bool) -> None:
    """Two advisers' messages and a question between them: every pair is right, nothing else has
    the key."""
    desk = Desk(drops_message_ids=drops_message_ids)
    first, second = desk.advise("Leaflet"), desk.advise("Office")
    desk.run(second)
    desk.send("Danke")
    desk.work_until_done()
    desk.run(first)
    assert sorted(desk.pairs()) == [("[de] Leaflet", "Leaflet"), ("[de] Office", "Office")]
    keys = {frozenset(m) for m in desk.messages() if "translation_of" not in m}
    assert len(keys) == 1
    assert list(desk.messages()[-1])[:-1] == list(desk.messages()[0])


@pytest.mark.parametrize("crash_after", range(10))
def test_a_translation_read_before_it_is_recorded_has_its_key(crash_after: int) -> None:
    """The worker died somewhere; a poll that finds the article knows it, and so does a retry."""
    desk = Desk()
    job = desk.advise("Leaflet")
    left = [crash_after]

    def step(call: str) -> None:
        left[0] -= 1
        if left[0] < 0:
            raise Crash

    desk.before_call(step)
    with suppress(Crash):
        desk.run(job)
    desk.before_call()
    is_written = "[de] Leaflet" in desk.ticket
    assert desk.pairs() == ([("[de] Leaflet", "Leaflet")] if is_written else [])
    desk.queue.jobs.append(job)
    desk.clock.advance(130)
    desk.work_until_done()
    assert desk.pairs() == [("[de] Leaflet", "Leaflet")]
    assert desk.ticket.count("[de] Leaflet") == 1


def test_a_webhook_brings_both_at_once() -> None:
    """A reading of the ticket that finds original and translation together knows the pair, and
    what was translated so is not translated again."""
    desk = Desk()
    (number,) = desk.zammad.tickets
    original = desk.zammad.advise(number, "Leaflet")
    desk.zammad.create_article(number, _translation(original.id))
    desk.webhook(number, original)
    desk.work_until_done()
    assert desk.pairs() == [("[de] Leaflet", "Leaflet")]
    assert desk.ticket.count("[de] Leaflet") == 1


def test_another_ticket_merged_into_the_chats_own() -> None:
    """Its messages come with their translations, and the pairs stay pairs."""
    desk = Desk()
    (number,) = desk.zammad.tickets
    other = desk.zammad._open(desk.zammad.tickets[number].draft)
    original = desk.zammad.advise(other, "Opening hours")
    desk.zammad.create_article(other, _translation(original.id, "[de] Opening hours"))
    moved = desk.zammad.tickets.pop(other).articles
    desk.zammad.tickets[number].articles += [replace(a, ticket_id=number) for a in moved]
    assert desk.pairs() == [("[de] Opening hours", "Opening hours")]


def test_a_merged_ticket_leaves_nothing_behind() -> None:
    """The chat that follows a merged one has the key for its own translations only."""
    desk = Desk()
    desk.run(desk.advise("Leaflet"))
    desk.zammad.merge(next(iter(desk.zammad.tickets)))
    desk.send("Neu")
    desk.work_until_done()
    newest = max(desk.zammad.alive)
    article = desk.zammad.advise(newest, "Office")
    desk.run(ArticleJob(desk.chat().key, newest, article.id, True))
    assert desk.pairs() == [("[de] Office", "Office")]


@pytest.mark.parametrize("is_deleted", [True, False], ids=["deleted", "made internal"])
def test_no_key_without_an_original(is_deleted: bool) -> None:
    """An adviser takes the original away: its translation names nothing that is not there."""
    desk = Desk()
    job = desk.advise("Leaflet")
    desk.run(job)
    (ticket,) = desk.zammad.tickets.values()
    if is_deleted:
        ticket.articles = [a for a in ticket.articles if a.id != job.article]
    else:
        desk.zammad.set_internal(job.ticket, job.article, True)
    assert desk.pairs() == []
    assert desk.messages()[-1]["content"] == "[de] Leaflet"


def test_nobody_else_can_claim_it() -> None:
    """A marker in an adviser's or a customer's article, or one that is no number, says nothing."""
    desk = Desk()
    (number,) = desk.zammad.tickets
    original = desk.zammad.advise(number, "Leaflet")
    fake = _translation(original.id)
    for draft in (
        replace(fake, subject=""),
        replace(fake, sender=Sender.CUSTOMER),
        replace(fake, message_id="<translation.x@switchboard>"),
        replace(fake, message_id=f"<translation.{original.id}@elsewhere>"),
    ):
        desk.zammad.create_article(number, draft)
    desk.messages()
    desk.queue.jobs.clear()
    assert desk.pairs() == []


def test_newer_messages_alone_name_what_the_app_has_already() -> None:
    """`after` the original, the translation still names it."""
    desk = Desk()
    job = desk.advise("Leaflet")
    desk.run(job)
    (message,) = desk.messages(after=str(job.article))
    assert message["translation_of"] == job.article


def _translation(original: int, body: str = "[de] Leaflet") -> ArticleDraft:
    """As the bridge writes it."""
    return ArticleDraft(
        Sender.AGENT,
        "automatically generated message",
        body,
        f"<translation.{original}@switchboard>",
    )
