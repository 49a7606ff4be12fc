"""Each side reads the other in its own language.

A user's text becomes an internal note for the advisers, an adviser's answer a public article for
the user. What cannot be translated is left as it is, and so is what is in the reader's language
already: the original is always there.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field

from switchboard.domain.articles import to_html, wording
from switchboard.domain.chat import Chat, Message
from switchboard.domain.directory import Region
from switchboard.domain.errors import AppError
from switchboard.domain.files import without_images
from switchboard.domain.ids import ArticleId
from switchboard.domain.notes import find_posting, note_key, translation_key, with_posting
from switchboard.domain.postings import Posting
from switchboard.ports.chats import ChatRepository
from switchboard.ports.clock import Clock
from switchboard.ports.log import Logger
from switchboard.ports.translation import Translator
from switchboard.usecases.changing import change

TRANSLATION_MS = 50_000
WORTHWHILE_MS = 900_000
"""After this time an adviser's answer that cannot be translated stays as it is."""


@dataclass(slots=True)
class NoteInMaking:
    """A translation of a user's message that is being made while the bot thinks."""

    posting: Posting | None = None
    _thread: threading.Thread | None = field(default=None)

    def outcome(self, seconds: float) -> Posting | None:
        """The note to post, waited for no longer than that; None if there is none by then."""
        if self._thread is not None:
            self._thread.join(max(seconds, 0))
            if self._thread.is_alive():
                return None
        return self.posting


@dataclass(frozen=True, slots=True)
class Translating:
    chats: ChatRepository
    translator: Translator
    clock: Clock
    logger: Logger

    def begin_note(self, region: Region, chat: Chat, message: Message) -> NoteInMaking:
        """Starts to translate the message for the advisers, if there is need and means."""
        if not self._note_is_due(region, chat, message):
            return NoteInMaking()
        key, deadline = note_key(message.id), self.clock.now() + TRANSLATION_MS
        making = NoteInMaking(Posting(key, is_settled=True))

        def make() -> None:
            text = self._attempt(
                region,
                message.content,
                source=chat.language_of(message),
                target=region.default_language,
                deadline=deadline,
            )
            note = to_html(text.strip())
            if wording(note) not in ("", wording(to_html(message.content))):
                making.posting = Posting(key, note)

        thread = threading.Thread(target=make, daemon=True)
        making._thread = thread
        thread.start()
        return making

    def note(self, region: Region, chat: Chat, message: Message) -> Chat:
        """As `begin_note`, for a message that asks no bot: waits, and stores the note."""
        posting = self.begin_note(region, chat, message).outcome(TRANSLATION_MS / 1000)
        if posting is None:
            return chat
        return change(self.chats, chat, lambda c: with_posting(c, posting))

    def answer(self, region: Region, chat: Chat, article: ArticleId) -> Chat:
        """Translates an adviser's answer and stores it to be posted, unless that was done.

        Raises `AppError` if the translation failed and is worth another try.
        """
        message = next((m for m in chat.messages if m.article_id == article), None)
        if message is None or not message.is_human_answer:
            return chat
        text = without_images(message.content)
        if not text.strip():
            return chat
        key = translation_key(article)
        if chat.language == region.default_language or find_posting(chat, key) is not None:
            return chat
        posting = Posting(key, is_settled=True)
        if self.translator.is_available(region):
            now = self.clock.now()
            try:
                body = self.translator.translate(
                    region,
                    text,
                    source=region.default_language,
                    target=chat.language,
                    deadline=now + TRANSLATION_MS,
                    is_html=True,
                )
            except AppError as error:
                if error.retryable and now - message.created_at < WORTHWHILE_MS:
                    raise
                self._log(region, error.code)
            else:
                if wording(body) not in ("", wording(text)):
                    posting = Posting(key, body, internal=False)
        return change(self.chats, chat, lambda c: with_posting(c, posting))

    def _note_is_due(self, region: Region, chat: Chat, message: Message) -> bool:
        return (
            chat.language_of(message) != region.default_language
            and bool(message.content.strip())
            and find_posting(chat, note_key(message.id)) is None
            and self.translator.is_available(region)
        )

    def _attempt(
        self, region: Region, text: str, *, source: str, target: str, deadline: int
    ) -> str:
        """The translation, or nothing: a failure is logged and costs nobody an answer."""
        try:
            return self.translator.translate(
                region, text, source=source, target=target, deadline=deadline
            )
        except AppError as error:
            self._log(region, error.code)
        except Exception as error:  # noqa: BLE001 - the answer is worth more than its translation
            self._log(region, type(error).__name__)
        return ""

    def _log(self, region: Region, code: str) -> None:
        self.logger.info("translation failed", extra={"region": region.slug, "code": code})
