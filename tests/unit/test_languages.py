"""Which language the bot, the advisers and the ticket are told, when a user changes theirs."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from switchboard.domain.chat import Chat
from switchboard.domain.directory import Region
from switchboard.domain.errors import ModelFailed
from tests.fakes.translation import Dictionary
from tests.fakes.zammad import Fault
from tests.unit.conversation import DEVICE, DeskInMemory
from userchat.body import Draft
from worker.answering import BotAnswer
from worker.phrases import apology


def in_both(text: str, source: str, target: str, is_html: bool) -> str:
    """A translation that says from which language into which it was asked for."""
    return f"{source}-{target}: {text}"


@pytest.fixture
def desk() -> DeskInMemory:
    """The advisers write German; the bot answers with the language it was asked in."""
    desk = DeskInMemory(translator=Dictionary(writes=in_both))

    def answer(region: Region, texts: Sequence[str], language: str, deadline: int) -> BotAnswer:
        if desk.bot.broken:
            raise ModelFailed
        return BotAnswer(f"{language}: {texts[-1]}")

    desk.bot.answer = answer  # type: ignore[method-assign]
    return desk


def say(desk: DeskInMemory, language: str, text: str = "", consent: bool | None = None) -> Chat:
    draft = Draft(text=text, evaluation_consent=consent)
    return desk.send_message(desk.region, DEVICE, language, draft, desk.holder()).chat


def wait_in_two_languages(desk: DeskInMemory) -> None:
    """Zammad is down while the user asks in one language and then in another."""
    desk.zammad.faults = [Fault.NOT_SENT] * 2
    say(desk, "en", "Where is it?")
    say(desk, "fr", "Où est-ce ?")
    desk.zammad.faults = []
    desk.work_until_done()


def notes(desk: DeskInMemory) -> set[str]:
    (ticket,) = desk.zammad.tickets.values()
    return {article.body for article in ticket.articles if article.internal}


def test_a_question_keeps_its_language(desk: DeskInMemory) -> None:
    """A question that waited is asked and translated in the language that it was asked in."""
    wait_in_two_languages(desk)
    answers = {"en: Where is it?", "fr: Où est-ce ?"}
    assert set(desk.texts()) == answers | {"Where is it?", "Où est-ce ?"}
    assert notes(desk) == {"en-de: Where is it?", "fr-de: Où est-ce ?"}


def test_an_apology_keeps_its_question_s_language(desk: DeskInMemory) -> None:
    """Who asked in English is told in English that there is no answer."""
    desk.bot.broken = True
    wait_in_two_languages(desk)
    assert {apology("en"), apology("fr")} <= set(desk.texts())


def test_a_message_in_the_advisers_language_needs_no_note(desk: DeskInMemory) -> None:
    """A user who goes on in another language has not written all they said in it."""
    desk.zammad.faults = [Fault.NOT_SENT] * 2
    say(desk, "de", "Wo ist es?")
    say(desk, "fr", "Où est-ce ?")
    desk.zammad.faults = []
    desk.work_until_done()
    assert notes(desk) == {"fr-de: Où est-ce ?"}


def ticket_language(desk: DeskInMemory) -> object:
    (ticket,) = desk.zammad.tickets.values()
    return ticket.changes.get("language_slug", ticket.draft.language)


def test_the_ticket_is_told_each_change_once(desk: DeskInMemory) -> None:
    """The worker tells it beside the message: in one call, and none while nothing changes."""
    for language in ("de", "de", "fr", "fr", "de"):
        say(desk, language, f"Hallo {len(desk.zammad.calls)}")
        desk.work_until_done()
        assert ticket_language(desk) == language
    assert desk.zammad.calls.count("update_ticket") == 2
    (ticket,) = desk.zammad.tickets.values()
    assert "[DE]" in ticket.draft.title
    assert "title" not in ticket.changes


def test_a_message_is_not_held_up_by_its_language(desk: DeskInMemory) -> None:
    """In the user's own request the message is all that Zammad is sent."""
    say(desk, "de", "eins")
    desk.work_until_done()
    before = len(desk.zammad.calls)
    say(desk, "fr", "deux")
    assert desk.zammad.calls[before:] == ["create_article"]


def test_a_ticket_opened_with_the_old_language_is_told(desk: DeskInMemory) -> None:
    """The language changes while the ticket is being opened."""
    desk.before_next("create_ticket", lambda: say(desk, "fr", "deux"))
    say(desk, "en", "one")
    desk.work_until_done()
    assert ticket_language(desk) == "fr"


@pytest.mark.parametrize("fault", [None, Fault.NOT_SENT])
@pytest.mark.parametrize("text", ["", "eins"])
def test_the_language_changes_without_a_new_message(
    desk: DeskInMemory, text: str, fault: Fault | None
) -> None:
    """A repeat and a consent alone change it, too, and the ticket is told even if that is hard."""
    say(desk, "de", "eins")
    desk.work_until_done()
    desk.zammad.faults = [fault]
    say(desk, "fr", text, consent=True)
    assert desk.read().language == "fr"
    desk.work_until_done()
    assert ticket_language(desk) == "fr"
    (ticket,) = desk.zammad.tickets.values()
    assert ticket.changes["evaluation_consent"] is True
    assert desk.ticket == ["eins", "de: eins"]
