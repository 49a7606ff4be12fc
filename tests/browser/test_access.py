"""Everybody can use it: keyboard, screen reader, direction, size, colours, motion."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.browser.desk import ROOT, Desk
from tests.browser.visitor import Visitor, expect

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext

PICTURES = ROOT / ".build" / "widget"
ADVICE = "Bitte bringen Sie <b>Ihren Pass</b> mit: <ul><li>Pass</li><li>Mietvertrag</li></ul>"


def take_picture(visitor: Visitor, state: str) -> None:
    """For people to look at, when nothing moves any more."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    width = (visitor.page.viewport_size or {"width": 0})["width"]
    scheme = visitor.page.evaluate("matchMedia('(prefers-color-scheme: dark)').matches")
    name = f"{state}-{width}{'-dark' if scheme else ''}.png"
    visitor.page.evaluate(
        "Promise.all(document.querySelector('switchboard-chat').shadowRoot"
        ".getAnimations().filter((a) => a.effect.getTiming().iterations === 1)"
        ".map((a) => a.finished))"
    )
    visitor.page.screenshot(path=PICTURES / name)


def look(visitor: Visitor, state: str) -> None:
    """Takes a picture; axe finds nothing wrong in this state."""
    take_picture(visitor, state)
    from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]

    found = Axe().run(visitor.page).response["violations"]
    nodes = [(rule["id"], node["html"]) for rule in found for node in rule["nodes"]]
    assert nodes == [], state


@pytest.mark.parametrize(
    ("width", "scheme"), [(360, "light"), (360, "dark"), (768, "dark"), (1280, "light")]
)
def test_axe_finds_nothing_in_any_state(
    browser: Browser, desk: Desk, width: int, scheme: str
) -> None:
    """Closed, gate, empty, talking, adviser, failure, options, question: no violations."""
    height = {360: 740, 768: 900, 1280: 760}[width]
    profile = browser.new_context(
        locale="de-DE",
        color_scheme="dark" if scheme == "dark" else "light",
        viewport={"width": width, "height": height},
    )
    visitor = Visitor(profile, desk, api=desk.api, region="augenfeld", language="de")
    expect(visitor.widget.locator(".launcher")).to_be_visible()
    look(visitor, "1-closed")
    visitor.open(agree=False)
    expect(visitor.button("Zustimmen und beginnen")).to_be_visible()
    look(visitor, "2-gate")
    visitor.button("Zustimmen und beginnen").click()
    expect(visitor.input).to_be_visible()
    look(visitor, "3-empty")
    visitor.say("Wo finde ich einen Deutschkurs?")
    look(visitor, "4-waiting")
    visitor.wait_for("Assistent")
    look(visitor, "5-answered")
    desk.answer(ADVICE)
    visitor.wait_for("Bitte bringen")
    visitor.say("Vielen Dank!")
    expect(visitor.messages.last.locator(".state")).to_be_empty()
    look(visitor, "6-adviser")
    profile.set_offline(True)
    visitor.say("Noch eine Frage")
    expect(visitor.button("Erneut versuchen")).to_be_visible()
    look(visitor, "7-failed")
    visitor.button("Optionen").click()
    look(visitor, "8-options")
    visitor.button("Meinen Chat löschen").click()
    look(visitor, "9-question")
    profile.close()


@pytest.mark.parametrize("width", [360, 1280])
def test_a_chatbots_states_have_no_violations(browser: Browser, desk: Desk, width: int) -> None:
    """Its welcome with examples, and its answer."""
    profile = browser.new_context(locale="en-GB", viewport={"width": width, "height": 760})
    visitor = Visitor(profile, desk, api=desk.bot("open_library")).open(agree=False)
    expect(visitor.widget.get_by_text("Welcome to the library!")).to_be_visible()
    look(visitor, "bot-1-welcome")
    visitor.say("Where do I leave my rubbish?")
    visitor.wait_for("Waste is separated")
    look(visitor, "bot-2-answer")
    profile.close()


def test_a_chat_can_be_held_with_the_keyboard_alone(profile: BrowserContext, desk: Desk) -> None:
    """Tab, Enter, Space and Escape reach and do everything; the focus is never lost."""
    visitor = Visitor(profile, desk, api=desk.api, region="augenfeld", language="en")
    keyboard = visitor.page.keyboard
    keyboard.press("Tab")
    keyboard.press("Tab")
    expect(visitor.button("Chat")).to_be_focused()
    keyboard.press("Enter")
    expect(visitor.button("Agree and start")).to_be_focused()
    keyboard.press("Enter")
    expect(visitor.input).to_be_focused()
    keyboard.type("First line")
    keyboard.press("Shift+Enter")
    keyboard.type("second line")
    keyboard.press("Enter")
    expect(visitor.messages.first.locator(".bubble")).to_have_text("First line\nsecond line")
    expect(visitor.messages.first.locator(".state")).to_be_empty()
    expect(visitor.input).to_be_focused()
    visitor.button("Options").focus()
    keyboard.press("Enter")
    expect(visitor.widget.get_by_role("combobox")).to_be_focused()
    visitor.button("Delete my chat").focus()
    keyboard.press("Space")
    expect(visitor.button("Cancel")).to_be_focused()
    keyboard.press("Escape")
    expect(visitor.widget.get_by_role("dialog")).to_be_hidden()
    expect(visitor.button("Options")).to_be_focused()
    keyboard.press("Escape")
    expect(visitor.widget.get_by_role("combobox")).to_be_hidden()
    keyboard.press("Escape")
    # Its name tells of the answer, should that have come by now.
    expect(visitor.widget.locator(".launcher")).to_be_focused()
    expect(visitor.input).to_be_hidden()


def test_new_messages_are_announced_once(profile: BrowserContext, desk: Desk) -> None:
    """The messages are a polite log; what was there before is not announced, nothing is twice."""
    visitor = Visitor(profile, desk, api=desk.api, region="augenfeld", language="en").open()
    log = visitor.widget.get_by_role("log", name="Chat")
    visitor.page.evaluate(
        "window.added = []; new MutationObserver((list) => list.forEach((change) => "
        "change.addedNodes.forEach((node) => node.localName === 'li' && added.push(1))))"
        ".observe(document.querySelector('switchboard-chat').shadowRoot, "
        "{ childList: true, subtree: true })"
    )
    visitor.say("How do I register my address?")
    visitor.wait_for("residents' office")
    expect(log).to_have_attribute("aria-live", "polite")
    assert visitor.page.evaluate("added.length") == 2
    visitor.page.reload()
    assert visitor.widget.locator(".log").get_attribute("aria-live") == "off"


def test_right_to_left_is_a_mirror(profile: BrowserContext, desk: Desk) -> None:
    """In Arabic the panel runs from right to left, and each message as its own text does."""
    visitor = Visitor(profile, desk, api=desk.api, region="quiet", language="ar")
    visitor.open(agree=False).say("Hallo, ich brauche Hilfe")
    visitor.say("مرحبا، أحتاج إلى مساعدة")
    visitor.shows("Hallo", "مرحبا")
    expect(visitor.messages.last.locator(".state")).to_be_empty()
    panel = visitor.widget.locator(".panel")
    expect(panel).to_have_attribute("dir", "rtl")
    bubbles = visitor.messages.locator(".bubble")
    directions = bubbles.evaluate_all("(all) => all.map((one) => getComputedStyle(one).direction)")
    assert directions == ["ltr", "rtl"]
    frame, own = panel.bounding_box(), bubbles.last.bounding_box()
    send = visitor.button("إرسال").bounding_box()
    assert frame
    assert own
    assert send
    middle = frame["x"] + frame["width"] / 2
    assert own["x"] < middle - 20
    assert send["x"] < middle
    look(visitor, "right-to-left")


def test_at_double_size_everything_is_in_reach(browser: Browser, desk: Desk) -> None:
    """At 200 % on a small screen nothing is cut off sideways, and there is room to write."""
    profile = browser.new_context(
        locale="en-GB", viewport={"width": 512, "height": 384}, device_scale_factor=2
    )
    visitor = Visitor(profile, desk, api=desk.api, region="augenfeld", language="en").open()
    visitor.say("How do I register my address?")
    visitor.wait_for("residents' office")
    size = visitor.widget.locator(".panel").evaluate(
        "(panel) => [panel.scrollWidth <= panel.clientWidth, panel.getBoundingClientRect().bottom]"
    )
    assert size[0]
    assert size[1] <= 384
    expect(visitor.input).to_be_in_viewport(ratio=1)
    expect(visitor.button("Options")).to_be_in_viewport(ratio=1)
    look(visitor, "double-size")
    profile.close()


def test_preferences_are_honoured(browser: Browser, desk: Desk) -> None:
    """Nothing moves for who wants no motion; with forced colours every part has an edge, and no
    text keeps a colour that was meant for the widget's own background."""
    profile = browser.new_context(
        locale="en-GB", reduced_motion="reduce", forced_colors="active", color_scheme="dark"
    )
    visitor = Visitor(profile, desk, api=desk.api, region="augenfeld", language="en")
    visitor.open(agree=False)
    expect(visitor.button("Agree and start")).to_be_visible()
    look(visitor, "forced-colours-gate")
    visitor.button("Agree and start").click()
    visitor.say("How do I register my address?")
    assert (
        visitor.page.evaluate(
            "document.querySelector('switchboard-chat').shadowRoot.getAnimations().length"
        )
        == 0
    )
    visitor.wait_for("residents' office")
    edges = visitor.widget.locator(".bubble").evaluate_all(
        "(all) => all.map((one) => getComputedStyle(one).borderTopStyle)"
    )
    assert set(edges) == {"solid"}
    look(visitor, "forced-colours")
    profile.close()


def test_a_site_can_choose_colours(profile: BrowserContext, desk: Desk) -> None:
    """Custom properties on the element reach inside, the chosen theme wins over the system's."""
    visitor = Visitor(profile, desk, api=desk.api, region="augenfeld", theme="dark")
    visitor.page.evaluate(
        "document.querySelector('switchboard-chat')"
        ".style.setProperty('--switchboard-accent', 'rgb(1, 2, 3)')"
    )
    visitor.open(agree=False)
    expect(visitor.button("Agree and start")).to_have_css("background-color", "rgb(1, 2, 3)")
    expect(visitor.widget.locator(".panel")).to_have_css("background-color", "rgb(22, 25, 30)")


def test_inline_it_is_a_part_of_the_page(profile: BrowserContext, desk: Desk) -> None:
    """With `inline` there is no button: the panel is in the page's flow and takes no focus."""
    visitor = Visitor(profile, desk, api=desk.bot("open_library"), inline="")
    expect(visitor.widget.get_by_text("Welcome to the library!")).to_be_visible()
    expect(visitor.widget.locator(".launcher")).to_be_hidden()
    expect(visitor.button("Close")).to_be_hidden()
    expect(visitor.input).not_to_be_focused()
    visitor.say("Where do I leave my rubbish?")
    visitor.wait_for("Waste is separated")
    look(visitor, "inline")
