"""The same suite against the table in moto and the fake that unit tests use."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from switchboard.adapters.dynamodb_counters import DynamoDbCounters
from switchboard.ports.counters import Counters
from tests.fakes.counters import InMemoryCounters
from tests.tables import conversations_table


@pytest.fixture
def table() -> Iterator[tuple[Any, str]]:
    with conversations_table() as opened:
        yield opened


@pytest.fixture(params=["memory", "dynamodb"])
def counters(request: pytest.FixtureRequest) -> Counters:
    if request.param == "memory":
        return InMemoryCounters()
    return DynamoDbCounters(*request.getfixturevalue("table"))


def test_as_much_is_counted_as_allowed(counters: Counters) -> None:
    """The one too many is not counted."""
    counted = [counters.add("a", 7, 1, most=2, expires_at=1) for _ in range(4)]
    assert counted == [True, True, False, False]
    assert counters.add("a", 7, 1, most=3, expires_at=1), "the refused ones were counted"


def test_counters_and_windows_are_apart(counters: Counters) -> None:
    """What one has says nothing about another."""
    assert counters.add("a", 7, 2, most=2, expires_at=1)
    assert counters.add("a", 8, 2, most=2, expires_at=1)
    assert counters.add("b", 7, 2, most=2, expires_at=1)


def test_an_amount_fits_whole_or_not_at_all(counters: Counters) -> None:
    """Also the first one."""
    assert not counters.add("a", 7, 6, most=5, expires_at=1)
    assert counters.add("a", 7, 3, most=5, expires_at=1)
    assert not counters.add("a", 7, 3, most=5, expires_at=1)
    assert counters.add("a", 7, 2, most=5, expires_at=1)


def test_what_is_given_back_can_be_had_again(counters: Counters) -> None:
    """Without `most` anything is added, a negative amount too."""
    assert counters.add("a", 7, 5, most=5, expires_at=1)
    assert counters.add("a", 7, -2, expires_at=1)
    assert counters.add("a", 7, 2, most=5, expires_at=1)
    assert counters.add("a", 7, 90, expires_at=1)
    assert not counters.add("a", 7, 1, most=90, expires_at=1)
