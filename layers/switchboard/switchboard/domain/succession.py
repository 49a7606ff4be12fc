"""From a chat that is over to the device's next one: what was not delivered goes along.

With a message go its notes, and with a hand-over its brief, if they are still owed.
"""

from __future__ import annotations

from dataclasses import replace

from switchboard.domain.chat import Chat


def succeed(ended: Chat, now: int) -> tuple[Chat, Chat]:
    """Ends the chat and begins the device's next one, with all that is in no ticket, in its order.

    The next ticket may take what this one has refused.
    """
    moving = ended.undelivered
    ids = {message.id for message in moving}
    successor = Chat(
        key=replace(ended.key, sequence=ended.key.sequence + 1),
        language=ended.language,
        created_at=now,
        evaluation_consent=ended.evaluation_consent,
        consent_at=ended.consent_at,
        sends=ended.sends,
        messages=tuple(replace(m, attempted_at=None, refused=False) for m in moving),
        next_number=ended.next_number,
        postings=tuple(
            replace(posting, attempted_at=None)
            for posting in ended.postings
            if not posting.is_settled and posting.key.partition(".")[2] in ids
        ),
    )
    kept = tuple(m for m in ended.messages if m not in moving)
    return replace(ended, ended=True, delivery=None, messages=kept), successor


def with_older(chat: Chat, older: Chat) -> Chat:
    """The chat with another one's messages, which stand first as they were written first."""
    moved = tuple(
        replace(message, number=chat.next_number + place)
        for place, message in enumerate(older.messages)
    )
    return replace(
        chat,
        messages=(*moved, *chat.messages),
        postings=(*older.postings, *chat.postings),
        next_number=chat.next_number + len(moved),
    )
