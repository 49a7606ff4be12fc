"""Bringing a chat's pending messages to its ticket: in order, and exactly once as seen there.

Zammad knows no idempotency key. So a write is announced in storage before it is made; where its
outcome is unknown, the next attempt looks for the article's marker first, and waits a while
before it believes that there is none. A lease keeps two deliverers apart.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial

from switchboard.domain.announcing import LEASE_MS, announced_chat, released_chat
from switchboard.domain.chat import Chat, Lease, Message, is_held
from switchboard.domain.directory import Region
from switchboard.domain.errors import Busy, ChatNotFound, Conflict, HelpDeskRefused, TicketGone
from switchboard.domain.ids import MessageId
from switchboard.domain.succession import succeed, with_older
from switchboard.ports.chats import ChatRepository
from switchboard.ports.clock import Clock, IdSource
from switchboard.ports.zammad import ZammadConnector
from switchboard.usecases.changing import TRIES, change
from switchboard.usecases.delivery_run import DeliveryRun
from switchboard.usecases.stored_files import StoredFiles


def announce(chat: Chat, message: Message, holder: str, now: int) -> Chat:
    """What must be stored before the newest message is sent: the lease, and that it is sent.

    Without effect if another deliverer is at work or an earlier message is still waiting: then
    it is the worker's turn.
    """
    if is_held(chat.delivery, now, by_other_than=holder) or chat.pending != (message,):
        return chat
    return announced_chat(chat, message.id, holder, now)


@dataclass(frozen=True, slots=True)
class Delivery:
    chats: ChatRepository
    zammad: ZammadConnector
    clock: Clock
    ids: IdSource
    files: StoredFiles

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
        try:
            gateway = self.zammad.for_region(region)
        except HelpDeskRefused:
            release = partial(released_chat, holder=holder, not_sent=announced)
            change(self.chats, chat, partial(release, refused_at=self.clock.now()))
            raise
        run = DeliveryRun(
            self.chats,
            gateway,
            region.zammad,
            self.clock,
            self.ids,
            self.files,
            holder,
            announced,
        )
        try:
            return run.deliver_all(chat)
        except TicketGone:
            return self.deliver(region, self.start_over(chat), holder)

    def _take(self, chat: Chat, holder: str) -> Chat:
        now = self.clock.now()
        if is_held(chat.delivery, now, by_other_than=holder):
            raise Busy
        if is_held(chat.delivery, now):
            return chat
        return replace(chat, delivery=Lease(holder, now + LEASE_MS))

    def start_over(self, chat: Chat) -> Chat:
        """Ends the chat whose ticket is gone; what is pending moves to the device's next chat.

        That is a new one, unless the user has begun one meanwhile.
        """
        for _ in range(TRIES):
            old = self.chats.get(chat.key)
            if old is None:
                raise ChatNotFound
            current = self.chats.current(chat.key.region, chat.key.device) or old
            ended, successor = succeed(old, self.clock.now())
            if current.key != old.key:
                successor = with_older(current, successor)
            try:
                return self.chats.save_both(ended, successor)[1]
            except Conflict:
                continue
        raise Conflict
