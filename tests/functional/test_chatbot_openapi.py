"""The chatbots' description in docs/openapi/, held against what is really answered."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
import requests
import schemathesis
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]

from switchboard.domain.directory import Directive, Limits, Plugin
from switchboard.domain.ids import ChatbotId
from tests.functional.chatbot_world import (
    HOST,
    KEY,
    PLATFORM,
    SCOPED_KEY,
    World,
    bot_at,
    chatbot_world,
    http_front,
)
from tests.functional.described import ANSWER_CHECKS, description, operations
from tests.servers.openai_server import OpenAiServer, Reply, openai_server, text_reply, tool_reply

DOCUMENT = description("chatbot")
SCHEMA = schemathesis.openapi.from_dict(DOCUMENT)
PATHS = operations(DOCUMENT)
THREAD = {"messages": [{"role": "user", "content": "When do you open?"}]}
BODIES: dict[str, Any] = {
    "invoke": THREAD,
    "post_config": {},
    "complete": THREAD,
    "extract_answer": {**THREAD, "language": "de"},
    "translate_message": {"message": "Hi", "source_language": "en", "target_language": "de"},
}
TURNS = ("invoke", "complete", "extract_answer")
PAID = (*TURNS, "translate_message")
MODEL_HOST = "model.localhost"
HOURS = Plugin("hours", "static", Directive.ALWAYS, data={"staticData": {"weekdays": "9 to 12"}})
Answer = tuple[str, int, str]
"""Operation, status, error code or nothing."""


def code_of(document: Any) -> str:
    """An error's code in any of the three shapes."""
    error = document.get("error", document)
    return str(error["code"])


class Client:
    """Sends requests, holds each answer against its description, keeps a list in `seen`."""

    def __init__(self, world: World, server: OpenAiServer, address: str, seen: set[Answer]) -> None:
        self.world = world
        self.server = server
        self._address = address
        self._seen = seen

    def send(
        self,
        name: str,
        *,
        host: str = MODEL_HOST,
        base: str = "",
        key: str = KEY,
        model: str = "model_bot",
        path: str = "",
        **options: Any,
    ) -> requests.Response:
        """`options` are as `requests` takes them; an operation with a body has a good one.

        `path` is another one that leads to the same operation.
        """
        method, template = PATHS[name]
        if name in BODIES and "data" not in options:
            options.setdefault("json", BODIES[name])
        headers = {"Host": host, **({"Authorization": f"Bearer {key}"} if key else {})}
        url = f"http://{self._address}{base}{(path or template).format(model=model)}"
        response = requests.request(method, url, headers=headers, timeout=20, **options)
        case = SCHEMA[template][method].Case(path_parameters={"model": model})
        case.validate_response(response, checks=ANSWER_CHECKS)
        is_error = response.status_code >= 400
        code = code_of(response.json()) if is_error else ""
        self._seen.add((name, response.status_code, code))
        return response

    def put(self, name: str, **fields: Any) -> str:
        """Another bot with the same model; gives its host."""
        host = f"{name}.localhost"
        self.world.put(bot_at(self.server.url, id=ChatbotId(name), hostnames=(host,), **fields))
        return host


@pytest.fixture(scope="module")
def seen() -> set[Answer]:
    return set()


@pytest.fixture
def client(seen: set[Answer], monkeypatch: pytest.MonkeyPatch) -> Iterator[Client]:
    monkeypatch.setattr("switchboard.adapters.model_retries.ATTEMPTS", 1)
    with (
        openai_server() as server,
        chatbot_world(monkeypatch) as world,
        http_front(world) as address,
    ):
        world.put(bot_at(server.url, plugins=(HOURS,), functions=("request_human",)))
        yield Client(world, server, address, seen)


def turn_of(response: requests.Response) -> Any:
    """The document inside an answer, which is of the shape `Turn`."""
    document = json.loads(response.json()["data"]["body"])
    schema = {"$ref": "#/components/schemas/Turn", "components": DOCUMENT["components"]}
    Draft202012Validator(schema).validate(document)
    return document


def test_what_works_is_described(client: Client) -> None:
    """Turns with and without tools, a session shown, completions, models, the answer service."""
    for name in PATHS:
        wanted = 204 if name.startswith("preflight_") else 200
        assert client.send(name).status_code == wanted, name
    assert client.send("complete", json={**THREAD, "stream": True}).status_code == 200
    client.server.script(
        tool_reply(("c1", "hours", '{"inquiry_type": "weekdays"}'), ("c2", "request_human", "{}")),
        text_reply("Someone will come."),
    )
    response = client.send("invoke")
    turn = turn_of(response)
    assert turn["metadata"]["hands_off"] is True
    assert len(turn["metadata"]["tool_calls"]) == 2
    session_key = response.json()["metadata"]["session_key"]
    shown = client.send("get_config", params={"session_key": session_key}).json()
    assert len(shown["data"]["history"]["chat_history"]) == 2
    told = client.put("told", diagnostics=True)
    assert turn_of(client.send("invoke", host=told))["smarter"]["requests"]


@pytest.mark.parametrize(
    ("host", "base"),
    [
        (HOST, ""),
        (PLATFORM, "/api/v1/chatbots/bot1"),
        (PLATFORM, "/api/v1/workbench/bot4"),
        (PLATFORM, "/workbench/customer_support"),
    ],
)
def test_every_address_answers_as_described(client: Client, host: str, base: str) -> None:
    """The same paths at each of the servers; a bot without a model does not translate."""
    for name in PATHS:
        model = "draft_bot" if base.endswith("bot4") else "customer_support"
        response = client.send(name, host=host, base=base, model=model)
        assert (response.status_code < 300) is (name != "translate_message"), name


def test_every_form_of_a_path_is_served(client: Client) -> None:
    """With and without the last slash, and under each of the names there are for the same."""
    for path, item in DOCUMENT["paths"].items():
        there = item.get("$ref", "").removeprefix("#/paths/").replace("~1", "/") or path
        for name, (method, template) in PATHS.items():
            if template == there:
                assert client.send(name, path=path).ok, (method, path)


def test_wrong_requests_are_described(client: Client) -> None:
    """What is not there, not allowed, not readable, too large, or not offered."""
    for name in PATHS:
        assert client.send(name, host="nobody.localhost").status_code == 404
        if not name.startswith("preflight_"):
            assert client.send(name, key="").status_code == 401
            assert client.send(name, key=SCOPED_KEY).status_code == 403
    for name in BODIES:
        assert client.send(name, data=b"{").status_code == 400
        assert client.send(name, data=b"x" * (1024 * 1024 + 1)).status_code == 413
    for name in ("invoke", "get_config", "post_config"):
        assert client.send(name, params={"session_key": "x"}).status_code == 400
    assert client.send("complete", json={**THREAD, "n": 2}).status_code == 400
    assert client.send("show_model", model="customer_support").status_code == 404
    odd = {**BODIES["translate_message"], "target_language": "?"}
    assert client.send("translate_message", json=odd).status_code == 422


@pytest.mark.parametrize("reply", [Reply(500, "{}"), Reply(401, "{}"), Reply(429, "{}")])
def test_a_failing_model_is_described(client: Client, reply: Reply) -> None:
    """Down, refusing our key, out of capacity."""
    client.server.script(reply)
    for name in PAID:
        assert client.send(name).status_code in (429, 502, 503)


def test_a_slow_model_is_described(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """A model that does not answer before the deadline."""
    for module in ("invoke", "complete", "answer_service"):
        monkeypatch.setattr(f"chatbot.{module}.TURN_MS", 300)
    client.server.script(Reply(hang=True))
    for name in PAID:
        status = client.send(name).status_code
        assert status == (503 if name == "translate_message" else 504)


def test_limits_are_described(client: Client) -> None:
    """The request and the token too many."""
    client.server.script(text_reply("Hi.", prompt_tokens=4_900, completion_tokens=100))
    for name in PAID:
        bot = name.replace("_", "-")
        asked = client.put(f"asked-{bot}", limits=Limits(requests_per_minute=1))
        spent = client.put(f"spent-{bot}", limits=Limits(tokens_per_day=5_000))
        for host, status in ((asked, 429), (spent, 402)):
            # The third one, should the first be the last of its minute or day.
            statuses = [client.send(name, host=host).status_code for _ in range(3)]
            assert statuses[-1] == status


def test_a_lost_table_is_described(client: Client) -> None:
    """Nothing is where it belongs: one plain answer for what nobody foresaw."""
    client.world.dynamodb.delete_table(TableName="Directory")
    for name in PATHS:
        assert client.send(name).status_code == 500


def test_nothing_is_described_that_is_never_answered(seen: set[Answer]) -> None:
    """The tests above have seen every status and every code of every operation."""
    described = set()
    for name, (method, path) in PATHS.items():
        for status, response in DOCUMENT["paths"][path][method.lower()]["responses"].items():
            codes = [""]
            if status >= "400":
                _, known = response["content"]["application/json"]["schema"]["allOf"]
                fields = known["properties"]
                fields = fields["error"]["properties"] if "error" in fields else fields
                codes = fields["code"]["enum"]
            described |= {(name, int(status), code) for code in codes}
    assert described - seen == set()
