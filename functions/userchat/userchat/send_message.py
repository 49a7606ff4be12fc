"""Sending a message: stored before it is answered, in the ticket at once if Zammad is there."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import NamedTuple

from switchboard.domain.chat import Chat, ChatKey, Message, Sender, accept_message, find_repeat
from switchboard.domain.directory import Region
from switchboard.domain.errors import Busy, Conflict, HelpDeskUnavailable
from switchboard.domain.ids import DeviceHash
from switchboard.domain.jobs import MessageJob
from switchboard.ports.chats import ChatRepository
from switchboard.ports.clock import Clock, IdSource
from switchboard.ports.queue import JobQueue
from switchboard.usecases.changing import TRIES
from switchboard.usecases.delivery import Delivery, announce
from userchat.body import Draft


class Accepted(NamedTuple):
    chat: Chat
    message: Message | None
    is_repeat: bool = False


@dataclass(frozen=True, slots=True)
class SendMessage:
    chats: ChatRepository
    queue: JobQueue
    delivery: Delivery
    clock: Clock
    ids: IdSource

    def __call__(
        self, region: Region, device: DeviceHash, language: str, draft: Draft, holder: str
    ) -> Accepted:
        """Stores the message, queues its job, and tries to bring it to the ticket.

        Whatever keeps Zammad from taking it, the message is pending and the worker's. Sent twice,
        it is one message. Raises `HelpDeskRefused` if Zammad will not have it; it is kept then,
        too.
        """
        accepted = self._accept(region, device, language, draft, holder)
        chat, message, is_repeat = accepted
        if message is None:
            return accepted
        self.queue.send(MessageJob(chat.key, message.id))
        announced = message.id if message.attempted_at is not None and not is_repeat else None
        if announced is None and not message.refused:
            return accepted
        try:
            chat = self.delivery.deliver(region, chat, holder, announced)
        except (HelpDeskUnavailable, Busy, Conflict):
            chat = self.chats.get(chat.key) or chat
        return Accepted(chat, chat.message(message.id) or message, is_repeat)

    def _accept(
        self, region: Region, device: DeviceHash, language: str, draft: Draft, holder: str
    ) -> Accepted:
        """The message in the device's current chat or a new one, stored under condition.

        Of two first messages at once, one begins the chat; the other finds it then.
        """
        force_new = draft.force_new
        for _ in range(TRIES):
            now = self.clock.now()
            current = self.chats.current(region.slug, device)
            if current is not None and not current.ended:
                repeated = find_repeat(current, draft.text, draft.idempotency_key, now)
                if repeated is not None and (not force_new or _begins(current, repeated)):
                    return Accepted(current, repeated, is_repeat=True)
            chat = current
            if chat is None or force_new or chat.is_over(now, region.retention_days):
                chat = self._new_chat(region, device, language, current, now)
            if draft.evaluation_consent is not None:
                chat = replace(chat, evaluation_consent=draft.evaluation_consent)
            message: Message | None = None
            if draft.text:
                chat, message = accept_message(
                    chat,
                    self.ids.message_id(),
                    draft.text,
                    language=language,
                    now=now,
                    asks_bot=region.answers_automatically,
                    idempotency_key=draft.idempotency_key,
                )
                chat = announce(chat, message, holder, now)
            try:
                chat = self.chats.save(chat)
            except Conflict:
                # Somebody else began a chat meanwhile: theirs is new enough.
                force_new = force_new and chat.version > 0
                continue
            return Accepted(chat, chat.message(message.id) if message else None)
        raise Conflict

    def _new_chat(
        self, region: Region, device: DeviceHash, language: str, last: Chat | None, now: int
    ) -> Chat:
        sequence = last.key.sequence + 1 if last is not None else 1
        key = ChatKey(region.slug, device, sequence)
        chat = Chat(key=key, language=language, created_at=now)
        return chat if last is None else replace(chat, next_number=last.next_number)


def _begins(chat: Chat, message: Message) -> bool:
    """Only the message that a chat begins with can repeat a request for a new chat."""
    return next(m for m in chat.messages if m.sender is Sender.CUSTOMER) is message
