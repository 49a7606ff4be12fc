"""Which chatbot answers where, with which methods, and to which web pages."""

from __future__ import annotations

import pytest

from tests.functional.chatbot_world import (
    CUSTOM_HOST,
    HOST,
    KEY,
    ONE_LABEL_HOST,
    OTHER_HOST,
    OTHER_KEY,
    PLATFORM,
    PUBLIC_HOST,
    World,
    event,
    module_world,
)

APP = {"origin": "https://app.example.org"}


world = module_world


@pytest.mark.parametrize("path", ["/", "/chat", "/chat/", "/chatbot", "/chatbot/"])
@pytest.mark.parametrize("host", [HOST, ONE_LABEL_HOST, CUSTOM_HOST, HOST.upper()])
def test_a_chatbot_answers_on_each_of_its_hosts(world: World, host: str, path: str) -> None:
    """Any host of the chatbot, in any case, invokes it at `/`, `/chat/`, `/chatbot/`."""
    assert world.ask("Hello", host=host, path=path).status == 200


@pytest.mark.parametrize(
    "path",
    [
        "/api/v1/chatbots/bot1/chat/",
        "/api/v1/chatbots/bot1/chat",
        "/api/v1/chatbots/bot1/",
        "/api/v1/chatbots/bot1/chatbot/",
        "/api/v1/workbench/bot1/chat/",
        "/workbench/customer_support/chat/",
        "/workbench/customer-support/chat",
        "/workbench/CustomerSupport/",
        "/api/v1/workbench/bot4/chat/",
        "/workbench/draft_bot/chat/",
    ],
)
def test_the_platform_host_serves_by_id_and_name(world: World, path: str) -> None:
    """By id, and by any spelling of its name in the key's account, deployed or not."""
    assert world.ask("Hello", host=PLATFORM, path=path).status == 200


@pytest.mark.parametrize(
    ("host", "path"),
    [
        ("unknown.3141-5926-5359.api.localhost", "/chatbot/"),
        ("x" + HOST, "/chatbot/"),
        (HOST + ".evil.example", "/chatbot/"),
        ("api.localhost", "/chatbot/"),
        ("", "/chatbot/"),
        ("ß" * 300, "/chatbot/"),
        ("draft-bot.3141-5926-5359.api.localhost", "/chatbot/"),
        (PLATFORM, "/"),
        (PLATFORM, "/chatbot/"),
        (PLATFORM, "/api/v1/chatbots/bot99/chat/"),
        (PLATFORM, "/workbench/nobody/chat/"),
        (PLATFORM, "/workbench/other_bot/chat/"),
        (PLATFORM, "/api/v1/chatbots/bot1/nothing/"),
        (HOST, "/api/v1/chatbots/bot3/chat/"),
        (HOST, "/workbench/customer_support/chat/"),
        (HOST, "/nothing/"),
        (HOST, "//"),
        (HOST, "/chat//"),
    ],
)
def test_an_unknown_address_is_not_found(world: World, host: str, path: str) -> None:
    """No bot at this host, id or name: 404 with a valid key, and 404 without."""
    for key in (KEY, ""):
        answer = world.ask("Hello", host=host, path=path, key=key)
        named = path.startswith("/workbench/") and host == PLATFORM
        assert answer.status == (401 if named and not key else 404)


def test_the_id_of_the_host_s_own_bot_may_be_in_the_path(world: World) -> None:
    """On a chatbot's host its own id is accepted."""
    assert world.ask("Hello", path="/api/v1/chatbots/bot1/chat/").status == 200


def test_only_the_gateway_s_host_counts(world: World) -> None:
    """Forwarded headers and the query cannot name another chatbot."""
    forged = event(
        "POST",
        "/chatbot/",
        body={"messages": [{"role": "user", "content": "Hello"}]},
        key=OTHER_KEY,
        headers={"host": OTHER_HOST, "x-forwarded-host": OTHER_HOST, "forwarded": OTHER_HOST},
        query={"host": OTHER_HOST, "id": "bot3"},
    )
    assert world.send(forged).status == 403


@pytest.mark.parametrize("path", ["/", "/chat/", "/chatbot"])
def test_get_says_to_use_post(world: World, path: str) -> None:
    """GET on an invocation path: 405, `Allow: POST, OPTIONS`, and JSON that names POST."""
    answer = world.send(event("GET", path))
    assert answer.status == 405
    assert answer.headers["Allow"] == "POST, OPTIONS"
    assert answer.document["error"]["code"] == "method_not_allowed"
    assert "POST" in answer.document["error"]["description"]


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "HEAD", "TRACE", "BREW"])
def test_other_methods_are_not_allowed(world: World, method: str) -> None:
    """Whatever is neither POST nor OPTIONS is a 405."""
    assert world.send(event(method, "/chatbot/", key=KEY)).status == 405
    assert world.send(event(method, "/workbench/x/chat/", host=PLATFORM)).status == 405


def test_a_preflight_needs_no_key(world: World) -> None:
    """OPTIONS: 204, the exact origin echoed, `Vary: Origin`, the contract's headers allowed."""
    answer = world.send(event("OPTIONS", "/chatbot/", headers=APP))
    assert answer.status == 204
    assert answer.text == ""
    assert answer.headers["Access-Control-Allow-Origin"] == "https://app.example.org"
    assert answer.headers["Vary"] == "Origin"
    allowed = answer.headers["Access-Control-Allow-Headers"].split(", ")
    assert {"authorization", "content-type", "x-api-key", "idempotency-key"} <= set(allowed)
    assert "POST" in answer.headers["Access-Control-Allow-Methods"]


@pytest.mark.parametrize(
    ("host", "origin", "allowed"),
    [
        (HOST, "https://app.example.org", True),
        (HOST, "https://app.example.org.evil.example", False),
        (HOST, "http://app.example.org", False),
        (HOST, "null", False),
        (HOST, f"https://{PLATFORM}", False),
        (OTHER_HOST, f"https://{PLATFORM}", True),
        (OTHER_HOST, "https://app.example.org", False),
        (PUBLIC_HOST, "https://any.example", True),
        (PLATFORM, f"https://{PLATFORM}", True),
    ],
)
def test_origins_are_those_of_the_manifest(
    world: World, host: str, origin: str, allowed: bool
) -> None:
    """The manifest's origins, else the platform's; all of them only for a public bot with `*`."""
    path = "/workbench/any/chat/" if host == PLATFORM else "/chatbot/"
    answer = world.send(event("OPTIONS", path, host=host, headers={"origin": origin}))
    assert answer.status == 204
    assert answer.headers.get("Access-Control-Allow-Origin") == (origin if allowed else None)


CLIENTS_OWN = (
    "X-CSRFToken, x-smarter-client, X-Smarter-ClientVersion,X-Smarter-RequestId, x-stainless-os, "
    "x-stainless-retry-count, cookie, x-forwarded-host, x-smarter-, x-smarter-a b"
)


@pytest.mark.parametrize("host", [HOST, PUBLIC_HOST])
def test_an_allowed_page_s_client_may_send_its_own_headers(world: World, host: str) -> None:
    """Those of Smarter's web client and of OpenAI's library are echoed, others are not."""
    asked = {**APP, "access-control-request-headers": CLIENTS_OWN}
    answer = world.send(event("OPTIONS", "/chat/", host=host, headers=asked))
    allowed = answer.headers["Access-Control-Allow-Headers"].split(", ")
    assert allowed[4:] == [
        "x-csrftoken",
        "x-smarter-client",
        "x-smarter-clientversion",
        "x-smarter-requestid",
        "x-stainless-os",
        "x-stainless-retry-count",
    ]


@pytest.mark.parametrize("host", [HOST, PUBLIC_HOST])
def test_an_allowed_page_may_send_credentials(world: World, host: str) -> None:
    """Smarter's web client insists; the origin is echoed exactly, and the request's id shown."""
    for method in ("OPTIONS", "POST"):
        headers = world.send(event(method, "/chat/", host=host, key=KEY, headers=APP)).headers
        assert headers["Access-Control-Allow-Origin"] == APP["origin"]
        assert headers["Access-Control-Allow-Credentials"] == "true"
        exposed = headers["Access-Control-Expose-Headers"].split(", ")
        assert {"X-Request-Id", "Retry-After"} <= set(exposed)


def test_another_page_is_told_nothing(world: World) -> None:
    """Neither its client's headers nor credentials are allowed from an origin not listed."""
    for origin in ("https://evil.example", "null"):
        asked = {"origin": origin, "access-control-request-headers": CLIENTS_OWN}
        answer = world.send(event("OPTIONS", "/chat/", headers=asked))
        assert len(answer.headers["Access-Control-Allow-Headers"].split(", ")) == 4
        assert "Access-Control-Allow-Credentials" not in answer.headers
        assert "Access-Control-Expose-Headers" not in answer.headers


def test_a_page_may_read_errors_too(world: World) -> None:
    """An error of a known chatbot carries the CORS headers, so that a web client can show it."""
    answer = world.send(event("POST", "/chatbot/", body="{", headers=APP))
    assert answer.status == 401
    assert answer.headers["Access-Control-Allow-Origin"] == "https://app.example.org"


def test_answers_are_not_cached(world: World) -> None:
    """No cache may keep an answer or an error."""
    assert world.ask("Hello").headers["Cache-Control"] == "no-store"
    assert world.ask("Hello", key="").headers["Cache-Control"] == "no-store"
