"""docs/compatibility.md: every operation of the two systems this product comes from has a home."""

from __future__ import annotations

import ast
import re
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "compatibility.md"
CHATBOT_API = (
    "`setup`",
    "`dispatch`: id from the URL",
    "`dispatch`: chatbot and account",
    "`dispatch`: readiness, configuration",
    "`dispatch`: plugins loaded",
    "`dispatch`: audit event",
    "`post`: by host name",
    "`post`: provider handler",
    "`post`: session ensured",
    "`post`: handler called",
    "`post`: journaled response",
    "`post`: error responses",
    "`get`",
    "`options`",
    "`chatbot`",
    "`chatbot_helper`",
    "`chat_helper`",
    "`name`",
    "`url`",
    "`is_web_platform`",
    "`formatted_class_name`",
    "`plugins`",
    "address: default API domain",
    "address: workbench by name",
    "address: workbench by id",
    "address: custom domains",
    "guarantee: API key by default",
    "guarantee: CSRF-free",
    "guarantee: never cached",
    "guarantee: robust errors",
    "guarantee: observable",
    "guarantee: completion with tool-call plugins",
)
USER_CHAT = (
    "`ChatBot(hostname).automatic_answer`",
    "`chat`",
    "`send_message`",
    "`get_messages`",
    "`get_attachment`",
    "`is_chat_enabled_for_user`",
    "`response_or_error`",
    "`zammad_webhook`",
    "`ZammadChatAPI(region)`",
    "`ZammadChatAPI.create_ticket`",
    "`ZammadChatAPI.get_attachment`",
    "region: help desk URL and access token",
)
DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


class Row(NamedTuple):
    operation: str
    homes: tuple[str, ...]
    tests: tuple[str, ...]


def rows(half: str) -> list[Row]:
    """Of the first table below the heading that begins with `half`."""
    section = PAGE.read_text(encoding="utf-8").split(f"\n## {half}", 1)[1]
    table = re.search(r"(?:^\|.*\n)+", section, re.MULTILINE)
    assert table
    cells = [line.strip("|").split("|") for line in table[0].splitlines()[2:]]
    quoted = [[tuple(re.findall(r"`([^`]+)`", cell)) for cell in line[1:]] for line in cells]
    return [Row(c[0].strip(), *found) for c, found in zip(cells, quoted, strict=True)]


EVERY_ROW = [*rows("The chatbot API"), *rows("The user chat")]


@cache
def source_of(module: str) -> Path:
    spec = find_spec(module)
    assert spec, f"there is no module {module}"
    assert spec.origin
    return Path(spec.origin)


@cache
def functions_in(file: str) -> set[str]:
    tree = ast.parse((ROOT / file).read_text(encoding="utf-8"))
    return {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}


def defines(module: str, name: str) -> bool:
    """Read, not imported: a handler's module makes its clients when it is imported."""
    body = ast.parse(source_of(module).read_text(encoding="utf-8")).body
    for part in name.split("."):
        found = None
        for node in body:
            if isinstance(node, DEFINITIONS) and node.name == part:
                found = node.body
            elif isinstance(node, ast.Assign) and part in map(ast.unparse, node.targets):
                found = []
        if found is None:
            return False
        body = found
    return True


@pytest.mark.parametrize(
    ("half", "operations"), [("The chatbot API", CHATBOT_API), ("The user chat", USER_CHAT)]
)
def test_every_operation_has_its_row(half: str, operations: tuple[str, ...]) -> None:
    """Each documented operation is in the table, once, with a home and a test."""
    table = rows(half)
    assert tuple(row.operation for row in table) == operations
    assert [row.operation for row in table if not row.homes or not row.tests] == []


@pytest.mark.parametrize("row", EVERY_ROW, ids=lambda row: row.operation)
def test_every_home_and_every_test_exists(row: Row) -> None:
    """A module, function or test that the page names can be found where it says."""
    for home in row.homes:
        module, _, name = home.partition(":")
        assert defines(module, name), home
    for test in row.tests:
        file, _, name = test.partition("::")
        assert name in functions_in(file), test


def test_every_decision_it_names_exists() -> None:
    """Links of the page lead to files of this repository."""
    links = re.findall(r"\]\(([^)#]+)", PAGE.read_text(encoding="utf-8"))
    assert links
    assert [link for link in links if not (PAGE.parent / link).is_file()] == []
