"""What the assistant without a language model says of itself, and how it tells languages apart.

A further language is one more entry in each of the tables.
"""

from __future__ import annotations

from dataclasses import dataclass

FALLBACK = "en"


@dataclass(frozen=True, slots=True)
class Phrases:
    """`about` follows an answer, `unknown` stands for one, `greeting` answers a greeting.

    `handing_over` is said when a human was asked for.
    """

    about: str
    unknown: str
    greeting: str
    handing_over: str


PHRASES = {
    "ar": Phrases(
        "أنا مساعد بسيط بلا نموذج لغوي، وهذا الجواب من معلوماتي المحفوظة.",
        "لا أعرف جوابًا عن هذا السؤال. أنا مساعد بسيط بلا نموذج لغوي.",
        "مرحبًا! أنا مساعد بسيط بلا نموذج لغوي. اكتب سؤالك من فضلك.",
        "لقد أخبرتُ أحد المستشارين، وسيكتب لك هنا في أقرب وقت ممكن.",
    ),
    "de": Phrases(
        "Ich bin ein einfacher Assistent ohne Sprachmodell; die Antwort stammt aus meinen "
        "gespeicherten Informationen.",
        "Darauf weiß ich leider keine Antwort. Ich bin ein einfacher Assistent ohne Sprachmodell.",
        "Hallo! Ich bin ein einfacher Assistent ohne Sprachmodell. Wie lautet Ihre Frage?",
        "Ich habe die Beratung informiert. Sie meldet sich hier so bald wie möglich.",
    ),
    "en": Phrases(
        "I am a simple assistant without a language model; this answer comes from my stored "
        "information.",
        "I do not know the answer to that. I am a simple assistant without a language model.",
        "Hello! I am a simple assistant without a language model. What is your question?",
        "I have told an adviser, who will write to you here as soon as possible.",
    ),
    "es": Phrases(
        "Soy un asistente sencillo sin modelo de lenguaje; esta respuesta procede de mi "
        "información guardada.",
        "No sé la respuesta a eso. Soy un asistente sencillo sin modelo de lenguaje.",
        "¡Hola! Soy un asistente sencillo sin modelo de lenguaje. ¿Cuál es su pregunta?",
        "He avisado a un asesor, que le escribirá aquí lo antes posible.",
    ),
    "fr": Phrases(
        "Je suis un assistant simple sans modèle de langage ; cette réponse vient de mes "
        "informations enregistrées.",
        "Je ne connais pas la réponse. Je suis un assistant simple sans modèle de langage.",
        "Bonjour ! Je suis un assistant simple sans modèle de langage. Quelle est votre question ?",
        "J’ai prévenu un conseiller, qui vous écrira ici dès que possible.",
    ),
    "ru": Phrases(
        "Я простой помощник без языковой модели; этот ответ взят из сохранённой информации.",
        "Я не знаю ответа на этот вопрос. Я простой помощник без языковой модели.",
        "Здравствуйте! Я простой помощник без языковой модели. Какой у вас вопрос?",
        "Я сообщил консультанту, он напишет вам здесь как можно скорее.",
    ),
    "tr": Phrases(
        "Ben dil modeli olmayan basit bir asistanım; bu cevap kayıtlı bilgilerimden geliyor.",
        "Bunun cevabını bilmiyorum. Ben dil modeli olmayan basit bir asistanım.",
        "Merhaba! Ben dil modeli olmayan basit bir asistanım. Sorunuz nedir?",
        "Bir danışmana haber verdim; size en kısa sürede buraya yazacak.",
    ),
    "uk": Phrases(
        "Я простий помічник без мовної моделі; ця відповідь узята зі збереженої інформації.",
        "Я не знаю відповіді на це запитання. Я простий помічник без мовної моделі.",
        "Вітаю! Я простий помічник без мовної моделі. Яке у вас запитання?",
        "Я повідомив консультанта, він напише вам тут якнайшвидше.",
    ),
}

COMMON_WORDS = {
    "ar": ("في من على إلى هل أين كيف ما متى أنا هذا عن مع لا كم"),
    "de": (
        "ich du wir sie der die das ein eine einen und oder nicht ist sind hat wie wo wer "
        "was wann warum kann muss für mit von zu zum zur bei auf mein meine mir mich gibt "
        "es welche bekomme finde"
    ),
    "en": (
        "i you we they the a an and or not is are has how where who what when why can "
        "must for with from to at on my me do does there which get find have need of in "
        "after before about into by be was were this that it its"
    ),
    "es": (
        "yo el la los las un una y o no es son como cómo donde dónde que qué cuando "
        "cuándo para con de en mi puedo tengo hay necesito"
    ),
    "fr": (
        "je tu nous vous le la les un une et ou ne pas est sont comment où qui que quand "
        "pourquoi puis pour avec de du des à au mon ma mes il y"
    ),
    "ru": ("я мы вы и или не это как где кто что когда почему могу нужно для с из на мне мой есть"),
    "tr": (
        "ben sen biz siz bir ve veya değil nasıl nerede kim ne zaman neden için ile benim "
        "bana var mı mi nereden hangi"
    ),
    "uk": (
        "я ми ви і й або не це як де хто що коли чому можу треба потрібно для з із на мені мій є"
    ),
}

GREETINGS = {
    "ar": "مرحبا السلام عليكم أهلا اهلا",
    "de": "hallo moin servus grüß grüezi gott guten tag morgen abend hi",
    "en": "hello hi hey good day morning evening afternoon",
    "es": "hola buenos buenas dias tardes",
    "fr": "bonjour salut bonsoir",
    "ru": "привет здравствуйте добрый день",
    "tr": "merhaba selam günaydın",
    "uk": "привіт вітаю добрий день",
}

HUMAN = {
    "ar": "مستشار إنسان موظف",
    "de": "mensch menschen berater beraterin mitarbeiter mitarbeiterin",
    "en": "human adviser advisor",
    "es": "humano asesor asesora",
    "fr": "humain conseiller conseillère",
    "ru": "человек человеком оператор консультант консультантом",
    "tr": "insan danışman temsilci",
    "uk": "людина людиною оператор консультант консультантом",
}
"""Whoever uses one of these words wants a person."""
