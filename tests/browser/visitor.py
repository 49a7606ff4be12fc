"""A person in front of the widget: what they see by role and name, what they do, what the page
heard."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.browser.desk import Desk

pytest.importorskip("playwright.sync_api", reason="playwright is not installed")

from playwright.sync_api import expect

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, Locator, Page

__all__ = ["Visitor", "expect"]
WATCH = """
window.heard = [];
window.broken = [];
addEventListener("securitypolicyviolation", (event) => broken.push(event.violatedDirective));
addEventListener("error", (event) => broken.push(event.message));
for (const name of ["message", "handover", "unread"]) {
  document.addEventListener(name, (event) => heard.push([name, event.detail]));
}
"""


class Visitor:
    """Opens a page with a widget of these attributes, in English unless they say otherwise."""

    def __init__(
        self, profile: BrowserContext, desk: Desk, *, is_strict: bool = True, **attributes: str
    ) -> None:
        self.desk = desk
        self.asked: list[str] = []
        """Addresses of all requests of the page."""
        self.page: Page = profile.new_page()
        self.page.clock.install()
        self.page.add_init_script(WATCH)
        language = attributes.get("language", "en")
        self.page.on("request", lambda request: self.asked.append(request.url))
        self.address = desk.site.page(attributes, language, is_strict=is_strict)
        self.page.goto(self.address)
        self.widget = self.page.locator("switchboard-chat")

    def open(self, *, agree: bool = True) -> Visitor:
        """Clicks the button, and agrees to the privacy text where there is one."""
        self.widget.locator(".launcher").click()
        if agree:
            self.widget.locator(".primary").click()
        return self

    def say(self, text: str) -> None:
        self.input.fill(text)
        self.input.press("Enter")

    def pass_time(self, seconds: float = 16) -> None:
        """For the page's own timers."""
        self.page.clock.fast_forward(round(seconds * 1000))

    def wait_for(self, text: str) -> Locator:
        """Polls until a message contains the text; the message."""
        found = self.messages.filter(has_text=text).first
        if self.pass_time_until(found):
            return found
        raise AssertionError(f"'{text}' is not among {self.messages.all_inner_texts()}")

    def pass_time_until(self, wanted: Locator) -> bool:
        """Lets time pass, and the widget poll, until it is visible; False if it never is."""
        for _ in range(60):
            if wanted.is_visible():
                return True
            self.pass_time()
            self.page.wait_for_timeout(250)
        return False

    def shows(self, *texts: str) -> None:
        """There are just these messages, each containing its text."""
        expect(self.messages).to_contain_text(list(texts))
        expect(self.messages).to_have_count(len(texts))

    @property
    def input(self) -> Locator:
        return self.widget.locator("textarea")

    @property
    def messages(self) -> Locator:
        return self.widget.locator(".messages > li:not(.divider)")

    @property
    def notice(self) -> Locator:
        return self.widget.locator(".notice")

    def button(self, name: str) -> Locator:
        return self.widget.get_by_role("button", name=name, exact=True)

    def heard(self, name: str) -> list[Any]:
        """Details of the events of that name that reached the page."""
        events = self.page.evaluate("heard")
        return [detail for heard, detail in events if heard == name]

    def broken(self) -> list[str]:
        """Errors and violations of the page's policy so far."""
        return list(self.page.evaluate("broken"))

    def stored(self) -> dict[str, str]:
        """What the page's local storage holds, by the last part of its name."""
        items = json.loads(self.page.evaluate("JSON.stringify({...localStorage})"))
        return {name.rpartition(":")[2]: value for name, value in items.items()}
