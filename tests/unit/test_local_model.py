"""The assistant without a language model: the text it picks, its language, its candour."""

from __future__ import annotations

import pytest

from switchboard.adapters.local_model import LocalModel
from switchboard.adapters.local_phrases import COMMON_WORDS, GREETINGS, PHRASES
from switchboard.domain.conversation import ChatMessage, Role
from switchboard.domain.directory import Directive, Plugin
from switchboard.ports.models import CompletionRequest


def topic(name: str, terms: tuple[str, ...], de: str, en: str) -> Plugin:
    data = {"staticData": {"de": de, "en": en}}
    return Plugin(name, "static", Directive.SEARCH_TERMS, terms, data=data)


COURSES = topic("courses", ("Sprachkurs", "language course"), "Kurse: VHS.", "Courses: VHS.")
OFFICE = topic("office", ("Bürgeramt", "register"), "Amt: Rathaus.", "Office: town hall.")
DOCTOR = topic("doctor", ("Arzt", "doctor"), "Arzt: 116117.", "Doctor: 116117.")
FEES = Plugin(
    "fees",
    "static",
    Directive.ALWAYS,
    description="What things cost",
    data={"staticData": {"library_card": "10 euro", "parking": {"hour": 2}}},
)
BOT = LocalModel((COURSES, OFFICE, DOCTOR, FEES))


def ask(text: str, language: str = "", model: LocalModel = BOT) -> str:
    thread = (ChatMessage(Role.SYSTEM, "You help."), ChatMessage(Role.USER, text))
    return model.complete(CompletionRequest(thread, 0, language=language)).text


@pytest.mark.parametrize(
    ("question", "text"),
    [
        ("Wo finde ich einen Sprachkurs?", "Kurse: VHS."),
        ("Gibt es Sprachkurse für mich?", "Kurse: VHS."),
        ("Where is a language course?", "Courses: VHS."),
        ("Wo ist das Buergeramt?", "Amt: Rathaus."),
        ("wo ist das BURGERAMT", "Amt: Rathaus."),
        ("Where do I register?", "Office: town hall."),
        ("I need a doctor", "Doctor: 116117."),
        ("doctor", "Doctor: 116117."),
        ("How much is the library card?", "library card: 10 euro"),
    ],
)
def test_the_best_text_in_the_question_s_language(question: str, text: str) -> None:
    """Chosen by the question's words, whatever their case, ending or umlauts."""
    assert ask(question).startswith(text)


def test_a_given_language_wins() -> None:
    """The chat's language decides, not the question's; without a text in it, English."""
    assert ask("Where is a language course?", "de").startswith("Kurse: VHS.")
    assert ask("Where is a language course?", "de-AT").startswith("Kurse: VHS.")
    turkish = ask("Sprachkurs", "tr")
    assert turkish.startswith("Courses: VHS.")
    assert PHRASES["tr"].about in turkish


def test_two_topics_are_both_answered() -> None:
    """A question about two things gets both texts."""
    said = ask("Where do I register and find a doctor?")
    assert "Office: town hall." in said
    assert "Doctor: 116117." in said


@pytest.mark.parametrize("language", sorted(PHRASES))
def test_it_says_what_it_is(language: str) -> None:
    """Every answer says that there is no model behind it; an unknown question gets a plain no."""
    assert ask("Sprachkurs", language).endswith(PHRASES[language].about)
    assert ask("xyzzy", language) == PHRASES[language].unknown


def test_an_unknown_language_is_answered_in_english() -> None:
    """There is always an answer one can look up."""
    assert ask("xyzzy", "ti") == PHRASES["en"].unknown


@pytest.mark.parametrize(
    ("greeting", "language"),
    [
        ("Hallo!", "de"),
        ("Hello", "en"),
        ("Hi!", "en"),
        ("Bonjour", "fr"),
        ("مرحبا", "ar"),
        ("Привіт", "uk"),
    ],
)
def test_a_greeting_is_greeted(greeting: str, language: str) -> None:
    """In its own language, without a topic."""
    assert ask(greeting) == PHRASES[language].greeting


def test_a_greeting_of_two_languages_is_met_in_one_that_the_bot_has() -> None:
    """`Hi` is said in German, too: a bot that has German texts only greets in German."""
    data = {"staticData": {"de": "Amt: Rathaus."}}
    german = Plugin("office", "static", Directive.ALWAYS, data=data)
    assert ask("Hi", model=LocalModel((german,))) == PHRASES["de"].greeting
    assert ask("Hi", model=LocalModel(())) == PHRASES["en"].greeting


def test_a_bot_without_plugins_still_answers() -> None:
    """No data is no crash."""
    assert ask("Was ist der Sinn?", model=LocalModel(())) == PHRASES["de"].unknown
    assert ask("???", model=LocalModel(())) == PHRASES["en"].unknown


def test_texts_by_topic_are_told_by_topic() -> None:
    """Data that is not kept by language is answered with the topics the question names, or all."""
    assert "parking" not in ask("How much is the library card?")
    said = ask("fees")
    assert "library card: 10 euro" in said
    assert 'parking: {"hour": 2}' in said


def test_every_language_is_complete() -> None:
    """A language that is told apart also has its phrases and its greetings."""
    assert set(PHRASES) == set(COMMON_WORDS) == set(GREETINGS)
