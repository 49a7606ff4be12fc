"""The OpenAPI documents in docs/openapi/ are those of the code that serves."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from switchboard.api.http import Request, Response
from switchboard.api.router import route
from tools.chatbot_api import CHATBOT
from tools.openapi import Api, Operation, Undescribed, document

ROOT = Path(__file__).parents[2]


def read(request: Request, place: str) -> Response:
    return Response(204)


API = Api(
    name="test",
    info={"title": "Test", "version": "1"},
    functions={},
    operations={"read": Operation("Reads.", {204: {"description": "Read."}})},
    schemas={},
    path_values={"place": "Where."},
)


def test_the_documents_are_up_to_date() -> None:
    """`make openapi` would change nothing."""
    command = [sys.executable, "-m", "tools.openapi", "--check"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_a_path_is_described_with_and_without_its_last_slash() -> None:
    """Both forms, with what the route's own pattern lets pass, and the methods it answers."""
    paths = document(API, [route("/a/{place}/", GET=read)])["paths"]
    assert paths.keys() == {"/a/{place}/", "/a/{place}"}
    assert paths["/a/{place}"] == {"$ref": "#/paths/~1a~1{place}~1"}
    item = paths["/a/{place}/"]
    assert item.keys() == {"parameters", "get", "head", "options"}
    assert item["parameters"][0]["schema"]["pattern"] == "^[-A-Za-z0-9_]{1,200}$"


def test_a_served_route_must_be_described() -> None:
    """An endpoint that the description does not know is named."""

    def write(request: Request) -> Response:
        return Response(204)

    with pytest.raises(Undescribed, match="write"):
        document(API, [route("/a/{place}/", GET=read, POST=write)])


def test_a_described_route_must_be_served() -> None:
    """A description of what nobody serves is named."""
    with pytest.raises(Undescribed, match="read"):
        document(API, [])


def test_a_chatbot_s_operation_must_be_described() -> None:
    """What the chatbots' edge serves is held against the description in the same way."""

    def forecast() -> None: ...

    edge = SimpleNamespace(operations={"/forecast": {"GET": forecast}})
    with pytest.raises(Undescribed, match="forecast, get_config, invoke"):
        document(CHATBOT, CHATBOT.routes(edge))
