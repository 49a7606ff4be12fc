"""A text that is in the reader's language already is not written a second time."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.fakes.translation import Dictionary
from tests.unit.conversation import REGION, DeskInMemory

ENGLISH_ADVISERS = replace(REGION, default_language="en")


def unchanged(text: str, source: str, target: str, is_html: bool) -> str:
    """Nothing to translate, but other white space and other markup."""
    return f"<p>{text}</p>\n" if is_html else f" {text}\n"


def advise(desk: DeskInMemory, text: str) -> None:
    (number,) = desk.zammad.tickets
    for _ in range(2):
        desk.webhook(number, desk.zammad.advise(number, text))
        desk.work_until_done()


@pytest.mark.parametrize("text", ["Guten <b>Tag</b>", "1 &lt; 2 &amp; 3"])
def test_an_adviser_who_writes_the_user_s_language_is_shown_once(text: str) -> None:
    """Each answer is translated once, found to be the same, and never asked about again."""
    translator = Dictionary(writes=unchanged)
    desk = DeskInMemory(ENGLISH_ADVISERS, translator=translator)
    desk.send("Hallo")
    desk.work_until_done()
    before = translator.asked
    advise(desk, text)
    assert desk.texts() == ["Hallo", "echo: Hallo", text, text]
    desk.clock.advance(120)
    desk.read()
    desk.work_until_done()
    assert translator.asked == before + 2
    assert all(posting.is_settled and not posting.body for posting in desk.chat().postings)


@pytest.mark.parametrize("asks_bot", [True, False])
@pytest.mark.parametrize("text", ["Hello & <hello>", "one\ntwo"])
def test_a_user_who_writes_the_advisers_language_gets_no_note(asks_bot: bool, text: str) -> None:
    """Asked of a bot or not, a message that reads the same in translation has no note."""
    translator = Dictionary(writes=unchanged)
    region = ENGLISH_ADVISERS if asks_bot else replace(ENGLISH_ADVISERS, chatbot=None)
    desk = DeskInMemory(region, translator=translator)
    desk.send(text)
    desk.work_until_done()
    (ticket,) = desk.zammad.tickets.values()
    assert translator.asked == 1
    assert not [article for article in ticket.articles if article.internal]


def test_a_translation_of_nothing_is_none() -> None:
    """A translator that leaves nothing of the text has not translated it."""
    desk = DeskInMemory(ENGLISH_ADVISERS, translator=Dictionary(writes=lambda *_: "<p> </p>"))
    desk.send("Hallo")
    desk.work_until_done()
    advise(desk, "Guten Tag")
    assert desk.texts()[2:] == ["Guten Tag", "Guten Tag"]
