"""What the functional tests share: a desk with the example region, fresh for each test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.functional.desk_world import DeskWorld, desk_world


@pytest.fixture
def desk(monkeypatch: pytest.MonkeyPatch) -> Iterator[DeskWorld]:
    with desk_world(monkeypatch) as world:
        yield world
