"""What the bridge itself says to users, in their language."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple, TypeVar

from switchboard.domain.articles import wording

T = TypeVar("T")
LONGEST_TRIED = 600
"""Characters of an answer that a brief repeats; the answer itself is in the ticket."""


class BriefWords(NamedTuple):
    title: str
    language: str
    question: str
    tried: str
    answered: str
    unanswered: str


BRIEFS = {
    "de": BriefWords(
        "Der Chatbot übergibt diesen Chat an die Beratung. Er antwortet nicht mehr automatisch.",
        "Sprache",
        "Letzte Frage",
        "Bisher versucht",
        "Der Chatbot hat geantwortet: {answer}",
        "Der Chatbot hatte keine Antwort.",
    ),
    "en": BriefWords(
        "The chatbot hands this chat over to you. It no longer answers automatically.",
        "Language",
        "Last question",
        "Tried so far",
        "The chatbot has answered: {answer}",
        "The chatbot had no answer.",
    ),
}
APOLOGIES = {
    "ar": "عذراً، لا أستطيع الإجابة الآن. سيجيبك أحد المستشارين في أقرب وقت ممكن.",
    "de": "Entschuldigung, ich kann gerade nicht antworten. Eine Beraterin oder ein Berater "
    "meldet sich so bald wie möglich.",
    "en": "Sorry, I cannot answer right now. An adviser will get back to you as soon as possible.",
    "es": "Lo siento, ahora mismo no puedo responder. Un asesor le contestará lo antes posible.",
    "fa": "متأسفم، در حال حاضر نمی‌توانم پاسخ دهم. یک مشاور در اولین فرصت پاسخ شما را می‌دهد.",
    "fr": "Désolé, je ne peux pas répondre pour le moment. Un conseiller vous répondra dès que "
    "possible.",
    "ru": "Извините, сейчас я не могу ответить. Консультант ответит вам как можно скорее.",
    "ti": "ይቕሬታ፡ ሕጂ ክምልስ ኣይክእልን እየ። ሓደ ኣማኻሪ ብዝተኻእለ መጠን ቀልጢፉ ክምልሰልኩም እዩ።",
    "tr": "Üzgünüm, şu anda yanıt veremiyorum. Bir danışman size en kısa sürede yanıt verecek.",
    "uk": "Вибачте, зараз я не можу відповісти. Консультант відповість вам якнайшвидше.",
}


def apology(language: str) -> str:
    """In the language asked for, without its region; English where there is no translation."""
    return _in(language, APOLOGIES)


def brief(adviser_language: str, chat_language: str, question: str, answer: str) -> str:
    """What an adviser needs who takes over: plain text in the adviser's language.

    `answer` is what the bot has said last; empty if that is nothing.
    """
    words = _in(adviser_language, BRIEFS)
    attempt = words.answered.format(answer=answer) if answer else words.unanswered
    lines = (
        words.title,
        f"{words.language}: {chat_language}",
        f"{words.question}: {question}",
        f"{words.tried}: {attempt}",
    )
    return "\n".join(lines)


def in_brief(answer: str) -> str:
    """An answer in HTML as a brief tells it: its words, cut where they grow long."""
    words = wording(answer)
    return words if len(words) <= LONGEST_TRIED else f"{words[: LONGEST_TRIED - 1].rstrip()}…"


def _in(language: str, phrases: Mapping[str, T]) -> T:
    return phrases.get(language.partition("-")[0].lower(), phrases["en"])
