"""The events of the local stack: bounded, in order, and without a word of anybody's."""

from __future__ import annotations

import json

import pytest

from switchboard_cli.local.activity import KEPT, Activity
from switchboard_cli.local.events import HttpRequest, HttpResponse
from switchboard_cli.local.narration import Event

CANARY = "canary-7f3a"
FORM = "application/x-www-form-urlencoded"
CHAT = f"/api/v3/{CANARY}/en/chat/{CANARY}/"


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def activity() -> tuple[Activity, Clock]:
    clock = Clock()
    return Activity(clock), clock


def job(name: str) -> str:
    return json.dumps({"kind": "article", "ticket": 3, "article": 9, "chat": {"device": name}})


def request(
    method: str, target: str, body: object = b"", kind: str = "application/json; charset=utf-8"
) -> HttpRequest:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return HttpRequest(method, target, (("Content-Type", kind),), content)


def multipart(field: str, content: str) -> HttpRequest:
    head = f"--line\r\nContent-Disposition: form-data; {field}\r\n\r\n"
    body = f"{head}{content}\r\n--line--\r\n".encode()
    return request("POST", CHAT, body, "multipart/form-data; boundary=line")


def texts(told: Activity, after: int = 0) -> list[str]:
    return [event["text"] for event in told.after(after)["events"]]


def test_only_the_newest_are_kept_and_numbers_go_on() -> None:
    """After 250 events the last 200 are there, numbered as they came."""
    told, clock = activity()
    for _ in range(5):
        for _ in range(50):
            told.job(job("x"), True, 0.1)
            clock.now += 1
        told.after(0)
    numbers = [event["number"] for event in told.after(0)["events"]]
    assert numbers == list(range(51, 251))
    assert len(numbers) == KEPT
    assert [event["number"] for event in told.after(248)["events"]] == [249, 250]


def test_unread_events_are_bounded_too() -> None:
    """Without an onlooker nothing grows."""
    told, clock = activity()
    for _ in range(3 * KEPT):
        told.job(job("x"), True, 0.1)
    clock.now += 1
    assert told.after(0)["last"] == KEPT


def test_a_request_counts_from_when_it_began() -> None:
    """What is told late is in its place: a message comes before the job that it made."""
    told, clock = activity()
    told.job(job("x"), True, 0.01)
    clock.now += 0.05
    told.request("userchat", request("POST", CHAT, {"message": "a"}), HttpResponse(200), 0.2)
    assert texts(told) == []
    clock.now += 1
    assert texts(told) == ["Message received from the app", "Job run: read ticket 3 again"]


def test_what_is_fetched_is_in_its_place() -> None:
    """Articles that the help desk tells of only when asked are sorted in by their time."""
    told, clock = activity()
    told.look = lambda: [Event(999.0, "ticket", "Earlier"), Event(1002.0, "ticket", "Later")]
    told.job(job("x"), True, 0.1)
    clock.now = 1001
    assert texts(told) == ["Earlier", "Job run: read ticket 3 again"]


def test_a_restart_can_be_told() -> None:
    """Another stack has another name, so that a page knows why numbers begin again."""
    assert activity()[0].after(0)["stack"] != activity()[0].after(0)["stack"]


@pytest.mark.parametrize("status", [304, 404])
def test_polls_are_counted_and_not_listed(status: int) -> None:
    """Reading a chat that is as it was is no event."""
    told, clock = activity()
    told.request("userchat", request("GET", CHAT), HttpResponse(status), 0.01)
    clock.now += 1
    assert told.after(0)["polls"] == 1
    assert texts(told) == []


@pytest.mark.parametrize(
    ("function", "asked", "status", "text"),
    [
        ("userchat", request("GET", CHAT), 200, "The app read the chat"),
        ("userchat", request("GET", f"{CHAT}{CANARY}/"), 200, "The app read a file"),
        ("userchat", request("DELETE", CHAT), 204, "Chat erased by its user"),
        (
            "userchat",
            request("POST", CHAT, {"evaluation_consent": True}),
            200,
            "Consent to evaluation received from the app",
        ),
        (
            "userchat",
            request("POST", CHAT, {"message": CANARY}),
            429,
            "A request of the app was refused",
        ),
        ("userchat", request("GET", "/api/v3/regions/"), 200, None),
        ("userchat", request("OPTIONS", CHAT), 204, None),
        ("webhook", request("POST", "/", {"ticket": {"id": 3}}), 401, "A webhook was refused"),
        (
            "webhook",
            request("POST", "/", {"ticket": {"id": 3, "state": CANARY}, "article": {}}),
            200,
            "Webhook delivered: ticket 3 changed: not closed, automatic answers on",
        ),
        (
            "webhook",
            request("POST", "/", {"ticket": {"id": CANARY}, "article": {"id": CANARY}}),
            200,
            "Webhook delivered",
        ),
        ("webhook", request("POST", "/", CANARY.encode()), 200, "Webhook delivered"),
        ("chatbot", request("POST", f"/{CANARY}"), 200, "A chatbot was asked directly"),
        ("chatbot", request("POST", f"/{CANARY}"), 401, "A request to a chatbot was refused"),
        ("chatbot", request("GET", "/config/"), 200, None),
    ],
)
def test_a_request_in_words(
    function: str, asked: HttpRequest, status: int, text: str | None
) -> None:
    """Each says what it was for; no path, body or answer is quoted, whatever they hold."""
    told, clock = activity()
    told.request(function, asked, HttpResponse(status, CANARY.encode()), 0.034)
    clock.now += 1
    assert texts(told) == ([text] if text else [])
    assert CANARY not in json.dumps(told.after(0))


@pytest.mark.parametrize(
    ("asked", "is_message"),
    [
        (request("POST", CHAT, {"message": CANARY}), True),
        (request("POST", CHAT, {"attachments": [{"data": CANARY}]}), True),
        (request("POST", CHAT, {"evaluation_consent": True, "message": ""}), False),
        (request("POST", CHAT, b"message=Hi", FORM), True),
        (request("POST", CHAT, b"message=Hi", ""), True),
        (request("POST", CHAT, b"message=&evaluation_consent=yes", FORM), False),
        (request("POST", CHAT, b"evaluation_consent=message", FORM), False),
        (multipart('name="message"', CANARY), True),
        (multipart('name="attachment"; filename="a"', CANARY), True),
        (multipart('name="message"', ""), False),
        (multipart('name="evaluation_consent"', '"message" attachment'), False),
    ],
)
def test_a_message_is_told_from_a_consent(asked: HttpRequest, is_message: bool) -> None:
    """In each of the three forms of a body the fields count, not words somewhere in it."""
    told, clock = activity()
    told.request("userchat", asked, HttpResponse(200), 0.034)
    clock.now += 1
    what = "Message" if is_message else "Consent to evaluation"
    assert texts(told) == [f"{what} received from the app"]


def test_jobs_in_words() -> None:
    """A job says what it did; one that failed, that it comes again; one given up, why."""
    told, clock = activity()
    told.job(json.dumps({"kind": "message", "chat": {"device": CANARY}}), True, 0.42)
    told.job(job(CANARY), False, 0.1)
    told.job(CANARY, True, 0.1)
    told.line(json.dumps({"message": "job parked", "reason": "zammad_refused"}))
    told.line(f'{{"message": "{CANARY}"')
    clock.now += 1
    found = told.after(0)["events"]
    assert [(event["kind"], event["text"], event["detail"]) for event in found] == [
        ("job", "Job run: deliver the user's message, ask the chatbot", "420 ms"),
        ("problem", "Job failed, will be tried again: read ticket 3 again", "100 ms"),
        ("job", "Job run: unknown", "100 ms"),
        ("problem", "Job given up", "reason: zammad_refused"),
    ]
    assert CANARY not in json.dumps(found)
