"""What of YAML a manifest may not use: refused at its line, at once (contracts/chatbot.md)."""

from __future__ import annotations

import warnings
from pathlib import Path

import pytest

from tests.unit.manifest_folder import ACCOUNT, CHATBOT, PLUGIN, Folder

NUMBER = "spec: {accountNumber: 1234-5678-9012}\n"
LINES_OF_A_BOMB = [
    "x0: &x0 [lol, lol, lol, lol, lol, lol, lol, lol, lol]",
    *(f"x{n}: &x{n} [{', '.join([f'*x{n - 1}'] * 9)}]" for n in range(1, 9)),
]


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path)


def annotated(annotations: str) -> str:
    return ACCOUNT.replace("{name: city}", f"\n  name: city\n  annotations: {annotations}") + NUMBER


def test_aliases_that_multiply_are_refused_at_their_line(folder: Folder) -> None:
    """A few lines that stand for millions of values end at once, at the line that is too much."""
    assert folder.errors(annotated("\n    ".join(["", *LINES_OF_A_BOMB]))) == [
        "all.yaml:11: is too large: its aliases would make more than 100,000 values"
    ]


def test_a_document_may_use_its_own_anchors(folder: Folder) -> None:
    """An ordinary alias, a merge and a name used again mean what YAML says, without a word."""
    text = PLUGIN.replace(
        "{hours: nine to five}",
        "{a: &a {x: 1}, b: *a, c: {<<: *a, y: 2}, d: &a [3], e: *a}",
    )
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        (loaded,) = folder.load(text)
    data = loaded.document.content["spec"]["data"]["staticData"]
    assert data == {"a": {"x": 1}, "b": {"x": 1}, "c": {"x": 1, "y": 2}, "d": [3], "e": [3]}


@pytest.mark.parametrize(
    "annotations", ["&a {x: *a}", "&a [{x: *a}]", "&a {<<: *a}", "{x: &b {y: [*b]}}"]
)
def test_an_alias_inside_its_own_anchor_is_refused(folder: Folder, annotations: str) -> None:
    """A value that would contain itself has no meaning, wherever the circle closes."""
    assert folder.errors(annotated(annotations)) == [
        "all.yaml:5: this alias (*) stands inside its own anchor (&)"
    ]


@pytest.mark.parametrize(
    "annotations",
    [
        "{x: " + "[" * 2000 + "]" * 2000 + "}",
        "[" + "{a: " * 60 + "1" + "}" * 60 + "]",
        "{x: &x " + "[" * 30 + "]" * 30 + ", y: " + "[" * 30 + "*x" + "]" * 30 + "}",
    ],
)
def test_deep_nesting_is_refused(folder: Folder, annotations: str) -> None:
    """More than fifty levels are a fault of the file, also if an alias adds the last of them."""
    assert folder.errors(annotated(annotations)) == [
        "all.yaml:5: is nested too deeply; at most 50 levels are read"
    ]


def test_forty_levels_are_read(folder: Folder) -> None:
    """Data as deep as anybody writes it stays data."""
    (loaded,) = folder.load(PLUGIN.replace("nine to five", "[" * 40 + "]" * 40))
    assert loaded.name == "topic"


@pytest.mark.parametrize(
    "text",
    [
        CHATBOT.replace("helper", '!!python/object/apply:os.system ["echo hi"]'),
        CHATBOT.replace("helper", "!!int helper"),
        CHATBOT.replace("{name: helper}", "!hunter2 {name: helper}"),
    ],
)
def test_a_tag_is_refused_without_repeating_it(folder: Folder, text: str) -> None:
    """Manifests have no tags; an unquoted secret that begins with ! is told apart by nobody."""
    assert folder.errors(text) == [
        "all.yaml:3: begins with !, which is a YAML tag to this reader; "
        "put text in quotes, or leave the tag out"
    ]


def test_an_alias_of_nothing_is_refused_without_repeating_it(folder: Folder) -> None:
    """An unquoted secret that begins with * is an alias to YAML, and does not get into the log."""
    (error,) = folder.errors(CHATBOT + "spec:\n  config:\n    modelKey: *hunter2\n")
    assert error.startswith("all.yaml:6: begins with *, which is a YAML alias to this reader")
    assert "hunter2" not in error


def test_a_number_of_thousands_of_digits_is_refused(folder: Folder) -> None:
    """What no computer takes for a number in reasonable time is a fault of its line."""
    assert folder.errors(annotated("{x: " + "1" * 5000 + "}")) == [
        "all.yaml:5: this number is too long; put text in quotes"
    ]


@pytest.mark.parametrize("key", ["[a, b]", "null", "1.5"])
def test_a_field_without_a_name_is_shown_as_such(folder: Folder, key: str) -> None:
    """A field whose name is no text is shown by its place, not in some program's notation."""
    assert folder.errors(annotated(f"{{? {key} : x}}")) == [
        "all.yaml:5: metadata.annotations.?: a field's name is text; put it in quotes"
    ]
