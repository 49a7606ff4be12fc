"""Sending a message: stored before it is answered, in the ticket at once if Zammad is there."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import NamedTuple

from switchboard.domain.chat import (
    Attachment,
    Chat,
    ChatKey,
    Message,
    Sender,
    accept_message,
    find_repeat,
    succeed,
)
from switchboard.domain.directory import Region
from switchboard.domain.errors import Busy, Conflict, HelpDeskRefused, HelpDeskUnavailable
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
        if message.refused:
            raise HelpDeskRefused
        self.queue.send(MessageJob(chat.key, message.id))
        announced = message.id if message.attempted_at is not None and not is_repeat else None
        if not message.is_pending or (announced is None and not is_repeat):
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
        files: tuple[Attachment, ...] = ()
        for _ in range(TRIES):
            current = self.chats.current(region.slug, device)
            now = self.clock.now()
            repeated = _repeated(current, draft, force_new, now)
            try:
                if current is not None and repeated is not None:
                    return Accepted(self._consent(current, draft), repeated, is_repeat=True)
                files = files or self.delivery.files.keep(device, draft.files)
                if current is not None and current.ended:
                    ended, chat = succeed(current, now)
                    chat, message = self._add(region, chat, language, draft, files, holder)
                    _, chat = self.chats.save_both(ended, chat)
                else:
                    chat = _chat_for(region, device, language, current, force_new, now)
                    chat, message = self._add(region, chat, language, draft, files, holder)
                    chat = self.chats.save(chat)
            except Conflict:
                # If somebody else began a chat meanwhile, theirs is new enough.
                seen = self.chats.current(region.slug, device)
                force_new = force_new and (seen and seen.key) == (current and current.key)
                continue
            return Accepted(chat, chat.message(message.id) if message else None)
        raise Conflict

    def _add(
        self,
        region: Region,
        chat: Chat,
        language: str,
        draft: Draft,
        files: tuple[Attachment, ...],
        holder: str,
    ) -> tuple[Chat, Message | None]:
        """The chat with the draft's consent and message, announced if it can be sent at once."""
        if draft.evaluation_consent is not None:
            chat = replace(chat, evaluation_consent=draft.evaluation_consent)
        if not draft.text and not files:
            return chat, None
        now = self.clock.now()
        chat, message = accept_message(
            chat,
            self.ids.message_id(),
            draft.text,
            language=language,
            now=now,
            asks_bot=region.answers_automatically,
            idempotency_key=draft.idempotency_key,
            attachments=files,
            files_digest=draft.files_digest,
        )
        return announce(chat, message, holder, now), message

    def _consent(self, chat: Chat, draft: Draft) -> Chat:
        if draft.evaluation_consent in (None, chat.evaluation_consent):
            return chat
        return self.chats.save(replace(chat, evaluation_consent=bool(draft.evaluation_consent)))


def _repeated(chat: Chat | None, draft: Draft, force_new: bool, now: int) -> Message | None:
    """The message of the chat that the draft repeats.

    Only the message that a chat begins with can repeat a request for a new chat.
    """
    if chat is None or chat.ended:
        return None
    message = find_repeat(chat, draft.text, draft.idempotency_key, now, draft.files_digest)
    first = next((m for m in chat.messages if m.sender is Sender.CUSTOMER), None)
    return message if not force_new or message is first else None


def _chat_for(
    region: Region,
    device: DeviceHash,
    language: str,
    current: Chat | None,
    force_new: bool,
    now: int,
) -> Chat:
    """The current chat; a new one if there is none, it has expired, or one is asked for."""
    if current is not None and not force_new and not current.is_over(now, region.retention_days):
        return current
    sequence = current.key.sequence + 1 if current else 1
    chat = Chat(ChatKey(region.slug, device, sequence), language, created_at=now)
    return replace(chat, next_number=current.next_number) if current else chat
