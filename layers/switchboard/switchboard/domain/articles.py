"""Between messages of a chat and articles of its ticket: writing, recognising, merging.

A marker in the article's `message_id` says which message an article is. It is how a repeated
write recognises its own article; servers that drop it are served by comparing sender, subject
and body (contracts/zammad.md).
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterable, Sequence, Set
from dataclasses import replace

from switchboard.domain.chat import Attachment, Chat, Message, QuestionState, Sender
from switchboard.domain.files import match_files, without_images
from switchboard.domain.ids import ArticleId, MessageId
from switchboard.domain.notes import recognise_translations
from switchboard.domain.ticket import AUTOMATIC_SUBJECT, USER_SUBJECT, Article, ArticleDraft

_MISSING = ": not available any more"
WINDOW_MS = 120_000
"""How far our clock and Zammad's may be apart where an article is recognised by its text."""


def to_html(text: str) -> str:
    """Plain text as an article's body: `& < >` escaped, newlines as `<br>`."""
    return html.escape(text, quote=False).replace("\r\n", "\n").replace("\n", "<br>")


def to_text(body: str) -> str:
    """The inverse of `to_html`."""
    return html.unescape(body.replace("<br>", "\n"))


def name_missing(draft: ArticleDraft, filenames: Sequence[str]) -> ArticleDraft:
    """The article, naming files that are gone, so that an adviser can ask for them."""
    if not filenames:
        return draft
    return replace(draft, body=f"{draft.body}<br>[{to_html(', '.join(filenames))}{_MISSING}]")


def wording(body: str) -> str:
    """What is left of a body that a server or a sanitiser may have written another way.

    Files may have gone since it was written, so they do not count.
    """
    body = re.sub(rf"<br ?/?>\[((?!<br).)*{_MISSING}\]$", "", body)
    return " ".join(html.unescape(re.sub(r"<[^<>]*>", " ", body)).split())


def user_marker(message_id: MessageId) -> str:
    """What the article of this user's message has as its `message_id`."""
    return f"<user.{message_id}@switchboard>"


def user_article(message: Message) -> ArticleDraft:
    """Without the bytes of its files. Zammad takes no blank body: files alone are named in it."""
    return ArticleDraft(
        sender=Sender.CUSTOMER,
        subject=USER_SUBJECT,
        body=to_html(message.content or _named(a.filename for a in message.attachments)),
        message_id=user_marker(message.id),
    )


def _named(filenames: Iterable[str]) -> str:
    return ", ".join(filenames)


def answer_article(message: Message) -> ArticleDraft:
    """The bot's answer or apology to `message`; both have the same marker, so there is only one."""
    assert message.question is not None
    return ArticleDraft(
        sender=Sender.AGENT,
        subject=AUTOMATIC_SUBJECT,
        body=message.question.answer,
        message_id=f"<answer.{message.id}@switchboard>",
    )


def find_article(
    articles: Iterable[Article], draft: ArticleDraft, attempted_at: int, taken: Set[ArticleId]
) -> Article | None:
    """The article that an earlier attempt to write `draft` has left, if it has.

    `taken` are articles known to be other messages.
    """
    candidates = [a for a in articles if a.id not in taken]
    for article in candidates:
        if article.message_id == draft.message_id:
            return article
    for article in candidates:
        if (
            not article.message_id
            and (article.sender, article.subject) == (draft.sender, draft.subject)
            and (article.internal or not draft.internal)
            and wording(article.body) == wording(draft.body)
            and article.created_at >= attempted_at - WINDOW_MS
        ):
            return article
    return None


def known_articles(chat: Chat) -> frozenset[ArticleId]:
    return frozenset(m.article_id for m in chat.messages if m.article_id is not None)


def lacks_messages(chat: Chat, articles: Iterable[Article]) -> bool:
    """One of the user's messages is no longer in the ticket, as after a merger into another one.

    Messages that came too late for the merger are still there.
    """
    own = {m.article_id for m in chat.messages if m.sender is Sender.CUSTOMER and not m.is_pending}
    return not own <= {a.id for a in articles}


def leave_merged(chat: Chat, articles: Iterable[Article]) -> Chat:
    """Ends the chat whose ticket was merged away. `articles` are what it still has.

    The user's messages among them are pending again: nobody reads them where they are. So are
    those written since: a merger takes all with it that was there, and nothing that comes later.
    """
    oldest = min((a.id for a in articles), default=None)
    for message in chat.messages:
        if message.sender is not Sender.CUSTOMER or message.article_id is None or oldest is None:
            continue
        if message.article_id >= oldest:
            question = message.question and replace(message.question, attempted_at=None)
            chat = chat.amend(message.id, article_id=None, attempted_at=None, question=question)
    return replace(chat, ended=True, sync=None, answering=None)


def was_moved(chat: Chat, articles: Iterable[Article]) -> bool:
    """None of the user's messages is in the ticket any more: it was merged into another one."""
    own = {m.article_id for m in chat.messages if m.sender is Sender.CUSTOMER and not m.is_pending}
    return bool(own) and own.isdisjoint(a.id for a in articles)


def mark_delivered(chat: Chat, message_id: MessageId, article: Article) -> Chat:
    """The message is in the ticket as this article; it keeps its place, its text and its files."""
    message = chat.message(message_id)
    if message is None or message.article_id == article.id:
        return chat
    others = tuple(m for m in chat.messages if m.article_id != article.id)
    return replace(chat, messages=others).amend(
        message_id,
        article_id=article.id,
        attachments=match_files(message.attachments, article.attachments),
        attempted_at=None,
        refused=False,
    )


def mark_refused(chat: Chat, message_id: MessageId) -> Chat:
    """Zammad will not have this message as it is: it is kept, and no longer in others' way."""
    return chat.amend(message_id, attempted_at=None, refused=True)


def try_again(chat: Chat, message_id: MessageId, now: int) -> Chat:
    """What Zammad has refused is pending once more; its question counts from now."""
    message = chat.message(message_id)
    if message is None or not message.refused:
        return chat
    question = message.question and replace(message.question, asked_at=now)
    return chat.amend(message_id, refused=False, question=question)


def add_answer(chat: Chat, message_id: MessageId, article: Article) -> Chat:
    """The question of this message is answered by `article`, shown from now on if it is public."""
    message = chat.message(message_id)
    if message is not None and message.question is not None:
        answered = replace(message.question, state=QuestionState.ANSWERED, attempted_at=None)
        chat = chat.amend(message_id, question=answered)
        if answered.hands_off:
            chat = replace(chat, automatic_answers=False)
    return chat if article.internal else _with_article(chat, article, lambda: "")


def show_article(chat: Chat, article: Article) -> Chat:
    """The chat with a public article that the bridge has just written itself."""
    return _with_article(chat, article, lambda: "")


def merge_articles(
    chat: Chat,
    articles: Sequence[Article],
    *,
    known: Set[ArticleId],
    new_token: Callable[[], str],
    read_at: int,
) -> Chat:
    """The chat as the ticket's public articles say, read from Zammad in full.

    `known` are the articles the chat had before they were read: what is missing from `articles`
    and in `known` was deleted or made internal, what is not in `known` is merely newer. `read_at`
    is when the reading began; of a reading older than the chat's copy only its own articles count,
    and of one from which all the user's messages are gone as well: it never empties a chat.
    """
    chat = _recognise(chat, articles)
    if read_at < chat.synced_at or was_moved(chat, articles):
        return chat
    public = [a for a in articles if not a.internal]
    shown = {a.id for a in public}
    chat = replace(
        chat,
        messages=tuple(
            m for m in chat.messages if m.article_id not in known or m.article_id in shown
        ),
        synced_at=read_at,
        sync=None,
    )
    for article in sorted(public, key=lambda a: a.id):
        chat = _with_article(chat, article, new_token)
    return chat


def _recognise(chat: Chat, articles: Sequence[Article]) -> Chat:
    """Finds the chat's own messages, answers and translations that it does not know to be there."""
    for message in chat.messages:
        taken = known_articles(chat)
        if message.is_pending and message.attempted_at is not None:
            own = find_article(articles, user_article(message), message.attempted_at, taken)
            if own is not None:
                chat = mark_delivered(chat, message.id, own)
        question = message.question
        if question and question.state is QuestionState.READY and question.attempted_at is not None:
            own = find_article(articles, answer_article(message), question.attempted_at, taken)
            if own is not None:
                chat = add_answer(chat, message.id, own)
    return recognise_translations(chat, articles)


def _with_article(chat: Chat, article: Article, new_token: Callable[[], str]) -> Chat:
    """Adds a public article in its place, or takes over what was changed in a known one."""
    known = next((m for m in chat.messages if m.article_id == article.id), None)
    if known is None:
        return _insert(chat, _message(article, (), new_token, chat.next_number))
    if known.id.startswith("article-"):
        changed = _message(article, known.attachments, new_token, known.number)
        return replace(chat, messages=tuple(changed if m is known else m for m in chat.messages))
    if any(not a.source_id for a in known.attachments):
        matched = match_files(known.attachments, article.attachments)
        return chat.amend(known.id, attachments=matched)
    return chat


def _insert(chat: Chat, new: Message) -> Chat:
    """After every message with a smaller article id, and after what was pending before it came."""
    place = 0
    for index, message in enumerate(chat.messages):
        if message.article_id is not None:
            if message.article_id < (new.article_id or 0):
                place = index + 1
        elif message.created_at <= new.created_at and place == index:
            place = index + 1
    messages = (*chat.messages[:place], new, *chat.messages[place:])
    return replace(chat, messages=messages, next_number=chat.next_number + 1)


def _message(
    article: Article, known: tuple[Attachment, ...], new_token: Callable[[], str], number: int
) -> Message:
    ids = {a.source_id: a.id for a in known}
    return Message(
        id=MessageId(f"article-{article.id}"),
        number=number,
        sender=article.sender,
        content=_content(article),
        created_at=article.created_at,
        automatic=article.subject == AUTOMATIC_SUBJECT,
        article_id=article.id,
        attachments=tuple(
            Attachment(ids.get(a.id) or new_token(), a.id, a.filename, a.size, a.content_type)
            for a in article.attachments
        ),
    )


def _content(article: Article) -> str:
    """What the user sees: their own words as text, everybody else's as HTML."""
    if article.sender is not Sender.CUSTOMER:
        return article.body
    if article.subject != USER_SUBJECT:
        return without_images(article.body)
    text = to_text(article.body)
    files = article.attachments
    return "" if files and text == _named(a.filename for a in files) else text
