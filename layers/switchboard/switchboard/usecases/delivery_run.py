"""One deliverer at work on one chat, the lease in hand: see `delivery`.

Each write to Zammad is announced in storage before it is made. Whoever finds such an announcement
looks for what it has left before writing again.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TypeVar

from switchboard.domain.announcing import announced_chat, released_chat
from switchboard.domain.articles import (
    find_article,
    known_articles,
    leave_merged,
    mark_delivered,
    mark_refused,
    merge_articles,
    name_missing,
    user_article,
)
from switchboard.domain.chat import Chat, Message
from switchboard.domain.directory import ZammadAccess
from switchboard.domain.errors import (
    Busy,
    FilesUnavailable,
    HelpDeskRefused,
    HelpDeskUnavailable,
    TicketGone,
)
from switchboard.domain.ids import MessageId, TicketId, pseudonym
from switchboard.domain.ticket import Article, ArticleDraft, TicketDraft
from switchboard.ports.chats import ChatRepository
from switchboard.ports.clock import Clock, IdSource
from switchboard.ports.zammad import ZammadGateway
from switchboard.usecases.changing import change
from switchboard.usecases.stored_files import StoredFiles

T = TypeVar("T")

CALL_MS = 12_000
"""The longest that one Zammad call may take; none starts with less than this left of the lease."""
OPENING_CALLS = 3
"""Opening a ticket takes as many: who we are, the ticket, its articles."""
SETTLE_MS = 30_000
"""How long a write with unknown outcome may still turn up in Zammad."""
STALL_MS = 2_000
KNOWN_CHATS = 20
"""How many earlier chats of a device are looked at for tickets that are theirs."""
INDEX_MS = 30_000
"""How much longer a new ticket may take to turn up in Zammad's search."""


@dataclass(slots=True)
class DeliveryRun:
    """`announced` is a message whose announcement is stored, and that was not sent yet."""

    chats: ChatRepository
    gateway: ZammadGateway
    zammad: ZammadAccess
    clock: Clock
    ids: IdSource
    files: StoredFiles
    holder: str
    announced: MessageId | None
    sending: MessageId | None = None
    """The message whose write is announced last."""
    not_sent: bool = False
    """That write is known not to have reached Zammad."""

    def deliver_all(self, chat: Chat) -> Chat:
        """Raises what `Delivery.deliver` does, the lease given back, and `TicketGone`."""
        refusal: HelpDeskRefused | None = None
        try:
            while chat.pending:
                try:
                    chat = self._deliver_next(chat, chat.pending[0])
                except HelpDeskRefused as error:
                    if chat.ticket_id is None or error.data.get("status") != 422:
                        raise
                    refusal, self.not_sent = error, False
                    chat = self._store(chat, partial(mark_refused, message_id=chat.pending[0].id))
        except (HelpDeskUnavailable, HelpDeskRefused, Busy) as error:
            refused_at = self.clock.now() if isinstance(error, HelpDeskRefused) else 0
            not_sent = self.sending if self.not_sent else None
            self._store(chat, lambda c: released_chat(c, self.holder, not_sent, refused_at))
            raise
        chat = self._store(chat, partial(released_chat, holder=self.holder))
        if refusal is not None:
            raise refusal
        return chat

    def _deliver_next(self, chat: Chat, message: Message) -> Chat:
        if message.id != self.announced:
            found = self._look(chat, message)
            if found is not None:
                return found
            chat = self._store(chat, partial(self._announce_again, message_id=message.id))
            if message.id not in {m.id for m in chat.pending}:
                return chat
        elif self.clock.now() - (message.attempted_at or 0) > STALL_MS:
            # The time to settle counts from the announcement: it has to be new when we write.
            chat = self._store(chat, partial(self._announce_again, message_id=message.id))
        self.announced, self.sending = None, message.id
        draft = self._draft(message)
        calls = OPENING_CALLS if chat.ticket_id is None else 1
        if chat.delivery is None or chat.delivery.until - self.clock.now() < calls * CALL_MS:
            raise Busy("Too little is left of the lease for another call.")
        if chat.ticket_id is None:
            return self._open_ticket(chat, draft)
        ticket = chat.ticket_id
        article = self._write(lambda: self.gateway.create_article(ticket, draft))
        return self._delivered(chat, message, article)

    def _draft(self, message: Message) -> ArticleDraft:
        """The article with its files, or their names."""
        draft = user_article(message)
        if not message.attachments:
            return draft
        try:
            uploads, gone = self.files.uploads(message)
        except FilesUnavailable:
            self.not_sent = True
            raise HelpDeskUnavailable(maybe_done=False) from None
        return replace(name_missing(draft, gone), attachments=uploads)

    def _open_ticket(self, chat: Chat, draft: ArticleDraft) -> Chat:
        """The ticket is stored even if its articles cannot be read: they are looked for later."""
        ticket_draft = self._ticket_draft(chat)
        ticket = self._write(lambda: self.gateway.create_ticket(ticket_draft, draft))
        read_at = self.clock.now()
        try:
            articles = self.gateway.articles(ticket)
        except (HelpDeskUnavailable, TicketGone):
            self._ticketed(chat, ticket, (), read_at=0, draft=ticket_draft)
            raise HelpDeskUnavailable from None
        return self._ticketed(chat, ticket, articles, read_at, ticket_draft)

    def _look(self, chat: Chat, message: Message) -> Chat | None:
        """What an earlier attempt with unknown outcome has left in Zammad, taken over.

        None: there is nothing, and there will be nothing. A merged ticket raises `TicketGone`.
        """
        if chat.ticket_id is None:
            return self._look_for_ticket(chat)
        if message.attempted_at is None:
            return None
        looked_at = self.clock.now()
        articles = self.gateway.articles(chat.ticket_id)
        own = find_article(
            articles, user_article(message), message.attempted_at, known_articles(chat)
        )
        if own is not None:
            return self._delivered(chat, message, own)
        if looked_at - message.attempted_at < SETTLE_MS:
            raise HelpDeskUnavailable("An earlier attempt may still be under way.")
        if self.gateway.ticket(chat.ticket_id).is_merged:
            self._store(chat, partial(leave_merged, articles=articles))
            raise TicketGone
        return None

    def _look_for_ticket(self, chat: Chat) -> Chat | None:
        """As `_look`: a ticket is the chat's if one of its pending messages is in it."""
        attempted_at = chat.ticket_attempted_at
        if attempted_at is None:
            return None
        looked_at = self.clock.now()
        for ticket in self._unowned_tickets(chat):
            try:
                articles = self.gateway.articles(ticket)
            except TicketGone:
                continue
            if any(
                find_article(articles, user_article(m), attempted_at, frozenset())
                for m in chat.pending
            ):
                return self._ticketed(chat, ticket, articles, looked_at)
        if looked_at - attempted_at < SETTLE_MS + INDEX_MS:
            raise HelpDeskUnavailable("An earlier attempt may still be under way.")
        return None

    def _unowned_tickets(self, chat: Chat) -> Sequence[TicketId]:
        """The device's tickets that are no earlier chat's."""
        owned = set()
        for sequence in range(max(1, chat.key.sequence - KNOWN_CHATS), chat.key.sequence):
            other = self.chats.get(replace(chat.key, sequence=sequence))
            owned.add(other.ticket_id if other else None)
        found = self.gateway.find_tickets(pseudonym(chat.key.device))
        return [ticket for ticket in found if ticket not in owned]

    def _announce_again(self, chat: Chat, message_id: MessageId) -> Chat:
        """Unless the message was delivered meanwhile. Raises `Busy` without the lease."""
        if chat.ended:
            raise TicketGone
        if chat.delivery is None or chat.delivery.holder != self.holder:
            raise Busy
        message = chat.message(message_id)
        if message is None or not message.is_pending:
            return chat
        return announced_chat(chat, message_id, self.holder, self.clock.now())

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

    def _delivered(self, chat: Chat, message: Message, article: Article) -> Chat:
        """Stores that it is in the ticket; after the last one the lease goes in the same write.

        Raises `TicketGone` if that is a ticket which nobody reads any more.
        """

        def delivered(stored: Chat) -> Chat:
            if stored.ended:
                raise TicketGone
            marked = mark_delivered(stored, message.id, article)
            return marked if marked.pending else released_chat(marked, self.holder)

        return self._store(chat, delivered)

    def _ticketed(
        self,
        chat: Chat,
        ticket: TicketId,
        articles: Sequence[Article],
        read_at: int,
        draft: TicketDraft | None = None,
    ) -> Chat:
        """Stores the ticket, what is in it, and the way from it to the chat, in one write.

        Without the `draft` it was opened with, nobody knows what it says of consent and language.
        """

        def ticketed(stored: Chat) -> Chat:
            merged = merge_articles(
                replace(
                    stored,
                    ticket_id=ticket,
                    server_url=self.zammad.url,
                    ticket_attempted_at=None,
                    consent_in_ticket=draft.evaluation_consent
                    if draft
                    else not stored.evaluation_consent,
                    language_in_ticket=draft.language if draft else "",
                ),
                articles,
                known=frozenset(),
                new_token=self.ids.token,
                read_at=read_at,
            )
            return merged if merged.pending else released_chat(merged, self.holder)

        return self._store(chat, ticketed, self.chats.save_with_ticket)

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
        return change(self.chats, chat, apply, save)
