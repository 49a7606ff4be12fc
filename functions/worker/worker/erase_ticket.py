"""What is left of an erased chat in Zammad: its ticket, to be closed or deleted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from switchboard.domain.articles import user_marker
from switchboard.domain.directory import Region, ZammadAccess
from switchboard.domain.errors import (
    HelpDeskRefused,
    HelpDeskUnavailable,
    Misconfigured,
    TicketGone,
)
from switchboard.domain.ids import TicketId
from switchboard.domain.jobs import EraseTicketJob
from switchboard.ports.clock import Clock
from switchboard.ports.zammad import ZammadConnector, ZammadGateway
from switchboard.usecases.delivery_run import INDEX_MS, SETTLE_MS

FORBIDDEN = 403


@dataclass(frozen=True, slots=True)
class EraseTicket:
    zammad: ZammadConnector
    clock: Clock

    def __call__(self, region: Region, job: EraseTicketJob) -> None:
        """Closes or deletes the ticket as the region says; one that is gone already is fine.

        Raises `HelpDeskUnavailable` (try again), `HelpDeskRefused` (an operator has to act: where
        the token may not delete, the ticket was closed), `Misconfigured` if the region has moved
        to another help desk.
        """
        access = region.zammad
        if access is None or access.url != job.server_url:
            raise Misconfigured("The erased chat's ticket is on a help desk that has no region.")
        gateway = self.zammad.for_region(region)
        tickets = [job.ticket] if job.ticket is not None else self._find(gateway, job)
        for ticket in tickets:
            _erase(gateway, access, ticket)

    def _find(self, gateway: ZammadGateway, job: EraseTicketJob) -> Sequence[TicketId]:
        """The ticket that was being opened when the chat was erased, by the marks of its messages.

        The search's index lags: only after a while is it believed that there is none.
        """
        looked_at = self.clock.now()
        marks = {user_marker(message) for message in job.messages}
        found = []
        for ticket in gateway.find_tickets(job.pseudonym):
            try:
                articles = gateway.articles(ticket)
            except TicketGone:
                continue
            if any(article.message_id in marks for article in articles):
                found.append(ticket)
        if not found and looked_at - job.attempted_at < SETTLE_MS + INDEX_MS:
            raise HelpDeskUnavailable("The ticket may still be on its way.")
        return found


def _erase(gateway: ZammadGateway, access: ZammadAccess, ticket: TicketId) -> None:
    try:
        if access.close_on_erase:
            gateway.close_ticket(ticket)
            return
        try:
            gateway.delete_ticket(ticket)
        except HelpDeskRefused as error:
            if error.data.get("status") == FORBIDDEN:
                gateway.close_ticket(ticket)
            raise
    except TicketGone:
        return
