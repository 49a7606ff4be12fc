"""The user chat's HTTP surface, event by event (contracts/userchat.md)."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

import pytest

from tests.functional.desk_world import CHAT, DeskWorld

FORM = {"content-type": "application/x-www-form-urlencoded"}


def multipart(**fields: str) -> tuple[str, dict[str, str]]:
    parts = [
        f'--frontier\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in fields.items()
    ]
    headers = {"content-type": "multipart/form-data; boundary=frontier"}
    return "".join(parts) + "--frontier--\r\n", headers


def test_three_forms_of_body_say_the_same(desk: DeskWorld) -> None:
    """JSON, an URL-encoded form and a multipart form are equal, plain or base64."""
    desk.say("Grüße 1")
    desk.request("POST", CHAT, urlencode({"message": "Grüße 2"}), FORM)
    body, headers = multipart(message="Grüße 3")
    desk.request("POST", CHAT, body, headers)
    desk.request("POST", CHAT, *multipart(message="Grüße 4"), base64_encoded=True)
    assert [m["content"] for m in desk.messages()] == [f"Grüße {i}" for i in (1, 2, 3, 4)]


@pytest.mark.parametrize("path", [CHAT, CHAT.rstrip("/")])
def test_both_slash_forms_are_served(desk: DeskWorld, path: str) -> None:
    """With and without the trailing slash it is the same chat, without a redirect."""
    assert desk.say("Hallo", path).status == 200
    assert desk.request("GET", path).status == 200


@pytest.mark.parametrize(
    ("path", "status", "error", "code"),
    [
        (
            "/api/v3/nowhere/de/chat/d/",
            404,
            "No Region matches the given query.",
            "region_not_found",
        ),
        ("/api/v3/augenfeld/xx/chat/d/", 404, "Unknown language.", "unknown_language"),
        ("/api/v3/augenfeld/de/chat/nobody/", 404, "Chat not found.", "chat_not_found"),
        ("/api/v3/augenfeld/de/chat/d%2Fx/", 404, "Not found.", "not_found"),
        (f"/api/v3/augenfeld/de/chat/{'d' * 201}/", 404, "Not found.", "not_found"),
        ("/api/v3/augenfeld/de/chat/d\n/", 404, "Not found.", "not_found"),
        (
            "/api/v3/regions/nowhere/",
            404,
            "No Region matches the given query.",
            "region_not_found",
        ),
    ],
)
def test_what_is_not_there(desk: DeskWorld, path: str, status: int, error: str, code: str) -> None:
    """Each wrong address has its answer, in one shape, and asks Zammad nothing."""
    answer = desk.request("GET", path)
    assert answer.status == status
    assert answer.json == {"error": error, "code": code}
    assert not desk.simulator.requests()


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        ({}, {}),
        ({"message": "   "}, {}),
        ({"message": 7}, {}),
        ({"message": "x" * 10_001}, {}),
        ({"message": "x", "force_new": "perhaps"}, {}),
        ({"message": "x", "evaluation_consent": "si"}, {}),
        ({"message": "\ud800"}, {}),
        ("[]", {"content-type": "application/json"}),
        ("{", {"content-type": "application/json"}),
        ("[" * 100_000, {"content-type": "application/json"}),
        ("message=%ff", FORM),
        ("x", {"content-type": "multipart/form-data"}),
        ("x", {"content-type": "multipart/form-data; boundary=b"}),
        ("x", {"content-type": "text/xml"}),
        (None, {}),
    ],
)
def test_bad_input_is_a_400_and_creates_nothing(
    desk: DeskWorld, body: Any, headers: dict[str, str]
) -> None:
    """Whatever is wrong with a body, the answer says so, and there is no chat and no ticket."""
    answer = desk.request("POST", CHAT, body, headers)
    assert answer.status == 400, answer.body
    assert answer.json["code"] == "bad_request"
    assert answer.json["error"]
    assert desk.request("GET").status == 404
    assert desk.simulator.tickets() == []


def test_a_body_that_is_not_base64_is_a_400(desk: DeskWorld) -> None:
    """What the gateway would never send is still no 500."""
    event_answer = desk.raw_userchat({"isBase64Encoded": True, "body": "%%%"})
    assert event_answer.status == 400


def test_a_body_beyond_the_limit_is_a_413(desk: DeskWorld) -> None:
    """More than an invocation can take is refused by name."""
    answer = desk.request("POST", CHAT, "x" * 4_500_001, FORM)
    assert (answer.status, answer.json["code"]) == (413, "payload_too_large")


@pytest.mark.parametrize("method", ["PUT", "PATCH", "TRACE"])
def test_other_methods_are_405(desk: DeskWorld, method: str) -> None:
    """A method that is not served lists those that are."""
    answer = desk.request(method)
    assert answer.status == 405
    assert answer.headers["Allow"] == "DELETE, GET, HEAD, OPTIONS, POST"


def test_head_is_get_without_a_body(desk: DeskWorld) -> None:
    """HEAD answers as GET would, body left out."""
    desk.say("Hallo")
    answer = desk.request("HEAD")
    assert (answer.status, answer.body) == (200, "")
    assert answer.headers["ETag"] == desk.request("GET").headers["ETag"]


def test_options_has_no_side_effects(desk: DeskWorld) -> None:
    """A preflight of any origin is answered, also for a chat that does not exist."""
    answer = desk.request("OPTIONS", headers={"origin": "https://app.example.org"})
    assert answer.status == 204
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert "POST" in answer.headers["Access-Control-Allow-Methods"]
    assert desk.request("GET").status == 404


def test_errors_are_readable_across_origins(desk: DeskWorld) -> None:
    """An app in a browser can read errors, too; no cache keeps them."""
    answer = desk.request("GET")
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert answer.headers["Cache-Control"] == "no-store"


def test_only_newer_messages_on_request(desk: DeskWorld) -> None:
    """`?after=` leaves out what the client has, also when it knows it by its pending id."""
    desk.simulator.stop()
    pending = desk.say("eins").json["id"]
    desk.simulator.start()
    desk.work()
    first, second = desk.messages()
    for known in (first["id"], pending):
        answer = desk.request("GET", query={"after": str(known)})
        assert [m["id"] for m in answer.json["messages"]] == [second["id"]]
    assert desk.request("GET", query={"after": "x"}).status == 400


def test_the_language_of_the_url_becomes_the_chats(desk: DeskWorld) -> None:
    """The bot answers in the language of the newest message's URL."""
    english = CHAT.replace("/de/", "/en/")
    desk.say("Where can I learn German?", english)
    desk.work()
    title = desk.simulator.ticket(desk.ticket)["title"]
    assert title.startswith("[Integreat Chat] [EN] ")


def test_regions_are_listed(desk: DeskWorld) -> None:
    """A client finds the regions, and each one by its slug, with the chat's flag."""
    (region,) = desk.request("GET", "/api/v3/regions/").json
    assert region["path"] == "augenfeld"
    assert region["is_chat_enabled"] is True
    assert set(region) == {"name", "path", "is_chat_enabled", "zammad_privacy_policy"}
    assert desk.request("GET", "/api/v3/regions/augenfeld/").json == region


def test_the_device_id_goes_nowhere(desk: DeskWorld, caplog: pytest.LogCaptureFixture) -> None:
    """Neither ticket nor table nor log knows a device by its id, and logs hold no message text."""
    path = CHAT.replace("device-1", "canary-device")
    desk.say("canary-text", path)
    desk.work()
    desk.messages(path)
    logs = str([vars(record) for record in caplog.records])
    assert "/chat/{device_id}/" in logs
    assert "canary" not in logs
    assert "canary-device" not in str(desk.simulator.tickets())
    assert "canary-device" not in str(desk.simulator.articles(desk.ticket))
    assert "canary-device" not in str(desk.dynamodb.scan(TableName="Conversations"))
