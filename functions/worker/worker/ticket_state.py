"""Whether a message has reached a ticket that somebody looks at.

An article over REST opens no closed ticket, and goes into a merged one where nobody reads it. A
bot's question reads the ticket anyway; for other messages it is read when a webhook has told
that it is closed, and otherwise once an hour at most.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from switchboard.domain.articles import lacks_messages
from switchboard.domain.chat import Chat
from switchboard.domain.directory import Region
from switchboard.domain.errors import TicketGone
from switchboard.domain.ids import TicketId
from switchboard.domain.notes import bot_is_on
from switchboard.domain.ticket import Article
from switchboard.ports.chats import ChatRepository
from switchboard.ports.clock import Clock
from switchboard.ports.zammad import ZammadConnector, ZammadGateway
from switchboard.usecases.changing import change

TRUSTED_MS = 3_600_000
"""How long a ticket that was open is taken to be open still, unless a webhook tells otherwise."""


class TicketMerged(TicketGone):
    """The chat's ticket was merged into another one; what was in it went there."""


def open_again(gateway: ZammadGateway, chat: Chat, ticket_id: TicketId) -> Sequence[Article]:
    """Opens the chat's closed ticket, and reads what it has then.

    Raises `TicketMerged` if it was merged away since it was read as closed; then its state is put
    back, which else would hide that from everybody.
    """
    gateway.update_ticket(ticket_id, {"state": "open"})
    articles = gateway.articles(ticket_id)
    if lacks_messages(chat, articles):
        gateway.update_ticket(ticket_id, {"state": "merged"})
        raise TicketMerged
    return articles


@dataclass(frozen=True, slots=True)
class WatchTicket:
    chats: ChatRepository
    zammad: ZammadConnector
    clock: Clock

    def if_due(self, region: Region, chat: Chat) -> Chat:
        """As `now`, if the ticket is known to be closed or has not been read for an hour."""
        last = max(chat.state_read_at, chat.created_at)
        if chat.closed or self.clock.now() - last >= TRUSTED_MS:
            return self.now(region, chat)
        return chat

    def now(self, region: Region, chat: Chat, *, opens: bool = True) -> Chat:
        """Reads the ticket, opens it if it is closed, and takes over its attributes.

        Raises `TicketMerged`, and what a call to Zammad does.
        """
        if chat.ticket_id is None:
            return chat
        read_at, gateway = self.clock.now(), self.zammad.for_region(region)
        ticket = gateway.ticket(chat.ticket_id)
        if ticket.is_merged:
            raise TicketMerged
        if ticket.is_closed and opens:
            open_again(gateway, chat, chat.ticket_id)

        def read(stored: Chat) -> Chat:
            return replace(
                stored,
                closed=ticket.is_closed and not opens,
                automatic_answers=bot_is_on(stored, ticket.automatic_answers),
                state_read_at=read_at,
            )

        return change(self.chats, chat, read)
