"""Answering a user's question: one answer or one apology, and never over a human's head.

The text is stored before it is posted, so that a retry posts the same text and asks the model
only once. Before it is posted the ticket is read again: the bot has to own the chat still.
"""

from __future__ import annotations

from collections.abc import Sequence, Set
from dataclasses import dataclass, replace
from typing import Protocol

from switchboard.domain.articles import (
    add_answer,
    answer_article,
    known_articles,
    merge_articles,
    to_html,
)
from switchboard.domain.chat import Chat, Lease, Message, Question, QuestionState, is_held
from switchboard.domain.directory import Region
from switchboard.domain.errors import AppError, Busy, HelpDeskUnavailable
from switchboard.domain.ids import ArticleId, MessageId
from switchboard.domain.ticket import Article
from switchboard.ports.chats import ChatRepository
from switchboard.ports.clock import Clock, IdSource
from switchboard.ports.zammad import ZammadConnector
from switchboard.usecases.changing import change
from switchboard.usecases.delivery_run import SETTLE_MS
from worker.phrases import apology

LEASE_MS = 100_000
"""Longer than the worker may run, so that a second one never posts beside it."""
ANSWER_MS = 50_000
"""How long the bot is given; the user is promised an answer or an apology within a minute."""


@dataclass(slots=True)
class _Reading:
    """What the ticket says, and when the reading of it began."""

    began_at: int
    known: Set[ArticleId]
    articles: Sequence[Article] = ()
    bot_may_speak: bool = True


class Bot(Protocol):
    def answer(self, region: Region, texts: Sequence[str], language: str, deadline: int) -> str:
        """The answer to the last of the user's texts, as HTML. Raises `AppError` if it has none."""
        ...


@dataclass(frozen=True, slots=True)
class AnswerQuestion:
    """`settle_ms` is how long a write with unknown outcome may still turn up in Zammad."""

    chats: ChatRepository
    zammad: ZammadConnector
    bot: Bot
    clock: Clock
    ids: IdSource
    settle_ms: int = SETTLE_MS

    def claim(self, chat: Chat, holder: str) -> Chat:
        """Takes the lease on this chat's answers. Raises `Busy` if another worker has it."""

        def claimed(stored: Chat) -> Chat:
            now = self.clock.now()
            if is_held(stored.answering, now, by_other_than=holder):
                raise Busy
            return replace(stored, answering=Lease(holder, now + LEASE_MS))

        return change(self.chats, chat, claimed)

    def release(self, chat: Chat, holder: str) -> Chat:
        """Gives the lease back, if it is still the holder's."""

        def released(stored: Chat) -> Chat:
            if stored.answering is None or stored.answering.holder != holder:
                return stored
            return replace(stored, answering=None)

        return change(self.chats, chat, released)

    def prepare(self, region: Region, chat: Chat, message_id: MessageId) -> Chat:
        """Asks the bot and stores what it says, or the apology, unless that was done already.

        Needs the lease, but no ticket.
        """
        message, question = owed(chat, message_id)
        if message is None or question is None or question.state is not QuestionState.OPEN:
            return chat
        if _is_out_of_hand(chat, message):
            return self._file(chat, message_id, state=QuestionState.DROPPED)
        texts = chat.questions_up_to(message)
        try:
            deadline = self.clock.now() + ANSWER_MS
            body = self.bot.answer(region, texts, chat.language, deadline)
        except AppError:
            body = to_html(apology(chat.language))
        return self._file(chat, message_id, state=QuestionState.READY, answer=body)

    def post(self, region: Region, chat: Chat, message_id: MessageId, holder: str) -> Chat:
        """Posts the stored answer, unless it is in the ticket already or a human was faster.

        Gives the lease back in its last write. Raises `HelpDeskUnavailable`, also while the
        message itself is not in a ticket.
        """
        if owed(chat, message_id)[0] is None:
            return self.release(chat, holder)
        if chat.ticket_id is None:
            raise HelpDeskUnavailable("The question is not in a ticket yet.")
        ticket, gateway = chat.ticket_id, self.zammad.for_region(region)
        reading = _Reading(self.clock.now(), known_articles(chat))
        reading.articles = gateway.articles(ticket)
        reading.bot_may_speak = gateway.answers_automatically(ticket)
        chat = change(self.chats, chat, lambda c: self._decide(c, message_id, reading))
        message, question = owed(chat, message_id)
        if message is None or question is None:
            return self.release(chat, holder)
        try:
            article = gateway.create_article(ticket, answer_article(message))
        except HelpDeskUnavailable as error:
            if not error.maybe_done:
                self._file(chat, message_id, state=QuestionState.READY, answer=question.answer)
            raise

        def answered(stored: Chat) -> Chat:
            return replace(add_answer(stored, message_id, article), answering=None)

        return change(self.chats, chat, answered)

    def _decide(self, stored: Chat, message_id: MessageId, reading: _Reading) -> Chat:
        """The ticket as just read, and the question dropped or announced as being posted."""
        chat = merge_articles(
            replace(stored, automatic_answers=reading.bot_may_speak),
            reading.articles,
            known=reading.known,
            new_token=self.ids.token,
            read_at=reading.began_at,
        )
        message, question = owed(chat, message_id)
        if message is None or question is None:
            return chat
        if _is_out_of_hand(chat, message):
            return chat.amend(message_id, question=replace(question, state=QuestionState.DROPPED))
        attempted_at = question.attempted_at
        if attempted_at is not None and reading.began_at - attempted_at < self.settle_ms:
            raise HelpDeskUnavailable("An earlier attempt may still be under way.")
        return chat.amend(message_id, question=replace(question, attempted_at=self.clock.now()))

    def _file(
        self, chat: Chat, message_id: MessageId, *, state: QuestionState, answer: str = ""
    ) -> Chat:
        """Stores where the question stands, unless it is settled by now."""

        def filed(stored: Chat) -> Chat:
            _, question = owed(stored, message_id)
            if question is None:
                return stored
            return stored.amend(message_id, question=Question(question.asked_at, state, answer))

        return change(self.chats, chat, filed)


def owed(chat: Chat, message_id: MessageId) -> tuple[Message, Question] | tuple[None, None]:
    """The message and its question, if that still waits for an answer."""
    message = chat.message(message_id)
    if message is None or message.question is None or not message.question.is_owed:
        return None, None
    return message, message.question


def _is_out_of_hand(chat: Chat, message: Message) -> bool:
    """The bot no longer owns the chat, or a human has answered: its word would be one too many."""
    return not chat.automatic_answers or chat.human_answered_since(message)
