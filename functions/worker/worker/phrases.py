"""What the bridge itself says to users, in their language."""

from __future__ import annotations

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
    "tr": "Üzgünüm, şu anda yanıt veremiyorum. Bir danışman size en kısa sürede yanıt verecek.",
    "uk": "Вибачте, зараз я не можу відповісти. Консультант відповість вам якнайшвидше.",
}


def apology(language: str) -> str:
    """In the language asked for, without its region; English where there is no translation."""
    return APOLOGIES.get(language.partition("-")[0].lower(), APOLOGIES["en"])
