"""What the bridge writes beside a conversation, and which of it a chat still owes its ticket.

Every posting is settled at most once; a chat keeps the settled ones, without their text, so that
nothing is said again.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from switchboard.domain.chat import Chat, Message, Sender
from switchboard.domain.ids import ArticleId, MessageId
from switchboard.domain.postings import Posting
from switchboard.domain.ticket import AUTOMATIC_SUBJECT, Article, ArticleDraft

_TRANSLATION = re.compile(r"<translation\.([0-9]{1,15})@switchboard>", re.ASCII)


def note_key(message: MessageId) -> str:
    """A user's message in the advisers' language."""
    return f"note.{message}"


def brief_key(message: MessageId) -> str:
    """What an adviser needs who takes over from the bot at this message."""
    return f"brief.{message}"


def translation_key(article: ArticleId) -> str:
    """An adviser's answer in the user's language."""
    return f"translation.{article}"


def find_posting(chat: Chat, key: str) -> Posting | None:
    return next((p for p in chat.postings if p.key == key), None)


def is_owed(chat: Chat, key: str) -> bool:
    posting = find_posting(chat, key)
    return posting is not None and not posting.is_settled


def is_handing_over(chat: Chat) -> bool:
    """The bot has asked for a human, and the ticket does not say so yet."""
    briefs = (p.key.removeprefix("brief.") for p in chat.postings if not p.is_settled)
    asked = (chat.message(MessageId(message)) for message in briefs)
    return any(m is not None and m.question and not m.question.is_owed for m in asked)


def bot_is_on(chat: Chat, told: bool | None) -> bool:
    """Whether the bot answers in the chat, now that its ticket was read.

    `told` is the ticket's attribute. Not every server has one: without it the chat's own word,
    which a hand-over may have changed, stays (contracts/zammad.md).
    """
    return (chat.automatic_answers if told is None else told) and not is_handing_over(chat)


def with_posting(chat: Chat, posting: Posting) -> Chat:
    """The chat with one more posting, unless it knows one of that key."""
    if find_posting(chat, posting.key) is not None:
        return chat
    return replace(chat, postings=(*chat.postings, posting))


def amend_posting(chat: Chat, key: str, **changes: Any) -> Chat:
    changed = tuple(replace(p, **changes) if p.key == key else p for p in chat.postings)
    return replace(chat, postings=changed)


def settle_posting(chat: Chat, key: str, article: ArticleId | None = None) -> Chat:
    """It is in the ticket as `article`, or will never be."""
    return amend_posting(chat, key, is_settled=True, article_id=article, body="", attempted_at=None)


def posting_article(posting: Posting) -> ArticleDraft:
    return ArticleDraft(
        sender=Sender.AGENT,
        subject=AUTOMATIC_SUBJECT,
        body=posting.body,
        message_id=f"<{posting.key}@switchboard>",
        internal=posting.internal,
    )


def posted_articles(chat: Chat) -> frozenset[ArticleId]:
    """The bridge's own notes and translations in the ticket."""
    return frozenset(p.article_id for p in chat.postings if p.article_id is not None)


def translations(chat: Chat) -> dict[ArticleId | None, ArticleId]:
    """Which translation is of which adviser's article, where the chat still shows that."""
    originals = {m.article_id for m in chat.messages if m.is_human_answer}
    found: dict[ArticleId | None, ArticleId] = {}
    for posting in chat.postings:
        kind, _, original = posting.key.partition(".")
        if kind == "translation" and posting.article_id is not None and int(original) in originals:
            found[posting.article_id] = ArticleId(int(original))
    return found


def recognise_translations(chat: Chat, articles: Iterable[Article]) -> Chat:
    """Settles what the marker of an article says it is.

    It may be read before the worker that wrote it could store so, or come from a ticket that was
    merged into this one.
    """
    settled = posted_articles(chat)
    for article in articles:
        marker = _TRANSLATION.fullmatch(article.message_id)
        is_ours = article.sender is Sender.AGENT and article.subject == AUTOMATIC_SUBJECT
        if marker and is_ours and article.id not in settled:
            key = translation_key(ArticleId(int(marker[1])))
            chat = settle_posting(with_posting(chat, Posting(key, internal=False)), key, article.id)
    return chat


def untranslated(chat: Chat) -> tuple[Message, ...]:
    """Advisers' answers since the user's newest message of which nobody knows a translation.

    Older ones were written in another situation: the user may have changed the language since.
    """
    found: list[Message] = []
    for message in reversed(chat.messages):
        if message.sender is Sender.CUSTOMER:
            break
        if message.is_human_answer and message.article_id is not None:
            known = find_posting(chat, translation_key(message.article_id))
            found += [] if known else [message]
    return tuple(reversed(found))
