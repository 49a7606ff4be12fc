"""Bringing a chat's pending messages to its ticket: in order, and exactly once as seen there.

Zammad knows no idempotency key. So a write is announced in storage before it is made; where its
outcome is unknown, the next attempt looks for the article's marker first, and waits a while
before it believes that there is none. A lease keeps two deliverers apart.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TypeVar

from switchboard.domain.articles import (
    find_article,
    known_articles,
    mark_delivered,
    merge_articles,
    user_article,
)
from switchboard.domain.chat import Chat, Lease, Message, is_held
from switchboard.domain.directory import Region, ZammadAccess
from switchboard.domain.errors import Busy, HelpDeskRefused, HelpDeskUnavailable, TicketGone
from switchboard.domain.ids import ArticleId, MessageId, TicketId, pseudonym
from switchboard.domain.ticket import Article, TicketDraft
from switchboard.ports.chats import ChatRepository
from switchboard.ports.clock import Clock, IdSource
from switchboard.ports.zammad import ZammadConnector, ZammadGateway
from switchboard.usecases.changing import change

T = TypeVar("T")

LEASE_MS = 30_000
CALL_MS = 12_000
"""The longest that one Zammad call may take; none starts with less than this left of the lease."""
SETTLE_MS = 30_000
"""How long a write with unknown outcome may still turn up in Zammad."""


def announce(chat: Chat, message: Message, holder: str, now: int) -> Chat:
    """What must be stored before the newest message is sent: the lease, and that it is sent.

    Without effect if another deliverer is at work or an earlier message is still waiting: then
    it is the worker's turn.
    """
    if is_held(chat.delivery, now, by_other_than=holder) or chat.pending != (message,):
        return chat
    return _announced(chat, message.id, holder, now)


@dataclass(frozen=True, slots=True)
class Delivery:
    """`settle_ms` is `SETTLE_MS` but where a test's Zammad is known to be faster."""

    chats: ChatRepository
    zammad: ZammadConnector
    clock: Clock
    ids: IdSource
    settle_ms: int = SETTLE_MS

    def deliver(
        self, region: Region, chat: Chat, holder: str, announced: MessageId | None = None
    ) -> Chat:
        """Delivers everything that is pending; returns the chat as stored, the lease given back.

        `announced` is the message that `announce` has just been stored for. Raises `Busy` if
        another is delivering, `HelpDeskUnavailable` (the rest stays pending, try again later),
        `HelpDeskRefused` (an operator has to act). If the ticket is gone, what is pending moves
        to a new chat with a new ticket, which is then returned.
        """
        if not chat.pending or region.zammad is None:
            return chat
        chat = change(self.chats, chat, partial(self._take, holder=holder))
        run = _Run(self, self.zammad.for_region(region), region.zammad, holder, announced)
        try:
            return run.deliver_all(chat)
        except TicketGone:
            return self.deliver(region, self._start_over(chat), holder)

    def _take(self, chat: Chat, holder: str) -> Chat:
        now = self.clock.now()
        if is_held(chat.delivery, now, by_other_than=holder):
            raise Busy
        if is_held(chat.delivery, now):
            return chat
        return replace(chat, delivery=Lease(holder, now + LEASE_MS))

    def _start_over(self, chat: Chat) -> Chat:
        """Ends the chat whose ticket was deleted; what is pending moves to the device's next chat.

        That is a new one, unless the user has begun one meanwhile.
        """
        old = self.chats.get(chat.key) or chat
        current = self.chats.current(chat.key.region, chat.key.device) or old
        if current.key == old.key:
            current = Chat(
                key=replace(old.key, sequence=old.key.sequence + 1),
                language=old.language,
                created_at=self.clock.now(),
                evaluation_consent=old.evaluation_consent,
                next_number=old.next_number,
            )
        moved = tuple(
            replace(message, number=current.next_number + place, attempted_at=None)
            for place, message in enumerate(old.pending)
        )
        _, successor = self.chats.save_both(
            replace(
                old,
                ended=True,
                delivery=None,
                messages=tuple(m for m in old.messages if m not in old.pending),
            ),
            replace(
                current,
                messages=(*current.messages, *moved),
                next_number=current.next_number + len(moved),
            ),
        )
        return successor


@dataclass(slots=True)
class _Run:
    """One deliverer at work, the lease in hand."""

    delivery: Delivery
    gateway: ZammadGateway
    zammad: ZammadAccess
    holder: str
    announced: MessageId | None
    not_sent: bool = False
    """The last write is known not to have reached Zammad."""

    def deliver_all(self, chat: Chat) -> Chat:
        refusal: HelpDeskRefused | None = None
        try:
            while chat.pending:
                try:
                    chat = self._deliver_next(chat, chat.pending[0])
                except HelpDeskRefused as error:
                    if chat.ticket_id is None or error.data.get("status") != 422:
                        raise
                    refusal = error
                    chat = self._store(chat, partial(_refused, message_id=chat.pending[0].id))
        except (HelpDeskUnavailable, HelpDeskRefused, Busy):
            self._store(chat, partial(_released, holder=self.holder, not_sent=self.not_sent))
            raise
        chat = self._store(chat, partial(_released, holder=self.holder))
        if refusal is not None:
            raise refusal
        return chat

    def _deliver_next(self, chat: Chat, message: Message) -> Chat:
        if message.id != self.announced:
            found = self._look(chat, message)
            if found is not None:
                return found
            now = self.delivery.clock.now()
            announced = partial(_announced, message_id=message.id, holder=self.holder, now=now)
            chat = self._store(chat, announced)
        self.announced = None
        if chat.delivery is None or chat.delivery.until - self.delivery.clock.now() < CALL_MS:
            raise Busy("Too little is left of the lease for another call.")
        draft = user_article(message)
        if chat.ticket_id is None:
            ticket_draft = self._ticket_draft(chat)
            ticket = self._write(lambda: self.gateway.create_ticket(ticket_draft, draft))
            return self._ticketed(chat, ticket, self.gateway.articles(ticket))
        ticket = chat.ticket_id
        article = self._write(lambda: self.gateway.create_article(ticket, draft))
        return self._delivered(chat, message, article.id)

    def _look(self, chat: Chat, message: Message) -> Chat | None:
        """What an earlier attempt with unknown outcome has left in Zammad, taken over.

        None: there is nothing, and there will be nothing.
        """
        attempted_at = message.attempted_at
        if chat.ticket_id is None:
            attempted_at = chat.ticket_attempted_at
        if attempted_at is None:
            return None
        for ticket in self._candidates(chat):
            articles = self.gateway.articles(ticket)
            own = find_article(articles, user_article(message), attempted_at, known_articles(chat))
            if own is not None and chat.ticket_id is None:
                return self._ticketed(chat, ticket, articles)
            if own is not None:
                return self._delivered(chat, message, own.id)
        if self.delivery.clock.now() - attempted_at < self.delivery.settle_ms:
            raise HelpDeskUnavailable("An earlier attempt may still be under way.")
        return None

    def _candidates(self, chat: Chat) -> Sequence[TicketId]:
        if chat.ticket_id is not None:
            return (chat.ticket_id,)
        return self.gateway.find_tickets(pseudonym(chat.key.device))

    def _write(self, call: Callable[[], T]) -> T:
        self.not_sent = False
        try:
            return call()
        except HelpDeskUnavailable as error:
            self.not_sent = not error.maybe_done
            raise
        except HelpDeskRefused:
            self.not_sent = True
            raise

    def _delivered(self, chat: Chat, message: Message, article: ArticleId) -> Chat:
        """Stores that it is in the ticket; after the last one the lease goes in the same write."""

        def delivered(stored: Chat) -> Chat:
            marked = mark_delivered(stored, message.id, article)
            return marked if marked.pending else _released(marked, self.holder)

        return self._store(chat, delivered)

    def _ticketed(self, chat: Chat, ticket: TicketId, articles: Sequence[Article]) -> Chat:
        """Stores the ticket, what is in it, and the way from it to the chat, in one write."""

        def ticketed(stored: Chat) -> Chat:
            merged = merge_articles(
                replace(
                    stored,
                    ticket_id=ticket,
                    server_url=self.zammad.url,
                    ticket_attempted_at=None,
                ),
                articles,
                known=frozenset(),
                new_token=self.delivery.ids.token,
                now=self.delivery.clock.now(),
            )
            return merged if merged.pending else _released(merged, self.holder)

        return self._store(chat, ticketed, self.delivery.chats.save_with_ticket)

    def _ticket_draft(self, chat: Chat) -> TicketDraft:
        return TicketDraft(
            title=f"[Integreat Chat] [{chat.language.upper()}] {pseudonym(chat.key.device)}",
            group=self.zammad.group,
            region=chat.key.region,
            language=chat.language,
            automatic_answers=chat.automatic_answers,
            evaluation_consent=chat.evaluation_consent,
        )

    def _store(
        self,
        chat: Chat,
        apply: Callable[[Chat], Chat],
        save: Callable[[Chat], Chat] | None = None,
    ) -> Chat:
        return change(self.delivery.chats, chat, apply, save)


def _announced(chat: Chat, message_id: MessageId, holder: str, now: int) -> Chat:
    return replace(
        chat.amend(message_id, attempted_at=now),
        delivery=Lease(holder, now + LEASE_MS),
        ticket_attempted_at=now if chat.ticket_id is None else None,
    )


def _refused(chat: Chat, message_id: MessageId) -> Chat:
    """Zammad will not have this message as it is: it is kept, and no longer in others' way."""
    return chat.amend(message_id, attempted_at=None, refused=True, question=None)


def _released(chat: Chat, holder: str, not_sent: bool = False) -> Chat:
    """Gives the lease back; with `not_sent` nothing need be looked for next time."""
    if chat.delivery is None or chat.delivery.holder != holder:
        return chat
    chat = replace(chat, delivery=None)
    if not not_sent:
        return chat
    messages = tuple(replace(m, attempted_at=None) if m.is_pending else m for m in chat.messages)
    return replace(chat, ticket_attempted_at=None, messages=messages)
