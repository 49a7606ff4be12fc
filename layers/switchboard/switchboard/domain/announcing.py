"""A write to the help desk is announced in the chat before it is made, and the lease given back."""

from __future__ import annotations

from dataclasses import replace

from switchboard.domain.chat import Chat, Lease
from switchboard.domain.ids import MessageId

LEASE_MS = 45_000
"""How long whoever writes to the ticket keeps others from it."""


def announced_chat(chat: Chat, message_id: MessageId, holder: str, now: int) -> Chat:
    """The chat with the lease taken, and the message said to be on its way since `now`."""
    return replace(
        chat.amend(message_id, attempted_at=now),
        delivery=Lease(holder, now + LEASE_MS),
        ticket_attempted_at=now if chat.ticket_id is None else None,
    )


def released_chat(
    chat: Chat, holder: str, not_sent: MessageId | None = None, refused_at: int = 0
) -> Chat:
    """Gives the lease back. `not_sent` is a message that need not be looked for next time."""
    if chat.delivery is None or chat.delivery.holder != holder:
        return chat
    chat = replace(chat, delivery=None, refused_at=refused_at or chat.refused_at)
    if not_sent is None:
        return chat
    return replace(chat.amend(not_sent, attempted_at=None), ticket_attempted_at=None)
