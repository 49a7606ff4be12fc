"""The built-in functions: what a model asks, what it is told."""

from __future__ import annotations

import json
import time
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from switchboard.adapters.functions import LoadedFunctions
from switchboard.adapters.plugin_kinds import Resources
from switchboard.domain.plugins import ToolFailed
from tests.fakes.clock import NOON, HandClock
from tests.fakes.secrets import InMemorySecrets


def run(name: str, **arguments: Any) -> str:
    clock = HandClock()
    tool = LoadedFunctions(Resources(InMemorySecrets({}), clock)).get(name)
    assert tool is not None
    return tool.run(arguments, clock.now() + 5_000)


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("1 + 2 * 3", "7"),
        ("(1 + 2) * 3", "9"),
        ("0.1 + 0.2", "0.3"),
        ("2^10", "1024"),
        ("7 // 2 + 7 % 2", "4"),
        ("-3 ** 2", "-9"),
        ("sqrt(2) * sqrt(2)", "2"),
        ("round(2 * pi, 2)", "6.28"),
        ("max(1, 2, 3) - min(4, 5)", "-1"),
        ("factorial(20)", "2432902008176640000"),
        ("1e3", "1000"),
        ("12 × 3 ÷ 4", "9"),
    ],
)
def test_it_calculates(expression: str, value: str) -> None:
    """Arithmetic as it is written down, exact where whole numbers are."""
    assert run("calculator", expression=expression) == value


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("98765432109.87 - 0.01", "98765432109.86"),
        ("123456789012.55*3", "370370367037.65"),
        ("10**15 + 0.5", "1000000000000000.5"),
        ("0.1 + 0.2", "0.3"),
        ("12345678901234567890.12 + 0.01", "12345678901234567890.13"),
        ("1.5e20 + 1", "150000000000000000001"),
        ("19.99 * 3 * 1.19", "71.3643"),
        ("round(2.675, 2)", "2.68"),
        ("7 % 0.1", "0"),
        ("-7.5 // 2", "-4"),
        ("1/3 * 3", "1"),
        ("123456789012345678 / 7", "17636684144620811.142857142857"),
        ("1/3", "0.333333333333333"),
        ("sqrt(16) * 0.1", "0.4"),
        ("sqrt(2) * 10**12", "1414213562373.1"),
        ("(1 /\n 4)", "0.25"),
        ("1e-999999999", "0"),
        ("5 * 10**-20", "5e-20"),
    ],
)
def test_no_digit_is_lost(expression: str, value: str) -> None:
    """Decimals are exact, as money needs it, however long the number; it is written in full."""
    assert run("calculator", expression=expression) == value


@pytest.mark.parametrize(
    "expression",
    [
        "9**9**9",
        "(10**300)**300",
        "((1/3)**200)**-200",
        "1e999999999",
        "1 << 999999999",
        "round(5, -30000000)",
        "round(5, 30000000)",
        "round(5.5, -101)",
        "round(5.5, 0.5)",
        "factorial(10**90)",
        "(" * 240 + "1" + ")" * 240,
        "10**1001",
        "2**-2000",
        "factorial(1e6)",
        "factorial(2.5)",
        "factorial(-1)",
        "1/0",
        "5 % 0",
        "sqrt(-1)",
        "(-8) ** 0.5",
        "log(0)",
        "1e400",
        "().__class__",
        "__import__('os')",
        "open('x')",
        "'a' * 9",
        "[1] * 9",
        "1 if 1 else 2",
        "lambda: 1",
        "x",
        "True",
        "1, 2",
        "1 +",
        "",
        "max()",
        "round(1, ndigits=2)",
        "(" * 400,
        "-" * 501 + "1",
        "1+" * 400 + "1",
    ],
)
def test_what_is_no_arithmetic_is_explained(expression: str) -> None:
    """No code, no huge number, nothing slow: the model is told what was wrong, at once."""
    with pytest.raises(ToolFailed, match=r"\.$"):
        run("calculator", expression=expression)


@given(st.text(alphabet="0123456789.+-*/%()^ esqrtpiflound,", max_size=60))
def test_any_expression_ends_in_a_number_or_an_explanation(expression: str) -> None:
    """Whatever is written, nothing else is raised."""
    with suppress(ToolFailed):
        float(run("calculator", expression=expression))


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ({"dates": ["2024-02-28", "2024-03-01"], "operation": "difference"}, "2 days"),
        ({"dates": ["2026-01-31"], "operation": "add_days", "days": 30}, "2026-03-02"),
        ({"dates": ["2026-03-01"], "operation": "subtract_days", "days": 1}, "2026-02-28"),
        ({"dates": ["2026-01-31"], "operation": "add_days", "days": "30"}, "2026-03-02"),
        ({"dates": ["2026-01-31"], "operation": "add_days", "days": 30.0}, "2026-03-02"),
        ({"dates": ["0001-01-01"], "operation": "add_days", "days": "1"}, "0001-01-02"),
        ({"dates": ["0001-01-01"], "operation": "oldest"}, "0001-01-01"),
        (
            {"dates": ["0090-01-02"], "operation": "newest", "date_format": "de"},
            "02.01.0090",
        ),
        ({"dates": ["2026-03-01", "2025-12-24"], "operation": "oldest"}, "2025-12-24"),
        ({"dates": ["2026-03-01", "2025-12-24"], "operation": "newest"}, "2026-03-01"),
        ({"dates": ["2026-11-22"], "operation": "weekday"}, "Sunday"),
        ({"dates": "2026-11-22", "operation": "format", "date_format": "us"}, "11/22/2026"),
        ({"dates": ["03/04/2026"], "operation": "format", "date_format": "eu"}, "03/04/2026"),
        ({"dates": ["24.12.2026"], "operation": "weekday"}, "Thursday"),
        ({"dates": ["2026-11-22T23:59:00Z"], "operation": "format"}, "2026-11-22"),
    ],
)
def test_it_knows_dates(arguments: dict[str, Any], told: str) -> None:
    """Leap years, ends of months, days of the week, and three ways to write a date."""
    assert run("date_calculator", **arguments) == told


def test_today_is_the_clock_s_day() -> None:
    """So a model can learn what day it is."""
    today = time.strftime("%Y-%m-%d", time.gmtime(NOON / 1000))
    assert run("date_calculator", dates=["today"], operation="format") == today


@pytest.mark.parametrize(
    "arguments",
    [
        {},
        {"dates": [], "operation": "oldest"},
        {"dates": ["2026-02-30"], "operation": "weekday"},
        {"dates": ["soon"], "operation": "weekday"},
        {"dates": ["2026-02-01"], "operation": "difference"},
        {"dates": ["2026-02-01"], "operation": "add_days"},
        {"dates": ["2026-02-01"], "operation": "add_days", "days": "two"},
        {"dates": ["2026-02-01"], "operation": "add_days", "days": "1e9"},
        {"dates": ["2026-02-01"], "operation": "add_days", "days": True},
        {"dates": ["2026-02-01"], "operation": "add_days", "days": 1_000_001},
        {"dates": ["9999-12-31"], "operation": "add_days", "days": 1},
        {"dates": ["2026-02-01"], "operation": "explode"},
        {"dates": ["2026-02-01"], "operation": "format", "date_format": "roman"},
        {"dates": 7, "operation": "format"},
    ],
)
def test_what_is_no_date_is_explained(arguments: dict[str, Any]) -> None:
    """The model is told what was wrong with its call."""
    with pytest.raises(ToolFailed):
        run("date_calculator", **arguments)


def test_an_unknown_function_is_none() -> None:
    """Nor is one that is spelt like a path."""
    functions = LoadedFunctions(Resources(InMemorySecrets({}), HandClock()))
    assert [functions.get(n) for n in ("nothing", "../x", "functions", "")] == [None] * 4


def test_offers_are_json_schemas() -> None:
    """Each function describes itself as the protocol wants it."""
    functions = LoadedFunctions(Resources(InMemorySecrets({}), HandClock()))
    for name in ("calculator", "date_calculator", "get_current_weather", "request_human"):
        tool = functions.get(name)
        assert tool is not None
        assert tool.offer.name == name
        assert tool.offer.description
        assert json.loads(json.dumps(tool.offer.parameters))["type"] == "object"
