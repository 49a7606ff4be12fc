"""What the functional tests share: the worlds they act in, fresh for each test.

A module that needs more of one overrides its fixture with one of the same name over it.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.functional.chatbot_world import World, chatbot_world
from tests.functional.desk_world import DeskWorld, desk_world
from tests.functional.doctor_world import Clinic, open_clinic
from tests.servers.openai_server import OpenAiServer, openai_server


@pytest.fixture
def desk(monkeypatch: pytest.MonkeyPatch) -> Iterator[DeskWorld]:
    """A desk with the example region."""
    with desk_world(monkeypatch) as world:
        yield world


@pytest.fixture
def server() -> Iterator[OpenAiServer]:
    """A model's server."""
    with openai_server() as running:
        yield running


@pytest.fixture
def first() -> Iterator[OpenAiServer]:
    """The server of a chatbot's own model, where there are two."""
    with openai_server() as running:
        yield running


@pytest.fixture
def second() -> Iterator[OpenAiServer]:
    """The server of its fallback."""
    with openai_server() as running:
        yield running


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """The chatbot function."""
    with chatbot_world(monkeypatch) as made:
        yield made


@pytest.fixture
def clinic(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Clinic]:
    """A stack for `switchboard doctor` to examine."""
    with open_clinic(tmp_path, monkeypatch, capsys) as opened:
        yield opened
