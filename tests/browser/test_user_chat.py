"""A user's chat in a region, from the first click to its deletion."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.browser.desk import Desk
from tests.browser.visitor import Visitor, expect

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext

QUESTION = "How do I register my address?"


@pytest.fixture
def visitor(profile: BrowserContext, desk: Desk) -> Visitor:
    return Visitor(profile, desk, api=desk.api, region="augenfeld", language="en")


def test_nothing_is_sent_before_the_privacy_text_is_agreed_to(visitor: Visitor) -> None:
    """The region's privacy text comes first; until then no device is known to anyone."""
    visitor.asked.clear()
    visitor.open(agree=False)
    policy = visitor.widget.get_by_role("link", name="Privacy policy")
    expect(policy).to_have_attribute("href", "https://augenfeld.example/privacy")
    expect(visitor.input).to_be_hidden()
    assert visitor.asked == [f"{visitor.desk.api}/api/v3/regions/augenfeld/"]
    visitor.button("Agree and start").click()
    expect(visitor.input).to_be_focused()
    assert any(url.endswith("/is_chat_enabled/") for url in visitor.asked)


def test_user_assistant_and_adviser_talk(visitor: Visitor) -> None:
    """Question, the assistant's answer, an adviser's; the page hears each, and the change."""
    visitor.open().say(QUESTION)
    expect(visitor.widget.locator(".typing")).to_have_text("The assistant is writing…")
    visitor.wait_for("residents' office")
    expect(visitor.widget.locator(".typing")).to_be_empty()
    visitor.desk.answer("Please bring <b>your passport</b>.")
    visitor.wait_for("Please bring your passport.")
    visitor.shows(QUESTION, "residents' office", "Please bring your passport.")
    expect(visitor.widget.get_by_text("An adviser continues from here")).to_be_visible()
    assert [said["author"] for said in visitor.heard("message")] == ["user", "assistant", "adviser"]
    assert len(visitor.heard("handover")) == 1
    assert visitor.broken() == []


def test_a_reload_keeps_the_chat(visitor: Visitor) -> None:
    """The same browser sees the same chat again; what it shows again is no new message."""
    visitor.open().say(QUESTION)
    visitor.wait_for("residents' office")
    visitor.page.reload()
    visitor.open(agree=False)
    visitor.shows(QUESTION, "residents' office")
    assert visitor.heard("message") == []


def test_a_closed_chat_counts_what_is_new(visitor: Visitor) -> None:
    """Answers to a closed chat are counted on its button and told to the page until it opens."""
    visitor.open().say(QUESTION)
    visitor.wait_for("residents' office")
    visitor.button("Close").click()
    visitor.desk.answer("Anything else?")
    badge = visitor.widget.locator(".badge")
    visitor.pass_time_until(badge)
    expect(badge).to_have_text("1")
    expect(visitor.button("Chat. New messages: 1")).to_be_visible()
    visitor.open(agree=False)
    expect(badge).to_be_hidden()
    assert [detail["count"] for detail in visitor.heard("unread")] == [1, 0]


def test_a_new_chat_begins_empty(visitor: Visitor) -> None:
    """After 'Start a new chat' nothing old is shown; the first message opens another ticket."""
    visitor.open().say(QUESTION)
    visitor.wait_for("residents' office")
    first = visitor.desk.newest_ticket()
    visitor.button("Options").click()
    visitor.button("Start a new chat").click()
    expect(visitor.messages).to_have_count(0)
    visitor.pass_time()
    expect(visitor.messages).to_have_count(0)
    visitor.say("Something else")
    expect(visitor.messages.filter(has_text="Something else")).not_to_contain_text("Sending")
    assert visitor.desk.newest_ticket() > first
    assert visitor.desk.articles() == ["Something else"]
    expect(visitor.messages.filter(has_text=QUESTION)).to_have_count(0)


def test_a_deleted_chat_is_gone_everywhere(visitor: Visitor) -> None:
    """Deleting asks first; then the chat is gone here, at the desk and after a reload."""
    visitor.open().say(QUESTION)
    visitor.wait_for("residents' office")
    visitor.button("Options").click()
    visitor.button("Delete my chat").click()
    visitor.button("Cancel").click()
    visitor.shows(QUESTION, "residents' office")
    visitor.button("Delete my chat").click()
    visitor.button("Delete").click()
    expect(visitor.notice).to_have_text("Your chat was deleted.")
    expect(visitor.button("Agree and start")).to_be_visible()
    visitor.page.reload()
    visitor.open()
    expect(visitor.input).to_be_visible()
    expect(visitor.messages).to_have_count(0)


def test_consent_to_evaluation_reaches_the_ticket(visitor: Visitor) -> None:
    """Given at the gate it goes with the first message, and can be taken back at any time."""
    visitor.open(agree=False)
    visitor.widget.get_by_label("My chat may be used to improve the answers.").last.check()
    visitor.button("Agree and start").click()
    visitor.say(QUESTION)
    visitor.wait_for("residents' office")
    assert visitor.desk.chat_of(visitor.stored()["device"])["evaluation_consent"] is True
    visitor.button("Options").click()
    with visitor.page.expect_response(lambda response: response.request.method == "POST"):
        visitor.widget.get_by_label("My chat may be used").first.uncheck()
    assert visitor.desk.chat_of(visitor.stored()["device"])["evaluation_consent"] is False


def test_the_language_can_be_switched(visitor: Visitor) -> None:
    """The interface changes at once and stays so over a reload; the chat goes on in it."""
    visitor.open()
    visitor.button("Options").click()
    visitor.widget.get_by_role("combobox").select_option("de")
    expect(visitor.input).to_have_attribute("placeholder", "Ihre Nachricht")
    visitor.say("Wo finde ich einen Sprachkurs?")
    visitor.wait_for("Assistent")
    visitor.page.reload()
    visitor.open(agree=False)
    expect(visitor.input).to_have_attribute("placeholder", "Ihre Nachricht")


def test_a_language_without_a_chat_changes_only_the_interface(visitor: Visitor) -> None:
    """Where the region offers no chat in a language, the chat stays in the page's."""
    visitor.open()
    visitor.button("Options").click()
    visitor.widget.get_by_role("combobox").select_option("uk")
    expect(visitor.input).to_have_attribute("placeholder", "Ваше повідомлення")
    visitor.say("Hello there")
    expect(visitor.messages.locator(".state")).to_be_empty()
    assert visitor.desk.articles() == ["Hello there"]
    visitor.widget.get_by_role("combobox").select_option("ru")
    visitor.say("And again")
    expect(visitor.messages.filter(has_text="And again").locator(".state")).to_be_empty()
    assert visitor.desk.articles() == ["Hello there", "And again"]


def test_a_translation_and_its_original_are_one_message(
    profile: BrowserContext, desk: Desk
) -> None:
    """An adviser's answer is shown translated, the adviser's own words one click away."""
    visitor = Visitor(profile, desk, api=desk.api, region="quiet", language="ar", languages="en")
    visitor.open(agree=False).say("مرحبا")
    expect(visitor.messages.locator(".state")).to_be_empty()
    article = desk.answer("Bitte bringen Sie den Pass mit.")
    visitor.wait_for("Bitte bringen")
    desk.translate(article, "يرجى إحضار جواز السفر.")
    translation = visitor.wait_for("يرجى إحضار جواز السفر.")
    expect(translation).to_contain_text("المستشار")
    expect(translation).not_to_contain_text("Bitte bringen", use_inner_text=True)
    visitor.button("عرض النص الأصلي").click()
    expect(translation).to_contain_text("Bitte bringen Sie den Pass mit.")
    expect(translation).not_to_contain_text("يرجى إحضار", use_inner_text=True)
    assert [said["author"] for said in visitor.heard("message")] == ["user", "adviser", "adviser"]


def test_translations_find_their_originals_in_any_order(
    profile: BrowserContext, desk: Desk
) -> None:
    """Of two advisers' messages the second is translated first, and the first after the user has
    written again: each stands in its original's place. What names no original is the assistant's.
    """
    visitor = Visitor(profile, desk, api=desk.api, region="quiet", language="ar")
    visitor.open(agree=False).say("مرحبا")
    expect(visitor.messages.locator(".state")).to_be_empty()
    first, second = desk.answer("Eins"), desk.answer("Zwei")
    desk.translate(second, "اثنان")
    visitor.wait_for("اثنان")
    visitor.shows("مرحبا", "Eins", "اثنان")
    visitor.say("شكرا")
    expect(visitor.messages.last.locator(".state")).to_be_empty()
    desk.answer("جواب", subject="automatically generated message")
    desk.translate(first, "واحد")
    visitor.wait_for("واحد")
    visitor.shows("مرحبا", "واحد", "اثنان", "شكرا", "جواب")
    expect(visitor.messages.last).to_have_class("assistant")
    visitor.button("عرض النص الأصلي").first.click()
    expect(visitor.messages.nth(1).locator(".bubble:visible")).to_have_text("Eins")


def test_a_translation_of_what_was_read_is_one_new_message(
    profile: BrowserContext, desk: Desk
) -> None:
    """It takes its original's place without the messages before it counting as new again."""
    visitor = Visitor(profile, desk, api=desk.api, region="quiet", language="ar")
    visitor.open(agree=False).say("مرحبا")
    expect(visitor.messages.locator(".state")).to_be_empty()
    desk.answer("Eins")
    article = desk.answer("Zwei")
    visitor.wait_for("Zwei")
    visitor.widget.evaluate("(widget) => widget.close()")
    desk.translate(article, "اثنان")
    visitor.pass_time_until(visitor.widget.locator(".badge"))
    expect(visitor.widget.locator(".badge")).to_have_text("1")


def test_a_region_without_a_chat_says_so(profile: BrowserContext, desk: Desk) -> None:
    """Disabled, or not opened to this device: one sentence, and nothing to type into."""
    visitor = Visitor(profile, desk, api=desk.api, region="nowhere").open(agree=False)
    expect(visitor.widget.get_by_text("The chat is not available here.")).to_be_visible()
    expect(visitor.input).to_be_hidden()


def test_two_regions_on_one_site_are_two_chats(profile: BrowserContext, desk: Desk) -> None:
    """Each region has a device of its own, so that neither learns of the other."""
    one = Visitor(profile, desk, api=desk.api, region="quiet", language="de").open(agree=False)
    one.say("Hallo")
    expect(one.messages.locator(".state")).to_be_empty()
    other = Visitor(profile, desk, api=desk.api, region="augenfeld", language="de").open()
    expect(other.input).to_be_visible()
    expect(other.messages).to_have_count(0)
    names = other.page.evaluate("Object.keys(localStorage).filter((n) => n.endsWith(':device'))")
    assert len(names) == 2


def test_a_browser_that_stores_nothing_can_chat(profile: BrowserContext, desk: Desk) -> None:
    """Without local storage the chat lives as long as the page."""
    profile.add_init_script(
        "Object.defineProperty(window, 'localStorage', { get() { throw new Error('denied'); } });"
    )
    visitor = Visitor(profile, desk, api=desk.api, region="augenfeld", language="en")
    visitor.open().say(QUESTION)
    visitor.wait_for("residents' office")
    assert visitor.broken() == []
