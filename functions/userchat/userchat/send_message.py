"""Sending a message: stored before it is answered, in the ticket at once if Zammad is there."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import NamedTuple

from switchboard.domain.articles import try_again
from switchboard.domain.chat import Attachment, Chat, ChatKey, Message, Sender
from switchboard.domain.directory import Region
from switchboard.domain.errors import Busy, Conflict, HelpDeskRefused, HelpDeskUnavailable
from switchboard.domain.ids import DeviceHash
from switchboard.domain.incoming import accept_message, find_repeat
from switchboard.domain.jobs import ConsentJob, MessageJob
from switchboard.domain.succession import succeed
from switchboard.ports.chats import ChatRepository
from switchboard.ports.clock import Clock, IdSource
from switchboard.ports.queue import JobQueue
from switchboard.usecases.changing import TRIES
from switchboard.usecases.consent import ConsentDelivery
from switchboard.usecases.delivery import Delivery, announce
from userchat.body import Draft
from userchat.limits import SendLimits

LATE_MS = 3_600_000
"""How long after a new chat was begun a request that belongs to the one before may be repeated."""


class Accepted(NamedTuple):
    """`message` is in `chat`, unless it repeats one of the chat before."""

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
    limits: SendLimits
    consents: ConsentDelivery

    def __call__(
        self,
        region: Region,
        device: DeviceHash,
        language: str,
        draft: Draft,
        holder: str,
        address: str = "",
    ) -> Accepted:
        """Stores the message, queues its job, and tries to bring it to the ticket.

        Whatever keeps Zammad from taking it, the message is pending and the worker's. Sent twice,
        it is one message. Raises `HelpDeskRefused` if Zammad will not have it; it is kept then,
        too, and tried once more when it is sent again. Raises `ChatFull`, and `RateLimited` if the
        device or the client's `address` sends too much; nothing is kept then.
        """
        accepted = self._accept(region, device, language, draft, holder, address)
        chat, message, is_repeat = accepted
        # A new message's own job tells the ticket its language.
        tells_language = chat.owes_language and (message is None or is_repeat)
        tells_consent = draft.evaluation_consent is not None and _is_consent_open(chat)
        if tells_consent or tells_language:
            self.queue.send(ConsentJob(chat.key), attempt=f"{chat.consent_at}{chat.language}")
        if message is None:
            return Accepted(self._tell_ticket(region, chat, holder), None)
        if chat.message(message.id) is None:
            return accepted
        again = is_repeat and message.waits
        self.queue.send(MessageJob(chat.key, message.id), attempt="repeat" if again else "")
        if draft.force_new and not is_repeat:
            self._queue_left_behind(chat)
        announced = message.id if message.attempted_at is not None and not is_repeat else None
        if message.is_pending and (announced is not None or is_repeat):
            try:
                chat = self.delivery.deliver(region, chat, holder, announced)
            except (HelpDeskUnavailable, Busy, Conflict):
                chat = self._chat_with(message, chat)
        if tells_language or chat.owes_consent:
            chat = self._tell_ticket(region, chat, holder)
        return Accepted(chat, chat.message(message.id) or message, is_repeat)

    def _chat_with(self, message: Message, chat: Chat) -> Chat:
        """The chat as stored now; the device's next one if the message has moved there."""
        current = self.chats.current(chat.key.region, chat.key.device)
        if current is not None and current.message(message.id) is not None:
            return current
        return self.chats.get(chat.key) or chat

    def _queue_left_behind(self, chat: Chat) -> None:
        """Nobody polls the chat before this one any more: what is pending there gets a job anew."""
        key = replace(chat.key, sequence=chat.key.sequence - 1)
        before = self.chats.get(key) if key.sequence else None
        for message in before.pending[:1] if before else ():
            self.queue.send(MessageJob(key, message.id), attempt="left behind")

    def _accept(
        self,
        region: Region,
        device: DeviceHash,
        language: str,
        draft: Draft,
        holder: str,
        address: str,
    ) -> Accepted:
        """The message in the device's current chat or a new one, stored under condition.

        Of two first messages at once, one begins the chat; the other finds it then.
        """
        force_new, counted = draft.force_new, False
        files: tuple[Attachment, ...] = ()
        for _ in range(TRIES):
            current = self.chats.current(region.slug, device)
            now = self.clock.now()
            repeated = _repeated(current, draft, force_new, now)
            try:
                if current is not None and current.ended and current.undelivered:
                    # What is in no ticket goes on in a new chat, before anything newer.
                    self.chats.save_both(*succeed(current, now))
                    continue
                if current is not None and repeated is not None:
                    said = _with_word(current, language, draft, now)
                    said = try_again(said, repeated.id, now)
                    chat = self.chats.save(said) if said != current else current
                    return Accepted(chat, chat.message(repeated.id), is_repeat=True)
                if current is not None and draft.idempotency_key:
                    earlier = self._sent_earlier(current, draft, now)
                    if earlier is not None:
                        return Accepted(current, earlier, is_repeat=True)
                counted = self.limits.admit(current, address, now, counted)
                files = files or self.delivery.files.keep(device, draft.files)
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

    def _sent_earlier(self, current: Chat, draft: Draft, now: int) -> Message | None:
        """The message of the chat before this one that a late repetition of its request names."""
        if current.key.sequence == 1 or now - current.created_at > LATE_MS:
            return None
        before = self.chats.get(replace(current.key, sequence=current.key.sequence - 1))
        if before is None:
            return None
        return find_repeat(before, draft.text, draft.idempotency_key, now)

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
        now = self.clock.now()
        chat = self.limits.noted(_with_word(chat, language, draft, now), now)
        if not draft.text and not files:
            return chat, None
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

    def _tell_ticket(self, region: Region, chat: Chat, holder: str) -> Chat:
        """Tells the ticket now what it is owed; whatever keeps it from that, a job tries again."""
        try:
            return self.consents.deliver(region, chat, holder)
        except (HelpDeskUnavailable, HelpDeskRefused, Busy, Conflict):
            return chat


def _with_word(chat: Chat, language: str, draft: Draft, now: int) -> Chat:
    """The chat with what the request says beside its message: language and consent."""
    chat = replace(chat, language=language)
    if draft.evaluation_consent in (None, chat.evaluation_consent):
        return chat
    return replace(chat, evaluation_consent=bool(draft.evaluation_consent), consent_at=now)


def _is_consent_open(chat: Chat) -> bool:
    """The ticket, be it still to come, may be told something else than the user said last."""
    has_ticket = chat.ticket_id is not None or bool(chat.pending)
    return has_ticket and chat.evaluation_consent != chat.consent_in_ticket


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
    if current is None:
        return chat
    return replace(chat, next_number=current.next_number, sends=current.sends)
