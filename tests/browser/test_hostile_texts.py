"""Whoever writes, and whatever they write: the page shows it and runs none of it.

The pages have no policy of their own that would help.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from tests.browser.desk import Desk
from tests.browser.hostile import ALLOWED, CORPUS, INSPECT
from tests.browser.visitor import Visitor, expect

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext

END = "the end of it"
ANYWHERE = {"Access-Control-Allow-Origin": "*"}


def is_harmless(visitor: Visitor) -> None:
    """Clicks whatever can be clicked; nothing ran, nothing was loaded, nothing foreign is there."""
    assert visitor.page.evaluate(INSPECT, ALLOWED) == []
    for index in range(visitor.widget.locator(".bubble a").count()):
        visitor.widget.locator(".bubble a").nth(index).dispatch_event("click")
    assert visitor.page.evaluate("window.pwned") is None
    assert visitor.broken() == []
    assert visitor.page.url == visitor.address
    assert not [url for url in visitor.asked if "evil" in url]


def test_what_a_user_types_is_shown_as_typed(profile: BrowserContext, desk: Desk) -> None:
    """Every character of the user's own text is text."""
    visitor = Visitor(profile, desk, is_strict=False, api=desk.api, region="quiet", language="de")
    visitor.open(agree=False)
    text = "\n".join(text.replace("\t", " ").replace("\x01", "") for text in CORPUS)
    visitor.say(text)
    bubble = visitor.messages.locator(".bubble")
    expect(visitor.messages.locator(".state")).to_be_empty()
    assert bubble.evaluate("(element) => element.textContent") == text
    is_harmless(visitor)


def test_what_an_adviser_writes_is_made_harmless(profile: BrowserContext, desk: Desk) -> None:
    """HTML from the desk becomes a few harmless elements, with the server's own cleaning or not."""
    visitor = Visitor(profile, desk, is_strict=False, api=desk.api, region="quiet", language="de")
    visitor.open(agree=False).say("Hallo")
    expect(visitor.messages.locator(".state")).to_be_empty()
    desk.answer("<p>first</p>" + "<hr>".join(CORPUS[:14]) + f"<p>{END}</p>")
    visitor.wait_for("first")
    is_harmless(visitor)
    messages = [_message(number, f"<p>{text}</p>{END}") for number, text in enumerate(CORPUS, 1)]
    chat = {"messages": messages, "evaluation_consent": False, "chatbot_typing": False}
    visitor.page.route(
        "**/chat/**", lambda route: route.fulfill(headers=ANYWHERE, body=json.dumps(chat))
    )
    visitor.pass_time()
    # Every second one is the translation of the one before it, and shown with it.
    expect(visitor.messages).to_have_count(len(CORPUS) // 2)
    is_harmless(visitor)


def test_what_a_chatbot_writes_is_shown_as_text(profile: BrowserContext, desk: Desk) -> None:
    """A model's answer is text; of its links only those to the web are links."""
    visitor = Visitor(profile, desk, is_strict=False, api=desk.bot("open_library")).open(
        agree=False
    )
    completion = {"choices": [{"message": {"content": "\n\n".join((*CORPUS, END))}}]}
    body = json.dumps({"data": {"body": json.dumps(completion)}})
    visitor.page.route("**/chat/", lambda route: route.fulfill(headers=ANYWHERE, body=body))
    visitor.say("Go on")
    answer = visitor.wait_for(END)
    for text in CORPUS[:4]:
        expect(answer).to_contain_text(text)
    is_harmless(visitor)


def test_configuration_and_file_names_are_shown_as_text(
    profile: BrowserContext, desk: Desk
) -> None:
    """The chatbot's words for the interface, and a region's, are no markup either."""
    visitor = Visitor(profile, desk, is_strict=False, api=desk.bot("open_library"))
    bot = {
        "app_name": CORPUS[0],
        "app_assistant": CORPUS[1],
        "app_welcome_message": CORPUS[2],
        "app_example_prompts": list(CORPUS[:6]),
        "app_placeholder": CORPUS[3],
        "app_logo_url": "javascript:window.pwned=1",
    }
    data = {"session_key": "0" * 64, "chatbot": bot, "history": {"chat_history": []}}
    visitor.page.route(
        "**/config/",
        lambda route: route.fulfill(headers=ANYWHERE, body=json.dumps({"data": data})),
    )
    visitor.open(agree=False)
    expect(visitor.widget.get_by_role("heading", name=CORPUS[0])).to_be_visible()
    expect(visitor.button(CORPUS[1])).to_be_visible()
    is_harmless(visitor)


def _message(number: int, content: str) -> dict[str, Any]:
    file = {"id": "a/../../b", "filename": CORPUS[number % 9], "Content-Type": "text/html"}
    translation = {"translation_of": number - 1} if number % 2 == 0 else {}
    return {
        **translation,
        "id": number,
        "role": "agent",
        "user_is_author": False,
        "automatic_answer": number % 2 == 0,
        "content": content,
        "created_at": "2026-10-02T09:02:13.000Z",
        "attachments": [file],
    }
