"""One chat of a device with a region: its messages, who owns it, what is still to be done.

State only changes through the functions here, each of which returns a new `Chat`; storing it
is a conditional write on `version`. Times are milliseconds since the epoch.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from switchboard.domain.ids import ArticleId, DeviceHash, MessageId, RegionSlug, TicketId
from switchboard.domain.postings import Posting

PENDING_NUMBERS = 4_000_000_000_000_000
"""Ids of messages that are in no ticket start here: beyond Zammad's, and exact in JSON."""
TYPING_MS = 60_000
DAY_MS = 86_400_000


class Sender(StrEnum):
    CUSTOMER = "Customer"
    AGENT = "Agent"
    SYSTEM = "System"


class QuestionState(StrEnum):
    OPEN = "open"
    READY = "ready"
    """The text to post is stored; it may have been posted already."""
    ANSWERED = "answered"
    DROPPED = "dropped"
    """A human was faster, or automatic answers were switched off."""


@dataclass(frozen=True, slots=True)
class ChatKey:
    """`sequence` counts the chats of one device in one region; the highest is the current one."""

    region: RegionSlug
    device: DeviceHash
    sequence: int


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to do one piece of work alone until `until`."""

    holder: str
    until: int


@dataclass(frozen=True, slots=True)
class Question:
    """What the bot owes a user's message: one answer or one apology, never both, never two."""

    asked_at: int
    state: QuestionState = QuestionState.OPEN
    answer: str = ""
    """HTML, stored before it is posted, so that a retry posts the same text."""
    attempted_at: int | None = None
    hands_off: bool = False
    """With this answer the bot hands the chat over to a human."""

    @property
    def is_owed(self) -> bool:
        return self.state in (QuestionState.OPEN, QuestionState.READY)


@dataclass(frozen=True, slots=True)
class Attachment:
    """`id` is ours, 64 random hex characters; `source_id` is Zammad's, 0 until it has the file.

    `stored_key` names the user's own file in the file store, from before the message is accepted
    until Zammad has it.
    """

    id: str
    source_id: int
    filename: str
    size: str
    content_type: str
    stored_key: str = ""


@dataclass(frozen=True, slots=True)
class Message:
    """A message as the user sees it. `article_id` is None until it is in the ticket."""

    id: MessageId
    number: int
    sender: Sender
    content: str
    created_at: int
    automatic: bool = False
    article_id: ArticleId | None = None
    attachments: tuple[Attachment, ...] = ()
    idempotency_key: str = ""
    files_digest: str = ""
    """What tells the user's files from others, to recognise a request that came twice."""
    attempted_at: int | None = None
    """When it was last sent to Zammad with an unknown outcome: look before sending again."""
    refused: bool = False
    """Zammad will not take it as it is; kept for the operator."""
    question: Question | None = None
    language: str = ""
    """What the user wrote it in; empty: the chat's."""

    @property
    def is_pending(self) -> bool:
        return self.article_id is None

    @property
    def waits(self) -> bool:
        """For its ticket, or for an answer. What was refused waits for an operator."""
        owed = self.question is not None and self.question.is_owed
        return not self.refused and (owed or self.is_pending)

    @property
    def is_human_answer(self) -> bool:
        return self.sender is Sender.AGENT and not self.automatic

    @property
    def shown_id(self) -> int:
        return self.number if self.article_id is None else self.article_id


@dataclass(frozen=True, slots=True)
class Chat:
    key: ChatKey
    language: str
    created_at: int
    version: int = 0
    """0: not stored yet."""
    server_url: str = ""
    ticket_id: TicketId | None = None
    ticket_attempted_at: int | None = None
    """When creating the ticket was last tried with an unknown outcome."""
    automatic_answers: bool = True
    evaluation_consent: bool = False
    consent_at: int = 0
    """When the user last said so."""
    consent_in_ticket: bool = False
    """What the ticket is known to say of it."""
    language_in_ticket: str = ""
    """What the ticket is known to say of the language; empty: nobody knows."""
    sends: tuple[int, ...] = ()
    """When the device has sent something lately, also into its earlier chats."""
    messages: tuple[Message, ...] = ()
    next_number: int = PENDING_NUMBERS
    synced_at: int = 0
    sync: Lease | None = None
    delivery: Lease | None = None
    refused_at: int = 0
    """When Zammad last refused what is pending, and the user was told or the operator."""
    answering: Lease | None = None
    postings: tuple[Posting, ...] = ()
    closed: bool = False
    """The ticket was closed when it was last heard of: a message has to open it again."""
    state_read_at: int = 0
    """When the ticket's own state was last read."""
    ended: bool = False
    """The ticket is gone, or the user erased the chat."""

    @property
    def last_message_at(self) -> int:
        return max((m.created_at for m in self.messages), default=self.created_at)

    @property
    def undelivered(self) -> tuple[Message, ...]:
        """What is in no ticket, in order."""
        return tuple(m for m in self.messages if m.is_pending)

    @property
    def pending(self) -> tuple[Message, ...]:
        """What goes to the ticket next: a refused message stands in nobody's way."""
        return tuple(m for m in self.undelivered if not m.refused)

    @property
    def owes_consent(self) -> bool:
        """The ticket says something else about the evaluation than the user did."""
        return (
            self.ticket_id is not None
            and not self.ended
            and self.evaluation_consent != self.consent_in_ticket
        )

    @property
    def owes_language(self) -> bool:
        """The ticket says another language than the user speaks by now."""
        return (
            self.ticket_id is not None
            and not self.ended
            and self.language != self.language_in_ticket
        )

    def language_of(self, message: Message) -> str:
        return message.language or self.language

    def message(self, message_id: MessageId) -> Message | None:
        return next((m for m in self.messages if m.id == message_id), None)

    def is_over(self, now: int, retention_days: int) -> bool:
        """Ended, or its last message is older than the retention; exactly that old is alive."""
        return self.ended or now - self.last_message_at > retention_days * DAY_MS

    def chatbot_is_typing(self, now: int) -> bool:
        """A question is open, on its way, and was asked less than a minute ago."""
        return self.automatic_answers and any(
            m.question is not None
            and m.question.is_owed
            and not m.refused
            and now - m.question.asked_at < TYPING_MS
            and not (m.is_pending and m.question.asked_at <= self.refused_at)
            and not self.human_answered_since(m)
            for m in self.messages
        )

    def needs_sync(self, now: int, sync_seconds: int) -> bool:
        """The stored copy is older than the region allows, and nobody is refreshing it."""
        return (
            self.ticket_id is not None
            and now - self.synced_at >= sync_seconds * 1000
            and not is_held(self.sync, now)
        )

    def human_answered_since(self, message: Message) -> bool:
        """A human has written into the ticket after `message` was in it."""
        return message.article_id is not None and any(
            m.is_human_answer and m.article_id is not None and m.article_id > message.article_id
            for m in self.messages
        )

    def questions_up_to(self, message: Message) -> tuple[str, ...]:
        """The user's texts up to and including `message`, oldest first: what the bot is asked."""
        place = self.messages.index(message)
        return tuple(
            m.content
            for m in self.messages[: place + 1]
            if m.sender is Sender.CUSTOMER and not m.automatic and m.content
        )

    def answers_before(self, message: Message) -> tuple[str, ...]:
        """The bot's answers and apologies to the user's messages before this one, as HTML."""
        place = self.messages.index(message)
        questions = (m.question for m in self.messages[:place])
        return tuple(q.answer for q in questions if q and q.state is QuestionState.ANSWERED)

    def amend(self, message_id: MessageId, **changes: Any) -> Chat:
        """The same chat with fields of one message changed; unchanged if it is not there."""
        return replace(
            self,
            messages=tuple(
                replace(m, **changes) if m.id == message_id else m for m in self.messages
            ),
        )


def is_held(lease: Lease | None, now: int, *, by_other_than: str | None = None) -> bool:
    """True while a lease runs; with `by_other_than`, only if somebody else has it."""
    return lease is not None and lease.until > now and lease.holder != by_other_than
