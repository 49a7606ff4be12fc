"""The local stack's start page: the product in a minute, for everybody, on any screen."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from tests.browser.desk import Desk
from tests.browser.visitor import WATCH, expect

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Locator, Page, Route

QUESTION = "How do I register my address?"
ANSWER = "Please come to room 12."


class Start:
    """A person in front of the start page."""

    def __init__(self, page: Page, desk: Desk) -> None:
        self.page = page
        self.page.set_default_timeout(10_000)
        self.page.clock.install()
        self.page.add_init_script(WATCH)
        self.page.goto(desk.api)
        self.widget = page.locator("switchboard-chat")
        self.events = page.get_by_role("log", name="What just happened").locator("li")
        self.desk = page.frame_locator("iframe")
        self.chat = page.get_by_role("combobox", name="Chat", exact=True)

    def say(self, text: str) -> None:
        self.chat.select_option("Stadt Augenfeld")
        self.widget.get_by_role("button", name="Agree and start").click()
        self.widget.locator("textarea").fill(text)
        self.widget.locator("textarea").press("Enter")

    def wait_for(self, found: Locator) -> None:
        """Until it can be seen, with a quarter of a minute passing again and again."""
        for _ in range(60):
            if found.first.is_visible():
                return
            self.page.clock.fast_forward(16_000)
            self.page.wait_for_timeout(250)
        raise AssertionError(f"{found} did not come")

    def tab(self, name: str) -> None:
        """Goes there, if the screen is narrow enough for tabs."""
        tab = self.page.get_by_role("tab", name=name)
        if tab.is_visible():
            tab.click()

    def is_well(self) -> None:
        """Axe finds nothing, nothing is wider than the screen, no policy was broken."""
        from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]

        found = Axe().run(self.page).response["violations"]
        assert [(rule["id"], node["html"]) for rule in found for node in rule["nodes"]] == []
        for frame in self.page.frames:
            root = "document.documentElement"
            assert frame.evaluate(f"{root}.scrollWidth <= {root}.clientWidth"), frame.url
        assert self.page.evaluate("broken") == []


@contextmanager
def at_start(browser: Browser, desk: Desk, width: int = 1280, **context: Any) -> Iterator[Start]:
    profile = browser.new_context(
        locale="en-GB", viewport={"width": width, "height": 800}, **context
    )
    try:
        yield Start(profile.new_page(), desk)
    finally:
        profile.close()


def answer_json(document: object) -> Any:
    def fulfill(route: Route) -> None:
        route.fulfill(json=document)

    return fulfill


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (360, "dark")])
def test_the_product_in_a_minute(browser: Browser, desk: Desk, width: int, scheme: Any) -> None:
    """Write, read the bot's answer, answer as an adviser, read it; each step is told between."""
    with at_start(browser, desk, width, color_scheme=scheme) as start:
        start.is_well()
        start.say(QUESTION)
        start.wait_for(start.widget.get_by_text("residents' office"))
        ticket = desk.newest_ticket()
        start.tab("Events")
        opened = start.events.filter(has_text=f"Ticket {ticket} opened by the app user")
        expect(opened).to_be_visible()
        start.is_well()
        opened.get_by_role("link", name=f"Ticket {ticket}").click()
        expect(start.desk.get_by_text("Stands in for a real Zammad")).to_be_visible()
        expect(start.desk.get_by_text(QUESTION)).to_be_visible()
        start.is_well()
        body = start.desk.get_by_label("Write as the adviser")
        body.fill(ANSWER)
        start.desk.get_by_role("button", name="Send").click()
        expect(start.desk.get_by_role("log").get_by_text(ANSWER)).to_be_visible()
        expect(body).to_have_value("")
        expect(body).to_be_focused()
        start.tab("Newcomer")
        start.wait_for(start.widget.get_by_text(ANSWER))
        start.tab("Events")
        start.wait_for(start.events.filter(has_text=f"Job run: read ticket {ticket} again"))
        told = start.events.locator(".text").all_inner_texts()
        steps = [
            "Message received from the app",
            f"Ticket {ticket} opened by the app user",
            f"created in ticket {ticket} by Switchboard",
            "Job run: deliver",
            f"created in ticket {ticket} by an adviser",
            f"Webhook delivered: ticket {ticket}, article",
            f"Job run: read ticket {ticket} again",
        ]
        first = next(n for n in reversed(range(len(told))) if "Message received" in told[n])
        places = [next(n for n in range(first, len(told)) if step in told[n]) for step in steps]
        assert places == sorted(places)
        start.is_well()


def test_a_chatbot_is_asked_directly(browser: Browser, desk: Desk) -> None:
    """The other chat is one chatbot at its own host name; languages are the region's only."""
    with at_start(browser, desk) as start:
        start.chat.select_option("Stadt Augenfeld")
        languages = start.page.locator("#language option")
        expect(languages).to_have_text(["German", "English"])
        start.chat.select_option("City guide")
        expect(start.page.locator("#language")).to_be_hidden()
        expect(start.widget.get_by_text("What would you like to know")).to_be_visible()
        start.widget.get_by_role("button", name="Where do I leave my rubbish?").click()
        start.wait_for(start.widget.get_by_text("Waste is separated"))
        start.wait_for(start.events.filter(has_text="Chatbot city_guide answered"))
        assert start.page.evaluate("broken") == []


def test_an_end_of_the_stack_is_told(browser: Browser, desk: Desk) -> None:
    """When nothing answers any more the page says so; another stack gets a fresh page."""
    events = "**/local/events*"
    with at_start(browser, desk) as start:
        start.wait_for(start.events)
        stopped = start.page.get_by_text("The stack has stopped.")
        expect(stopped).to_be_hidden()
        start.page.route(events, lambda route: route.abort())
        start.wait_for(stopped)
        start.page.evaluate("window.before = true")
        start.page.unroute(events)
        another = {"stack": "another", "last": 0, "polls": 0, "events": []}
        start.page.route(events, answer_json(another), times=1)
        for _ in range(20):
            start.page.clock.fast_forward(16_000)
            start.page.wait_for_timeout(100)
            if not start.page.evaluate("window.before"):
                break
        assert not start.page.evaluate("window.before")
        expect(stopped).to_be_hidden()


def test_a_real_zammad_is_linked(browser: Browser, desk: Desk) -> None:
    """Without the simulator there is no desk to show, but the way to the real one."""
    zammad = "https://zammad.example"
    event = {"number": 1, "at": 0, "kind": "job", "detail": "", "ticket": 7}
    told = {"stack": "a", "last": 1, "polls": 0}
    settings: dict[str, object] = {"desk": None, "zammad": zammad, "regions": [], "chatbots": []}
    with at_start(browser, desk) as start:
        start.page.route("**/local.json", answer_json(settings))
        page = {**told, "events": [{**event, "text": "Job run: read ticket 7 again"}]}
        start.page.route("**/local/events*", answer_json(page))
        start.page.reload()
        link = start.page.get_by_role("link", name=zammad)
        expect(link).to_have_attribute("href", zammad)
        assert start.page.locator("iframe").count() == 0
        expect(start.page.get_by_text("There is no region with a chat yet.")).to_be_visible()
        ticket = start.events.get_by_role("link", name="ticket 7").first
        expect(ticket).to_have_attribute("href", f"{zammad}/#ticket/zoom/7")


def test_events_are_said_a_few_at_a_time(browser: Browser, desk: Desk) -> None:
    """The list itself is silent; one sentence sums up what came within some seconds."""
    event = {"at": 0, "kind": "job", "detail": "", "ticket": None}
    many = [{**event, "number": n, "text": f"Step {n} <b>"} for n in range(1, 8)]
    told = {"stack": "a", "last": 7, "polls": 0}
    with at_start(browser, desk) as start:
        start.page.route("**/local/events*", answer_json({**told, "events": []}))
        start.page.route("**/local/events?after=0", answer_json({**told, "events": many}))
        start.page.reload()
        log = start.page.get_by_role("log", name="What just happened")
        expect(log.get_by_text("Step 7 <b>")).to_be_visible()
        expect(log).to_have_attribute("aria-live", "off")
        start.page.clock.fast_forward(6_000)
        summary = start.page.locator("#summary")
        expect(summary).to_have_text("7 new events. Step 7 <b>.")


def test_the_tabs_work_with_the_keyboard(browser: Browser, desk: Desk) -> None:
    """On a phone one part is shown at a time; arrows go from one to the next."""
    with at_start(browser, desk, 360) as start:
        tab = start.page.get_by_role("tab", name="Newcomer")
        tab.focus()
        tab.press("ArrowLeft")
        adviser = start.page.get_by_role("tab", name="Adviser")
        expect(adviser).to_be_focused()
        expect(adviser).to_have_attribute("aria-selected", "true")
        expect(start.page.get_by_role("tabpanel", name="Answer as an adviser")).to_be_visible()
        expect(start.widget).to_be_hidden()


def test_the_desk_keeps_what_cannot_be_sent(browser: Browser, desk: Desk) -> None:
    """An adviser's text outlives a failure, and switches are said aloud where they are made."""
    with at_start(browser, desk) as start:
        start.say(QUESTION)
        start.wait_for(start.widget.get_by_text("residents' office"))
        page = start.page
        page.goto(f"{desk.zammad}/tickets/{desk.newest_ticket()}")
        send, body = page.get_by_role("button", name="Send"), page.locator("#body")
        send.click()
        expect(page.get_by_role("alert")).to_have_text("Write something, or choose a file.")
        expect(body).to_be_focused()
        body.fill(ANSWER)
        page.route("**/answer", lambda route: route.abort())
        send.click()
        expect(page.get_by_role("alert")).to_contain_text("That did not work")
        expect(body).to_have_value(ANSWER)
        page.get_by_role("button", name="Switch off").click()
        expect(page.get_by_role("status")).to_have_text("Automatic answers are off.")
        expect(page.get_by_role("button", name="Switch on")).to_be_focused()
        expect(body).to_have_value(ANSWER)
        page.get_by_role("button", name="Close ticket").click()
        expect(page.get_by_role("status")).to_have_text("The ticket is closed.")
        expect(page.get_by_role("button", name="Open again")).to_be_focused()
