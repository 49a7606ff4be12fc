"""Answering a user's question: one answer or one apology, and never over a human's head.

The text is stored before it is posted, so that a retry posts the same text and asks the model
only once. Before it is posted the ticket is read again: the bot has to own the chat still. The
ticket tells which articles it has; they are read only if one of them is not known here.
"""

from __future__ import annotations

from collections.abc import Sequence, Set
from dataclasses import dataclass, replace
from typing import Protocol

from switchboard.domain.articles import (
    add_answer,
    answer_article,
    known_articles,
    lacks_messages,
    merge_articles,
    to_html,
)
from switchboard.domain.chat import Chat, Lease, Message, Question, QuestionState, is_held
from switchboard.domain.directory import Region
from switchboard.domain.errors import AppError, Busy, HelpDeskUnavailable
from switchboard.domain.ids import ArticleId, MessageId, TicketId
from switchboard.domain.notes import (
    bot_is_on,
    brief_key,
    posted_articles,
    settle_posting,
    with_posting,
)
from switchboard.domain.postings import Posting
from switchboard.domain.ticket import Article, Ticket
from switchboard.ports.chats import ChatRepository
from switchboard.ports.clock import Clock, IdSource
from switchboard.ports.log import Logger
from switchboard.ports.zammad import ZammadConnector, ZammadGateway
from switchboard.usecases.changing import change
from switchboard.usecases.delivery_run import SETTLE_MS
from worker.phrases import APOLOGIES, apology, brief, in_brief
from worker.ticket_state import TicketMerged, open_again
from worker.translating import Translating

LEASE_MS = 100_000
"""Longer than the worker may run, so that a second one never posts beside it."""
GRACE_SECONDS = 2.0
"""How long an answer waits for the translation of its question, which else comes after it."""
ANSWER_MS = 50_000
"""How long the bot is given; the user is promised an answer or an apology within a minute."""


@dataclass(slots=True)
class _Reading:
    """What the ticket says, and when the reading of it began.

    `articles` is None if the ticket has none that is not known.
    """

    began_at: int
    known: Set[ArticleId]
    ticket: Ticket
    articles: Sequence[Article] | None = None


@dataclass(frozen=True, slots=True)
class BotAnswer:
    """`body` is HTML, empty only if the bot hands off without a word of its own."""

    body: str
    hands_off: bool = False


class Bot(Protocol):
    def answer(
        self, region: Region, texts: Sequence[str], language: str, deadline: int
    ) -> BotAnswer:
        """The answer to the last of the user's texts. Raises `AppError` if it has none."""
        ...


@dataclass(frozen=True, slots=True)
class AnswerQuestion:
    chats: ChatRepository
    zammad: ZammadConnector
    bot: Bot
    clock: Clock
    ids: IdSource
    logger: Logger
    translating: Translating

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
        if _out_of_hand(chat, message):
            chat = self._file(chat, message_id, state=QuestionState.DROPPED)
            return self._note_drop(region, chat, message_id)
        making = self.translating.begin_note(region, chat, message)
        deadline = self.clock.now() + ANSWER_MS
        reply = self._ask(region, chat, message, deadline)
        note = making.outcome(GRACE_SECONDS)
        handing = _brief(region, chat, message, reply) if reply.hands_off else None
        return self._file(
            chat,
            message_id,
            state=QuestionState.READY,
            reply=reply,
            postings=tuple(posting for posting in (note, handing) if posting is not None),
        )

    def _ask(self, region: Region, chat: Chat, message: Message, deadline: int) -> BotAnswer:
        """The bot's answer; an apology where there is none, so that nobody waits in vain."""
        texts, language = chat.questions_up_to(message), chat.language_of(message)
        try:
            reply = self.bot.answer(region, texts, language, deadline)
        except AppError:
            reply = BotAnswer("")
        return reply if reply.body else replace(reply, body=to_html(apology(language)))

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
        reading = self._read(gateway, chat, ticket)
        if reading.ticket.is_merged:
            raise TicketMerged
        if reading.ticket.is_closed:
            reading.began_at = self.clock.now()
            reading.articles = open_again(gateway, chat, ticket)
        chat = change(self.chats, chat, lambda c: self._decide(c, message_id, reading))
        message, question = owed(chat, message_id)
        if message is None or question is None:
            return self.release(self._note_drop(region, chat, message_id), holder)
        try:
            article = gateway.create_article(ticket, answer_article(message))
        except HelpDeskUnavailable as error:
            if not error.maybe_done:
                self._take_back(chat, message_id)
            raise

        def answered(stored: Chat) -> Chat:
            return replace(add_answer(stored, message_id, article), answering=None)

        return change(self.chats, chat, answered)

    def _note_drop(self, region: Region, chat: Chat, message_id: MessageId) -> Chat:
        """One line for the operator if the question was dropped: in which region, and why."""
        message = chat.message(message_id)
        if message and message.question and message.question.state is QuestionState.DROPPED:
            extra = {"region": region.slug, "reason": _out_of_hand(chat, message)}
            self.logger.info("answer dropped", extra=extra)
        return chat

    def _read(self, gateway: ZammadGateway, chat: Chat, ticket: TicketId) -> _Reading:
        """One call, and a second one if there is an article that the chat does not know.

        An answer that an earlier attempt has left is such an article, too. What is gone may have
        gone to another ticket since the first call.
        """
        reading = _Reading(self.clock.now(), known_articles(chat), gateway.ticket(ticket))
        ids = reading.ticket.article_ids
        if ids is None or not ids <= reading.known | posted_articles(chat):
            reading.articles = gateway.articles(ticket)
            if lacks_messages(chat, reading.articles):
                reading.ticket = gateway.ticket(ticket)
        return reading

    def _decide(self, stored: Chat, message_id: MessageId, reading: _Reading) -> Chat:
        """The ticket as just read, and the question dropped or announced as being posted."""
        chat = replace(
            stored,
            automatic_answers=bot_is_on(stored, reading.ticket.automatic_answers),
            closed=False,
            state_read_at=reading.began_at,
        )
        if reading.articles is not None:
            chat = merge_articles(
                chat,
                reading.articles,
                known=reading.known,
                new_token=self.ids.token,
                read_at=reading.began_at,
            )
        message, question = owed(chat, message_id)
        if message is None or question is None:
            return chat
        if _out_of_hand(chat, message):
            return _dropped(chat, message, question)
        attempted_at = question.attempted_at
        if attempted_at is not None and reading.began_at - attempted_at < SETTLE_MS:
            raise HelpDeskUnavailable("An earlier attempt may still be under way.")
        return chat.amend(message_id, question=replace(question, attempted_at=self.clock.now()))

    def _file(
        self,
        chat: Chat,
        message_id: MessageId,
        *,
        state: QuestionState,
        reply: BotAnswer | None = None,
        postings: Sequence[Posting] = (),
    ) -> Chat:
        """Stores where the question stands, unless it is settled by now."""
        reply = reply or BotAnswer("")

        def filed(stored: Chat) -> Chat:
            _, question = owed(stored, message_id)
            if question is None:
                return stored
            for posting in postings:
                stored = with_posting(stored, posting)
            return stored.amend(
                message_id,
                question=Question(question.asked_at, state, reply.body, hands_off=reply.hands_off),
            )

        return change(self.chats, chat, filed)

    def _take_back(self, chat: Chat, message_id: MessageId) -> Chat:
        """The announcement of a write that is known not to have been made."""

        def taken_back(stored: Chat) -> Chat:
            _, question = owed(stored, message_id)
            if question is None:
                return stored
            return stored.amend(message_id, question=replace(question, attempted_at=None))

        return change(self.chats, chat, taken_back)


def owed(chat: Chat, message_id: MessageId) -> tuple[Message, Question] | tuple[None, None]:
    """The message and its question, if that still waits for an answer."""
    message = chat.message(message_id)
    if message is None or message.question is None or not message.question.is_owed:
        return None, None
    return message, message.question


def _out_of_hand(chat: Chat, message: Message) -> str:
    """Why the bot's word would be one too many, for the log; empty if it is not."""
    if chat.human_answered_since(message):
        return "a human has answered"
    return "" if chat.automatic_answers else "automatic answers are off"


def _dropped(chat: Chat, message: Message, question: Question) -> Chat:
    """No bot text and no hand-over any more: a human is there."""
    chat = settle_posting(chat, brief_key(message.id))
    return chat.amend(message.id, question=replace(question, state=QuestionState.DROPPED))


def _brief(region: Region, chat: Chat, message: Message, reply: BotAnswer) -> Posting:
    """Names the bot's latest answer before this one, which is often no more than a farewell."""
    language, apologies = chat.language_of(message), {to_html(a) for a in APOLOGIES.values()}
    said = [s for s in (reply.body, *chat.answers_before(message)) if s not in apologies]
    latest = in_brief(said[-1]) if said else ""
    text = brief(region.default_language, language, message.content, latest)
    return Posting(brief_key(message.id), to_html(text))
