"""Telling the ticket whether the user consents to an evaluation of the chat, and in what language.

A ticket is opened with what was said by then. What is said later is kept in the chat as owed until
Zammad has taken it; the delivery's lease keeps two of these calls apart, so the last word is last.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from switchboard.domain.announcing import LEASE_MS, released_chat
from switchboard.domain.chat import Chat, Lease, is_held
from switchboard.domain.directory import Region
from switchboard.domain.errors import Busy, HelpDeskRefused, HelpDeskUnavailable, TicketGone
from switchboard.ports.chats import ChatRepository
from switchboard.ports.clock import Clock
from switchboard.ports.zammad import ZammadConnector
from switchboard.usecases.changing import change


@dataclass(frozen=True, slots=True)
class ConsentDelivery:
    chats: ChatRepository
    zammad: ZammadConnector
    clock: Clock

    def deliver(self, region: Region, chat: Chat, holder: str) -> Chat:
        """Writes consent and language into the ticket, in one call, if either is owed.

        Returns the chat as stored.

        Raises `Busy` if another is writing to the ticket, `HelpDeskUnavailable`,
        `HelpDeskRefused`; it stays owed then. A ticket that is gone ends the chat.
        """
        if not _owes(chat) or region.zammad is None:
            return chat

        def taken(stored: Chat) -> Chat:
            now = self.clock.now()
            if is_held(stored.delivery, now, by_other_than=holder):
                raise Busy
            if not _owes(stored):
                return stored
            return replace(stored, delivery=Lease(holder, now + LEASE_MS))

        chat = change(self.chats, chat, taken)
        ticket, consent, language = chat.ticket_id, chat.evaluation_consent, chat.language
        if ticket is None or not _owes(chat):
            return chat
        told_now: dict[str, object] = {}
        if chat.owes_consent:
            told_now["evaluation_consent"] = consent
        if chat.owes_language:
            told_now["language_slug"] = language
        try:
            gateway = self.zammad.for_region(region)
            gateway.update_ticket(ticket, told_now)
        except TicketGone:
            return change(self.chats, chat, lambda c: replace(c, ended=True, delivery=None))
        except (HelpDeskUnavailable, HelpDeskRefused):
            change(self.chats, chat, lambda c: released_chat(c, holder))
            raise

        def told(stored: Chat) -> Chat:
            stored = replace(stored, consent_in_ticket=consent, language_in_ticket=language)
            return released_chat(stored, holder)

        return change(self.chats, chat, told)


def _owes(chat: Chat) -> bool:
    return chat.owes_consent or chat.owes_language
