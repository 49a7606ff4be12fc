"""The user chat's HTTP surface under generated requests, held against its description.

The same requests each time; `FUZZ_EXAMPLES=500` asks for that many of each operation and for new
ones.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest
import schemathesis

from tests.functional.attachments_desk import PNG, in_json
from tests.functional.described import EXAMPLES, FUZZ_CHECKS, description
from tests.functional.desk_http import desk_http

KNOWN = {
    "region": ["augenfeld", "nowhere"],
    "language": ["de", "xx"],
    "device_id": ["writer", "other"],
    "attachment_id": ["FILE", "0" * 64],
}
KNOWN_TO_READERS = {**KNOWN, "device_id": ["reader", "other"]}


def aimed(document: dict[str, Any]) -> dict[str, Any]:
    """The description with path values that lead somewhere; what is no value of a path is made
    from it all the same."""
    for path in document["paths"].values():
        for parameter in path.get("parameters", ()):
            parameter["schema"] = {"type": "string", "enum": KNOWN[parameter["name"]]}
        for method in {"get", "head"} & path.keys():
            path[method]["parameters"] = [
                *path[method].get("parameters", ()),
                *(
                    {**p, "schema": {"type": "string", "enum": KNOWN_TO_READERS[p["name"]]}}
                    for p in path["parameters"]
                ),
            ]
    return document


schema = schemathesis.openapi.from_dict(
    aimed(description("userchat")),
    config=schemathesis.Config.from_dict(
        {
            "generation": {
                "max-examples": EXAMPLES or 12,
                "deterministic": not EXAMPLES,
                "no-shrink": not EXAMPLES,
            },
        }
    ),
)


class Desk(NamedTuple):
    """Where it is, and the id of a file in the reader's chat, which nobody writes to."""

    address: str
    file: str


@pytest.fixture(scope="module")
def desk() -> Iterator[Desk]:
    with pytest.MonkeyPatch.context() as monkeypatch, desk_http(monkeypatch) as (world, address):
        path = "/api/v3/augenfeld/de/chat/reader/"
        sent = world.say("Hallo", path, attachments=in_json(("picture.png", PNG)))
        yield Desk(address, sent.json["attachments"][0]["id"])


@schema.parametrize()
def test_no_request_is_answered_otherwise_than_described(
    case: schemathesis.Case[Any], desk: Desk
) -> None:
    """Whatever is sent: never a 5xx, and status, headers and body are as described."""
    if case.path_parameters.get("attachment_id") == "FILE":
        case.path_parameters["attachment_id"] = desk.file
    response = case.call(base_url=desk.address)
    case.validate_response(response, checks=FUZZ_CHECKS)
