"""A user's message comes in: whether it is a repeat, and what it makes of the chat."""

from __future__ import annotations

from dataclasses import replace

from switchboard.domain.chat import Attachment, Chat, Message, Question, Sender
from switchboard.domain.errors import ChatFull
from switchboard.domain.ids import MessageId

REPEAT_MS = 30_000
"""The same text from a device within this time is the same message (contracts/userchat.md)."""
MOST_CHARACTERS = 400_000
"""Of a chat that takes another message: whole, it must fit into one answer of Lambda's (6 MB)."""
BARE_MESSAGE = 150
"""What a message without text counts for."""


def find_repeat(
    chat: Chat, text: str, idempotency_key: str, now: int, files_digest: str = ""
) -> Message | None:
    """The message that a request repeats: same key, or, without one, the same within 30 s.

    The same is the same text with the same files.
    """
    for message in reversed(chat.messages):
        if message.sender is not Sender.CUSTOMER or message.automatic:
            continue
        if idempotency_key:
            if message.idempotency_key == idempotency_key:
                return message
        elif (
            (text or files_digest)
            and (message.content, message.files_digest) == (text, files_digest)
            and now - message.created_at < REPEAT_MS
        ):
            return message
    return None


def accept_message(
    chat: Chat,
    message_id: MessageId,
    text: str,
    *,
    language: str,
    now: int,
    asks_bot: bool,
    idempotency_key: str = "",
    attachments: tuple[Attachment, ...] = (),
    files_digest: str = "",
) -> tuple[Chat, Message]:
    """Adds the user's message as pending; with `asks_bot` it is also a question to the bot.

    Files without a text ask nothing: the bot cannot read them. The language of the newest message
    becomes the chat's. Raises `ChatFull`.
    """
    if sum(len(m.content) + BARE_MESSAGE for m in chat.messages) > MOST_CHARACTERS:
        raise ChatFull
    message = Message(
        id=message_id,
        number=chat.next_number,
        sender=Sender.CUSTOMER,
        content=text,
        created_at=now,
        idempotency_key=idempotency_key,
        attachments=attachments,
        files_digest=files_digest,
        question=(Question(asked_at=now) if asks_bot and text and chat.automatic_answers else None),
        language=language,
    )
    accepted = replace(
        chat,
        language=language,
        messages=(*chat.messages, message),
        next_number=chat.next_number + 1,
    )
    return accepted, message
