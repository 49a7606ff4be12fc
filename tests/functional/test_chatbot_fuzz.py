"""A chatbot's HTTP surface under generated requests, held against its description.

The same requests each time; `FUZZ_EXAMPLES=500` asks for that many of each operation and for new
ones.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis

from tests.functional.chatbot_world import KEY, PLATFORM, bot_at, chatbot_world, http_front
from tests.functional.described import EXAMPLES, FUZZ_CHECKS, description
from tests.servers.openai_server import openai_server

ADDRESSES = [
    ("model.localhost", ""),
    (PLATFORM, "/api/v1/chatbots/bot9"),
    (PLATFORM, "/workbench/model_bot"),
]
"""Host and path of the same bot, in turn."""
LANGUAGE = {"enum": ["de", "pt-BR"]}
KEYS = [f"Bearer {KEY}", f"Token {KEY}"]


def aimed() -> dict[str, Any]:
    """The description, of each path one form only, with values that reach the model: what is none
    of these is made from it all the same."""
    document = description("chatbot")
    paths, schemas = document["paths"], document["components"]["schemas"]
    document["paths"] = {path: item for path, item in paths.items() if "$ref" not in item}
    for name in ("Question", "CompletionRequest", "ServiceQuestion"):
        message = schemas[name]["properties"]["messages"]["items"]
        message["properties"] = {
            "role": {"enum": ["user", "assistant"]},
            "content": {"type": "string", "pattern": r"[^\s]{2}"},
        }
        message["required"] = ["role", "content"]
    schemas["ServiceQuestion"]["properties"]["language"] = LANGUAGE
    text = schemas["Text"]["properties"]
    text |= {"source_language": LANGUAGE, "target_language": LANGUAGE}
    (model,) = paths["/v1/models/{model}/"]["parameters"]
    model["schema"] = {"enum": ["model_bot", "other_bot"]}
    return document


schema = schemathesis.openapi.from_dict(
    aimed(),
    config=schemathesis.Config.from_dict(
        {
            "generation": {
                "max-examples": EXAMPLES or 6,
                "deterministic": not EXAMPLES,
                "no-shrink": not EXAMPLES,
                "with-security-parameters": False,
            },
        }
    ),
)
ways = itertools.cycle(itertools.product(ADDRESSES, KEYS))


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with (
        pytest.MonkeyPatch.context() as monkeypatch,
        openai_server() as server,
        chatbot_world(monkeypatch) as world,
        http_front(world) as running,
    ):
        world.put(bot_at(server.url))
        yield running


@schema.parametrize()
def test_no_request_is_answered_otherwise_than_described(
    case: schemathesis.Case[Any], address: str
) -> None:
    """Whatever is sent: never a 5xx, and status, headers and body are as described."""
    (host, base), authorization = next(ways)
    headers = {"Host": host, "Authorization": authorization}
    response = case.call(base_url=f"http://{address}{base}", headers=headers)
    case.validate_response(response, checks=FUZZ_CHECKS)
