"""What the OpenAI protocol's own package makes of our refusals and failures."""

from __future__ import annotations

from typing import Any

import openai
import pytest

from switchboard.adapters.system import SystemClock
from switchboard.domain.directory import Limits
from switchboard.domain.ids import ChatbotId
from tests.functional import openai_world
from tests.functional.chatbot_world import (
    EXPIRED_KEY,
    KEY,
    OTHER_KEY,
    PLATFORM,
    REVOKED_KEY,
    SCOPED_KEY,
    World,
    bot_at,
    event,
)
from tests.functional.openai_world import (
    COMPLETIONS,
    HELLO,
    MODEL_HOST,
    OpenAiWorld,
)
from tests.servers.openai_server import (
    OpenAiServer,
    Reply,
    text_reply,
)

# Its fixtures are this module's too.
running, desk = openai_world.running, openai_world.desk
world, server, client = openai_world.world, openai_world.server, openai_world.client


@pytest.mark.parametrize(
    ("key", "error", "code"),
    [
        ("nonsense", openai.AuthenticationError, "invalid_api_key"),
        (REVOKED_KEY, openai.AuthenticationError, "invalid_api_key"),
        (EXPIRED_KEY, openai.AuthenticationError, "invalid_api_key"),
        (SCOPED_KEY, openai.PermissionDeniedError, "forbidden"),
        (OTHER_KEY, openai.PermissionDeniedError, "forbidden"),
    ],
)
def test_keys(
    desk: OpenAiWorld,
    key: str,
    error: type[openai.APIStatusError],
    code: str,
) -> None:
    """What the table of keys refuses is the package's own exception, for both routes."""
    with desk.client(key=key) as client:
        for attempt in (
            client.models.list,
            lambda: client.chat.completions.create(model="x", messages=HELLO),
        ):
            with pytest.raises(error) as caught:
                attempt()
            assert caught.value.code == code
            assert caught.value.request_id


@pytest.mark.parametrize(
    ("extra", "param", "code"),
    [
        ({"tools": [{"type": "function", "function": {"name": "f"}}]}, "tools", None),
        ({"functions": [{"name": "f"}]}, "functions", None),
        ({"n": 2}, "n", None),
        ({"response_format": {"type": "json_object"}}, "response_format", None),
        ({"logprobs": True}, "logprobs", None),
        ({"modalities": ["text", "audio"]}, "modalities", None),
        ({"stream": "yes"}, "stream", "bad_request"),
        ({"stream": True, "stream_options": 5}, "stream_options", "bad_request"),
        ({"messages": []}, "messages", "bad_request"),
        ({"messages": None}, "messages", "bad_request"),
        ({"messages": [5]}, "messages", "bad_request"),
        ({"messages": [{"content": "x"}]}, "messages", "bad_request"),
        ({"messages": [{"role": "function", "content": "x"}]}, "messages", "bad_request"),
        (
            {"messages": [{"role": "user", "content": [{"type": "text"}]}]},
            "messages",
            "bad_request",
        ),
        ({"messages": [{"role": "user", "content": ["x"]}]}, "messages", "bad_request"),
        (
            {"messages": [{"role": "user", "content": [{"type": ["text"], "text": "x"}]}]},
            "messages",
            "bad_request",
        ),
        (
            {"messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {}}]}]},
            "messages",
            "bad_request",
        ),
        ({"messages": [{"role": "user", "content": " "}]}, "messages", "bad_request"),
    ],
)
def test_what_a_client_would_miss_is_refused(
    client: openai.OpenAI, server: OpenAiServer, extra: dict[str, Any], param: str, code: str | None
) -> None:
    """400 that names the field, for what is malformed and for what no chatbot can do."""
    body = {"model": "x", "messages": HELLO, **extra}
    with pytest.raises(openai.BadRequestError) as caught:
        client.post(COMPLETIONS.removeprefix("/v1"), body=body, cast_to=object)
    assert caught.value.param == param
    assert caught.value.code == (code or "unsupported_parameter")
    assert caught.value.type == "invalid_request_error"
    assert server.requests == []


@pytest.mark.parametrize(
    "extra",
    [
        {"n": 1},
        {"n": None, "tools": None, "stream": None, "stream_options": None, "logprobs": False},
        {"tools": [], "tool_choice": "none"},
        {"response_format": {"type": "text"}, "modalities": ["text"]},
        {"something": {"new": 1}},
    ],
)
def test_what_changes_nothing_is_accepted(
    desk: OpenAiWorld, server: OpenAiServer, extra: dict[str, Any]
) -> None:
    """Defaults written out, and fields that nobody knows, are no error."""
    assert desk.post({"messages": HELLO, **extra}).status == 200


@pytest.mark.parametrize("streams", [False, True])
@pytest.mark.parametrize(
    ("reply", "error", "status", "kind"),
    [
        (
            Reply(429, "{}", {"Retry-After": "60"}),
            openai.RateLimitError,
            429,
            "rate_limit_error",
        ),
        (Reply(400, "<html>"), openai.InternalServerError, 502, "server_error"),
        (Reply(401, '{"error": "bad key"}'), openai.InternalServerError, 502, "server_error"),
        (text_reply(" "), openai.InternalServerError, 502, "server_error"),
    ],
)
def test_a_failing_model(
    client: openai.OpenAI,
    server: OpenAiServer,
    reply: Reply,
    error: type[openai.APIStatusError],
    status: int,
    kind: str,
    streams: bool,
) -> None:
    """The model's failures are the package's exceptions, before any stream begins."""
    server.script(reply)
    with pytest.raises(error) as caught:
        client.chat.completions.create(model="x", messages=HELLO, stream=streams)
    assert (caught.value.status_code, caught.value.type) == (status, kind)
    if status == 429:
        assert int(caught.value.response.headers["retry-after"]) == 60


@pytest.mark.parametrize("streams", [False, True])
@pytest.mark.parametrize(
    ("limits", "status", "kind", "code"),
    [
        (Limits(requests_per_minute=1), 429, "rate_limit_error", "rate_limited"),
        (Limits(tokens_per_day=7), 402, "insufficient_quota", "budget_spent"),
    ],
)
def test_the_bot_s_own_limits(
    desk: OpenAiWorld,
    monkeypatch: pytest.MonkeyPatch,
    limits: Limits,
    status: int,
    kind: str,
    code: str,
    streams: bool,
) -> None:
    """A limit of the manifest holds here as well, in the protocol's shape and before any call."""
    this_minute = SystemClock().now() // 60_000 * 60_000
    monkeypatch.setattr(SystemClock, "now", lambda _: this_minute)
    bot = ChatbotId(f"limited-{status}-{streams}")
    host = f"{bot}.localhost".lower()
    desk.world.put(bot_at(desk.server.url, id=bot, hostnames=(host,), limits=limits))
    with desk.client(host) as client:
        client.chat.completions.create(model="x", messages=HELLO)
        with pytest.raises(openai.APIStatusError) as caught:
            client.chat.completions.create(model="x", messages=HELLO, stream=streams)
    assert (caught.value.status_code, caught.value.type) == (status, kind)
    assert caught.value.code == code
    assert int(caught.value.response.headers["retry-after"]) > 0
    assert len(desk.server.requests) == 1


@pytest.mark.parametrize(
    ("method", "host", "path", "key", "status", "code"),
    [
        ("GET", MODEL_HOST, COMPLETIONS, KEY, 405, "method_not_allowed"),
        ("POST", MODEL_HOST, "/v1/models/", KEY, 405, "method_not_allowed"),
        ("POST", MODEL_HOST, "/v1/embeddings", KEY, 404, "chatbot_not_found"),
        ("POST", "nobody.localhost", COMPLETIONS, KEY, 404, "chatbot_not_found"),
        ("POST", PLATFORM, COMPLETIONS, KEY, 404, "chatbot_not_found"),
        ("POST", PLATFORM, "/api/v1/chatbots/nobody" + COMPLETIONS, KEY, 404, "chatbot_not_found"),
        ("POST", MODEL_HOST, COMPLETIONS, "", 401, "invalid_api_key"),
        ("POST", MODEL_HOST, COMPLETIONS + "/", KEY, 400, "bad_request"),
    ],
)
def test_every_error_has_the_protocol_s_shape(
    world: World, method: str, host: str, path: str, key: str, status: int, code: str
) -> None:
    """`{"error": {message, type, param, code}}` for every status, with the usual headers."""
    answer = world.send(event(method, path, host=host, key=key, body="{"))
    assert answer.status == status
    assert set(answer.document) == {"error"}
    error = answer.document["error"]
    assert set(error) == {"message", "type", "param", "code"}
    assert error["code"] == code
    assert error["message"]
    assert ("WWW-Authenticate" in answer.headers) is (status == 401)
    assert ("Allow" in answer.headers) is (status == 405)


def test_too_much_is_413(world: World, client: openai.OpenAI) -> None:
    """A question beyond the limit is refused in the protocol's shape."""
    with pytest.raises(openai.APIStatusError) as caught:
        client.chat.completions.create(
            model="x", messages=[{"role": "user", "content": "ä" * 20_000}]
        )
    assert (caught.value.status_code, caught.value.code) == (413, "payload_too_large")


def test_a_defect_is_a_500_in_the_protocol_s_shape(
    desk: OpenAiWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever breaks inside, the client learns nothing but that it did."""

    def broken(*args: Any, **kwargs: Any) -> None:
        raise RuntimeError("inner secrets")

    monkeypatch.setattr("switchboard.usecases.take_turn.system_text", broken)
    answer = desk.post({"messages": HELLO})
    assert answer.status == 500
    assert answer.document["error"]["type"] == "server_error"
    assert "inner" not in answer.text
