"""Telling the ticket whether the user consents to an evaluation of the chat.

A ticket is opened with what was said by then. What is said later is kept in the chat as owed until
Zammad has taken it; the delivery's lease keeps two of these calls apart, so the last word is last.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from switchboard.domain.chat import Chat, Lease, is_held
from switchboard.domain.directory import Region
from switchboard.domain.errors import Busy, HelpDeskRefused, HelpDeskUnavailable, TicketGone
from switchboard.ports.chats import ChatRepository
from switchboard.ports.clock import Clock
from switchboard.ports.zammad import ZammadConnector
from switchboard.usecases.changing import change
from switchboard.usecases.delivery_run import LEASE_MS, released_chat


@dataclass(frozen=True, slots=True)
class ConsentDelivery:
    chats: ChatRepository
    zammad: ZammadConnector
    clock: Clock

    def deliver(self, region: Region, chat: Chat, holder: str) -> Chat:
        """Writes the consent into the ticket if it is owed; returns the chat as stored.

        Raises `Busy` if another is writing to the ticket, `HelpDeskUnavailable`,
        `HelpDeskRefused`; it stays owed then. A ticket that is gone ends the chat.
        """
        if not chat.owes_consent or region.zammad is None:
            return chat

        def taken(stored: Chat) -> Chat:
            now = self.clock.now()
            if is_held(stored.delivery, now, by_other_than=holder):
                raise Busy
            if not stored.owes_consent:
                return stored
            return replace(stored, delivery=Lease(holder, now + LEASE_MS))

        chat = change(self.chats, chat, taken)
        ticket, consent = chat.ticket_id, chat.evaluation_consent
        if ticket is None or not chat.owes_consent:
            return chat
        try:
            gateway = self.zammad.for_region(region)
            gateway.update_ticket(ticket, {"evaluation_consent": consent})
        except TicketGone:
            return change(self.chats, chat, lambda c: replace(c, ended=True, delivery=None))
        except (HelpDeskUnavailable, HelpDeskRefused):
            change(self.chats, chat, lambda c: released_chat(c, holder))
            raise

        def told(stored: Chat) -> Chat:
            return released_chat(replace(stored, consent_in_ticket=consent), holder)

        return change(self.chats, chat, told)
