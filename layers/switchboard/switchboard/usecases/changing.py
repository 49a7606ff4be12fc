"""Changing a stored chat that others change too."""

from __future__ import annotations

from collections.abc import Callable

from switchboard.domain.chat import Chat
from switchboard.domain.errors import ChatNotFound, Conflict
from switchboard.ports.chats import ChatRepository

TRIES = 12


def change(
    chats: ChatRepository,
    chat: Chat,
    apply: Callable[[Chat], Chat],
    save: Callable[[Chat], Chat] | None = None,
) -> Chat:
    """Stores `apply(chat)`; if somebody else was faster, applies it again to what they stored.

    `apply` must be free of effects. Nothing is written if it returns the chat unchanged. Raises
    `Conflict` when that went wrong many times in a row, `ChatNotFound` if the chat was erased.
    """
    for _ in range(TRIES):
        changed = apply(chat)
        if changed == chat:
            return chat
        try:
            return (save or chats.save)(changed)
        except Conflict:
            stored = chats.get(chat.key)
            if stored is None:
                raise ChatNotFound from None
            chat = stored
    raise Conflict
