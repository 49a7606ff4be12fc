"""Erasing a device: everything that is kept of it here, and its tickets as the region says.

Jobs for the tickets are queued before a chat is deleted, so that no crash forgets a ticket; they
hold nothing of the device. A chat is deleted as it was read: a deliverer that was about to
announce a new ticket meets a conflict, and one that had announced it is known.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass

from switchboard.domain.chat import Chat, Sender
from switchboard.domain.directory import Region
from switchboard.domain.errors import Conflict
from switchboard.domain.ids import DeviceHash, pseudonym
from switchboard.domain.jobs import EraseTicketJob
from switchboard.ports.chats import ChatRepository
from switchboard.ports.devices import DeviceRepository
from switchboard.ports.files import LENT, PENDING, FileStore
from switchboard.ports.queue import JobQueue
from switchboard.usecases.changing import TRIES


@dataclass(frozen=True, slots=True)
class Erasure:
    chats: ChatRepository
    devices: DeviceRepository
    queue: JobQueue
    files: FileStore

    def __call__(self, region: Region, device: DeviceHash) -> int:
        """Erases the device in this region; returns how many chats that were. May be repeated.

        The oldest chat goes first: an older one must not become the current one. Raises
        `QueueUnavailable`, `FilesUnavailable`, or `Conflict` if the chats change faster than they
        can be erased.
        """
        erased = 0
        for _ in range(TRIES):
            found = self.chats.all_of(region.slug, device)
            if not found:
                self.devices.forget(region.slug, device)
                for prefix in (PENDING, LENT):
                    self.files.delete_below(f"{prefix}{device}/")
                return erased
            for chat in found:
                with suppress(Conflict):
                    self._erase(region, chat)
                    erased += 1
        raise Conflict

    def _erase(self, region: Region, chat: Chat) -> None:
        for job in _ticket_jobs(region, chat):
            self.queue.send(job)
        self.chats.erase(chat)


def _ticket_jobs(region: Region, chat: Chat) -> Iterator[EraseTicketJob]:
    """The chat's ticket; if one was just being opened, how to recognise it."""
    if chat.ticket_id is not None:
        yield EraseTicketJob(region.slug, chat.server_url, chat.ticket_id)
    elif chat.ticket_attempted_at is not None and region.zammad is not None:
        yield EraseTicketJob(
            region.slug,
            region.zammad.url,
            pseudonym=pseudonym(chat.key.device),
            messages=tuple(m.id for m in chat.messages if m.sender is Sender.CUSTOMER),
            attempted_at=chat.ticket_attempted_at,
        )
