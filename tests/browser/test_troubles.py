"""What goes wrong between a user and the desk: no connection, lost answers, limits, a desk that is
down. Nothing typed is lost, and nothing is said twice."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.browser.desk import Desk
from tests.browser.visitor import Visitor, expect

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import BrowserContext, Route


@pytest.fixture
def visitor(profile: BrowserContext, desk: Desk) -> Iterator[Visitor]:
    visitor = Visitor(profile, desk, api=desk.api, region="quiet", language="de")
    visitor.open(agree=False)
    expect(visitor.input).to_be_visible()
    yield visitor
    desk.heal_zammad()


def test_offline_and_back(visitor: Visitor, profile: BrowserContext) -> None:
    """Without a connection a message waits and says so; with it, it is sent by itself, once."""
    profile.set_offline(True)
    visitor.say("Bin ich da?")
    state = visitor.messages.locator(".state")
    expect(state).to_contain_text("Nicht gesendet. Keine Verbindung. Neuer Versuch…")
    visitor.pass_time()
    expect(visitor.notice).to_have_text("Keine Verbindung. Neuer Versuch…")
    profile.set_offline(False)
    expect(state).to_be_empty()
    expect(visitor.notice).to_be_empty()
    visitor.shows("Bin ich da?")
    assert visitor.desk.articles() == ["Bin ich da?"]


def test_a_retry_is_no_second_message(visitor: Visitor) -> None:
    """The answer was lost, the message was not: trying again repeats its key."""
    keys: list[str] = []

    def lose_answer(route: Route) -> None:
        if route.request.method != "POST":
            route.fallback()
            return
        keys.append(route.request.headers["idempotency-key"])
        if len(keys) == 1:
            route.fetch()
            route.abort()
        else:
            route.fallback()

    visitor.page.route("**/chat/**", lose_answer)
    visitor.say("Nur einmal")
    visitor.button("Erneut versuchen").click()
    expect(visitor.messages.locator(".state")).to_be_empty()
    visitor.shows("Nur einmal")
    assert len(keys) == 2
    assert keys[0] == keys[1]
    assert visitor.desk.articles() == ["Nur einmal"]
    expect(visitor.input).to_be_focused()


def test_a_lost_answer_is_found_by_the_next_reading(visitor: Visitor) -> None:
    """What arrived although its answer was lost is not shown twice, nor sent again."""

    def lose_answer(route: Route) -> None:
        if route.request.method == "POST":
            route.fetch()
            route.abort()
        else:
            route.fallback()

    visitor.page.route("**/chat/**", lose_answer)
    visitor.say("Angekommen")
    expect(visitor.button("Erneut versuchen")).to_be_visible()
    visitor.pass_time()
    expect(visitor.messages.locator(".state")).to_be_empty()
    visitor.shows("Angekommen")


def test_what_was_not_sent_is_there_after_a_reload(visitor: Visitor) -> None:
    """Text that no server has confirmed survives a reload, to be sent again or discarded."""
    visitor.page.route("**/chat/**", lambda route: route.abort())
    visitor.say("Noch nicht weg")
    visitor.say("Das auch nicht")
    expect(visitor.button("Erneut versuchen")).to_have_count(1)
    visitor.page.unroute("**/chat/**")
    visitor.page.reload()
    visitor.open(agree=False)
    visitor.shows("Noch nicht weg", "Das auch nicht")
    visitor.button("Löschen").last.click()
    visitor.shows("Noch nicht weg")
    visitor.button("Erneut versuchen").click()
    expect(visitor.messages.locator(".state")).to_be_empty()
    assert visitor.desk.articles() == ["Noch nicht weg"]


def test_a_message_the_desk_cannot_take_yet_is_shown_as_waiting(visitor: Visitor) -> None:
    """While Zammad is down a message is accepted, shown as pending, and delivered later."""
    visitor.desk.break_zammad(kind="error", status=503)
    visitor.say("Später")
    state = visitor.messages.locator(".state")
    expect(state).to_have_text("Wird noch zugestellt")
    visitor.desk.heal_zammad()
    visitor.say("Und noch etwas")
    visitor.wait_for("Und noch etwas")
    visitor.shows("Später", "Und noch etwas")


def test_a_limit_is_told_in_minutes(visitor: Visitor) -> None:
    """Too much: the message says when to try again, and reading waits as long as asked to."""
    limited = {"Retry-After": "240", "Access-Control-Allow-Origin": "*"}
    exposed = {**limited, "Access-Control-Expose-Headers": "Retry-After"}
    body = '{"error": "You\'re doing that too often.", "code": "rate_limited"}'
    asked: list[str] = []

    def refuse(route: Route) -> None:
        asked.append(route.request.method)
        route.fulfill(status=429, headers=exposed, body=body)

    visitor.page.route("**/chat/**", refuse)
    visitor.say("Zu schnell")
    expect(visitor.messages.locator(".state")).to_contain_text("in 4 Min.")
    visitor.pass_time()
    expect(visitor.notice).to_contain_text("in 4 Min.")
    asked.clear()
    visitor.pass_time(200)
    visitor.page.wait_for_timeout(200)
    assert asked == []
    visitor.pass_time(60)
    expect(visitor.notice).to_contain_text("in 4 Min.")
    assert asked == ["GET"]


def test_errors_are_asked_about_less_and_less(visitor: Visitor) -> None:
    """While the service fails, readings become rarer; what was shown stays."""
    visitor.say("Bleibt stehen")
    expect(visitor.messages.locator(".state")).to_be_empty()
    asked: list[str] = []

    def fail(route: Route) -> None:
        asked.append(route.request.method)
        route.fulfill(status=500, headers={"Access-Control-Allow-Origin": "*"}, body="<p>no")

    visitor.page.route("**/chat/**", fail)
    for _ in range(40):
        visitor.pass_time(10)
        visitor.page.wait_for_timeout(20)
    assert 3 <= len(asked) <= 10
    expect(visitor.notice).to_contain_text("Das hat nicht geklappt.")
    visitor.shows("Bleibt stehen")


def test_a_reading_of_nothing_new_is_a_304(visitor: Visitor) -> None:
    """The chat is asked for with its ETag, so that the same chat is not sent again."""
    visitor.say("Hallo")
    expect(visitor.messages.locator(".state")).to_be_empty()
    statuses: list[int] = []
    visitor.page.on(
        "response",
        lambda response: (
            statuses.append(response.status) if response.request.method == "GET" else None
        ),
    )
    for _ in range(3):
        with visitor.page.expect_response(lambda response: response.request.method == "GET"):
            visitor.pass_time()
    assert statuses[-1] == 304


def test_a_hidden_tab_asks_nothing(visitor: Visitor) -> None:
    """Readings pause while nobody can see the page and go on at once when somebody can."""
    asked: list[str] = []
    visitor.page.on("request", lambda request: asked.append(request.method))
    visitor.page.evaluate(HIDE, True)
    visitor.pass_time(20)
    asked.clear()
    for _ in range(5):
        visitor.pass_time(60)
        visitor.page.wait_for_timeout(20)
    assert asked == []
    with visitor.page.expect_request("**/chat/**"):
        visitor.page.evaluate(HIDE, False)


HIDE = """(hidden) => {
  Object.defineProperty(document, "hidden", { configurable: true, get: () => hidden });
  document.dispatchEvent(new Event("visibilitychange"));
}"""
