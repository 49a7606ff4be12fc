"""One chatbot, asked directly, with and without a key."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.browser.desk import KEY, Desk
from tests.browser.site import PIXEL
from tests.browser.visitor import Visitor, expect

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, Route

RUBBISH = "Where do I leave my rubbish?"


@pytest.fixture
def visitor(profile: BrowserContext, desk: Desk) -> Visitor:
    return Visitor(profile, desk, api=desk.bot("open_library")).open(agree=False)


def test_a_chatbot_introduces_itself(visitor: Visitor) -> None:
    """Name, welcome, examples and placeholder are those of its configuration."""
    expect(visitor.widget.get_by_role("heading", name="Library")).to_be_visible()
    expect(visitor.widget.get_by_text("Welcome to the library!")).to_be_visible()
    expect(visitor.input).to_have_attribute("placeholder", "Ask Libby")
    visitor.button(RUBBISH).click()
    answer = visitor.wait_for("Waste is separated")
    expect(answer).to_contain_text("Libby")
    visitor.shows(RUBBISH, "Waste is separated")
    assert [said["author"] for said in visitor.heard("message")] == ["user", "assistant"]
    assert visitor.broken() == []


def test_a_session_goes_on_after_a_reload(visitor: Visitor) -> None:
    """The same browser goes on with its session; a new chat is another one."""
    visitor.say(RUBBISH)
    visitor.wait_for("Waste is separated")
    visitor.page.reload()
    visitor.open(agree=False)
    visitor.shows(RUBBISH, "Waste is separated")
    visitor.button("Options").click()
    visitor.button("Start a new chat").click()
    expect(visitor.messages).to_have_count(0)
    visitor.page.reload()
    visitor.open(agree=False)
    expect(visitor.widget.get_by_text("Welcome to the library!")).to_be_visible()


def test_a_key_opens_a_chatbot_that_is_not_public(profile: BrowserContext, desk: Desk) -> None:
    """With the attribute `key` a closed chatbot answers, and only then."""
    visitor = Visitor(profile, desk, api=desk.bot("closed_library"), key=KEY).open(agree=False)
    visitor.say(RUBBISH)
    visitor.wait_for("Waste is separated")
    without = Visitor(profile, desk, api=desk.bot("closed_library")).open(agree=False)
    expect(without.notice).to_have_text("The chat is not available here.")


def test_a_hand_over_is_shown_and_told(visitor: Visitor) -> None:
    """When the chatbot hands over to a human the chat says so, also after a reload."""
    visitor.say("I want to talk to a human")
    line = visitor.widget.get_by_text("An adviser continues from here")
    expect(line).to_be_visible()
    assert visitor.heard("handover") == [{}]
    visitor.page.reload()
    visitor.open(agree=False)
    expect(line).to_be_visible()


@pytest.mark.parametrize(
    ("status", "code", "text"),
    [
        (502, "model_failed", "That did not work. Please try again later."),
        (504, "model_timeout", "That did not work. Please try again later."),
        (402, "budget_spent", "Too many messages. Please try again in 2 min."),
        (429, "rate_limited", "Too many messages. Please try again in 2 min."),
    ],
)
def test_errors_are_told_so_that_a_person_understands(
    visitor: Visitor, status: int, code: str, text: str
) -> None:
    """A failed turn leaves the question where it is, with the reason and a way to try again."""
    headers = {
        "Access-Control-Allow-Origin": "*",
        "Access-Control-Expose-Headers": "Retry-After",
        "Retry-After": "90",
    }
    body = json.dumps({"error": {"code": code, "description": "x", "status": status}})
    visitor.page.route(
        "**/chat/", lambda route: route.fulfill(status=status, headers=headers, body=body)
    )
    visitor.say(RUBBISH)
    expect(visitor.messages.locator(".state")).to_contain_text(f"Not sent. {text}")
    visitor.page.unroute("**/chat/")
    visitor.button("Try again").click()
    visitor.wait_for("Waste is separated")
    visitor.shows(RUBBISH, "Waste is separated")


def test_a_retry_of_an_answered_turn_takes_the_answer_there_is(
    visitor: Visitor, desk: Desk
) -> None:
    """If only the answer was lost, trying again shows it and asks the model nothing."""
    turns: list[str] = []

    def lose_answer(route: Route) -> None:
        turns.append(route.request.method)
        desk.pass_on(route.request.url, route.request.post_data or "")
        route.abort()

    visitor.page.route("**/chat/", lose_answer)
    visitor.say(RUBBISH)
    visitor.button("Try again").click()
    visitor.wait_for("Waste is separated")
    visitor.shows(RUBBISH, "Waste is separated")
    assert turns == ["POST"]


def test_marks_of_markdown_become_elements(visitor: Visitor) -> None:
    """Lists, emphasis, code and links of a model's answer are shown as such; sources open aside."""
    text = (
        "## Offices\nTwo **kinds**:\n\n1. Town `hall`\n2. [Library](https://library.example/a)\n\n"
        "See https://library.example/b."
    )
    completion = json.dumps({"choices": [{"message": {"content": text}}]})
    body = json.dumps({"data": {"body": completion}})
    answer(visitor, "**/chat/", body)
    visitor.say("Offices?")
    bubble = visitor.wait_for("Two kinds").locator(".bubble")
    expect(bubble.get_by_role("listitem")).to_have_text(["Town hall", "Library"])
    expect(bubble.locator("strong")).to_have_text("kinds")
    expect(bubble.locator("code")).to_have_text("hall")
    for name, address in [("Library", "a"), ("https://library.example/b", "b")]:
        link = bubble.get_by_role("link", name=name, exact=True)
        expect(link).to_have_attribute("href", f"https://library.example/{address}")
        expect(link).to_have_attribute("rel", "noopener noreferrer")
        expect(link).to_have_attribute("target", "_blank")


def test_a_logo_is_shown_where_the_page_allows_it(profile: BrowserContext, desk: Desk) -> None:
    """The chatbot's logo stands in the head; what the page's policy blocks leaves a drawing."""
    here = f"{desk.bot('open_library')}/logo.png"
    for address, pictures in [(here, 1), ("https://elsewhere.example/logo.png", 0)]:
        visitor = Visitor(profile, desk, api=desk.bot("open_library"))
        bot = {"app_name": "Library", "app_logo_url": address}
        data = {"session_key": "0" * 64, "chatbot": bot, "history": {"chat_history": []}}
        answer(visitor, "**/config/", json.dumps({"data": data}))
        answer(visitor, "**/logo.png", PIXEL)
        visitor.open(agree=False)
        expect(visitor.widget.get_by_role("heading", name="Library")).to_be_visible()
        expect(visitor.widget.locator(".logo img")).to_have_count(pictures)
        expect(visitor.widget.locator(".logo svg")).to_have_count(1 - pictures)


def test_a_picture_and_a_page_of_its_own(profile: BrowserContext, desk: Desk) -> None:
    """Its background stands behind the messages and its page about itself among the options, under
    a policy that allows no style; addresses of other kinds are left out, and none can say more
    than an address."""
    here = f"{desk.bot('open_library')}/wall.png"
    cases = [
        (f"{here}?a=1)\\", "https://library.example/about", f'url("{here}?a=1)\\\\")', 1),
        (f'{here}"); color: red; x: url("', "javascript:alert(1)", "%22);%20color:%20red", 0),
        ("data:image/png;base64,AAAA", "about", "none", 0),
    ]
    for picture, page, shown, links in cases:
        visitor = Visitor(profile, desk, api=desk.bot("open_library"))
        bot = {"app_background_image_url": picture, "app_info_url": page}
        data = {"session_key": "0" * 64, "chatbot": bot, "history": {"chat_history": []}}
        answer(visitor, "**/config/", json.dumps({"data": data}))
        answer(visitor, "**/wall.png*", PIXEL)
        visitor.open(agree=False)
        expect(visitor.input).to_be_visible()
        background = visitor.widget.locator(".log").evaluate(
            "(log) => getComputedStyle(log).backgroundImage"
        )
        assert shown in background
        visitor.button("Options").click()
        link = visitor.widget.get_by_role("link", name="About this chat")
        expect(link).to_have_count(links)
        for found in link.all():
            expect(found).to_have_attribute("href", page)
            expect(found).to_have_attribute("rel", "noopener noreferrer")
        assert visitor.broken() == []


def answer(visitor: Visitor, pattern: str, body: str | bytes) -> None:
    """From now on the page gets this body for addresses of that pattern."""
    headers = {"Access-Control-Allow-Origin": "*"}
    visitor.page.route(pattern, lambda route: route.fulfill(headers=headers, body=body))
