"""The JSON Schemas in docs/schemas/ are those of the models, and say of manifests what they say."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]
from ruamel.yaml import YAML

from switchboard_cli.example import FOLDER as EXAMPLES
from switchboard_cli.manifests.models import MODELS

ROOT = Path(__file__).parents[2]
SCHEMAS = ROOT / "docs" / "schemas"
OURS = sorted((ROOT / "examples").glob("*.yaml"))
MANIFESTS = [*OURS, *sorted(EXAMPLES.glob("*.yaml"))]


def validator(kind: str) -> Draft202012Validator:
    schema = json.loads((SCHEMAS / f"{kind}.json").read_text(encoding="utf-8"))
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema)


def documents(path: Path) -> Iterator[Any]:
    yield from YAML(typ="safe").load_all(path.read_text(encoding="utf-8"))


def faults(document: Any) -> list[str]:
    return [error.json_path for error in validator(document["kind"]).iter_errors(document)]


def test_the_schemas_are_up_to_date() -> None:
    """`make schemas` would change nothing, and there is one for each kind and no other."""
    command = [sys.executable, "-m", "tools.schemas", "--check"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert {path.stem for path in SCHEMAS.iterdir()} == {*MODELS}


@pytest.mark.parametrize("path", MANIFESTS, ids=lambda path: path.name)
def test_every_example_is_valid(path: Path) -> None:
    """As it is written, with its {env: NAME} and {secret: NAME}."""
    for document in documents(path):
        assert faults(document) == []


@pytest.mark.parametrize("path", OURS, ids=lambda path: path.name)
def test_an_editor_finds_the_schema_of_an_example(path: Path) -> None:
    """The first line names it, where all of the file is of one kind."""
    first = path.read_text(encoding="utf-8").splitlines()[0]
    (kind,) = {document["kind"] for document in documents(path)}
    assert first == f"# yaml-language-server: $schema=../docs/schemas/{kind}.json"


@pytest.mark.parametrize("kind", [*MODELS])
def test_every_field_is_described(kind: str) -> None:
    """Title and description, for whoever writes one in an editor."""
    schema = validator(kind).schema
    assert schema["title"] == kind
    parts = [schema, *schema["$defs"].values()]
    for part in parts:
        for field, described in part["properties"].items():
            assert field == "env" or (described["title"] and described["description"]), field


@pytest.mark.parametrize(
    ("path", "value", "place"),
    [
        (("spec", "config", "appname"), "x", "$.spec.config"),
        (("spec", "config", "deployed"), "yes", "$.spec.config.deployed"),
        (("spec", "config", "defaultTemperature"), 2, "$.spec.config.defaultTemperature"),
        (("spec", "config", "limits"), {"tokensPerDay": 0}, "$.spec.config.limits.tokensPerDay"),
        (("spec", "config", "modelKey"), {"secret": "../x y"}, "$.spec.config.modelKey"),
        (("spec", "config", "appName"), {"env": 5}, "$.spec.config.appName"),
        (("spec", "functions"), ["tell_a_joke"], "$.spec.functions[0]"),
        (("spec", "plugins"), "hours", "$.spec.plugins"),
        (("metadata", "name"), "...", "$.metadata.name"),
        (("kind",), "ChatBot", "$.kind"),
        (("apiVersion",), "v1", "$.apiVersion"),
    ],
)
def test_what_is_wrong_is_marked(path: tuple[str, ...], value: Any, place: str) -> None:
    """Misspelled fields, wrong types, ranges and values are found where they stand."""
    (document,) = documents(EXAMPLES / "Chatbot.yaml")
    around = document
    for part in path[:-1]:
        around = around[part]
    around[path[-1]] = value
    assert [error.json_path for error in validator("Chatbot").iter_errors(document)] == [place]


def test_a_password_in_a_file_is_marked() -> None:
    """The schema knows the fields in which no text may stand."""
    (document,) = documents(EXAMPLES / "SqlConnection.yaml")
    document["spec"]["connection"]["password"] = "hunter2"
    assert faults(document) == ["$.spec.connection.password"]
