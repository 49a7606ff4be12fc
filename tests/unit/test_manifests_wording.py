"""The words in which a wrong field is reported: an operator's, not a programming language's."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from switchboard_cli.example import FOLDER
from switchboard_cli.manifests import ManifestErrors, load_manifests
from switchboard_cli.manifests.models import MODELS
from switchboard_cli.manifests.reading import AnyVariable
from tests.unit.manifest_folder import CHATBOT, PLUGIN, REGION, Folder

WRONG: tuple[Any, ...] = (7, 1.5, -1, "", "!", "Помощник", True, [], [1], ["!"], {}, {"a": 1})
FOREIGN = re.compile(
    r"dict|tuple|instance|pattern|string should|valid|\bbool\b|float|None|[\\^$]|Spec"
)


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path)


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    if path:
        yield path
    inner = dict(enumerate(value)) if isinstance(value, list) else value
    for key, item in inner.items() if isinstance(inner, dict) else ():
        yield from places(item, (*path, key))


def changed(document: Any, path: tuple[Any, ...], value: Any) -> str:
    copy = json.loads(json.dumps(document, default=str))
    around = copy
    for part in path[:-1]:
        around = around[part]
    around[path[-1]] = value
    return json.dumps(copy)


@pytest.mark.parametrize("kind", MODELS)
def test_no_wrong_value_is_answered_in_a_program_s_words(kind: str, tmp_path: Path) -> None:
    """Whatever stands in whichever field, what is wanted is said without a type of Python."""
    document = YAML(typ="safe").load((FOLDER / f"{kind}.yaml").read_text())
    file = tmp_path / "all.yaml"
    said = set()
    for path in places({name: document[name] for name in ("metadata", "spec")}):
        for value in WRONG:
            file.write_text(changed(document, path, value), encoding="utf-8")
            try:
                load_manifests([file], AnyVariable())
            except ManifestErrors as fault:
                said |= {error.message for error in fault.errors}
    assert said
    assert [message for message in said if FOREIGN.search(message)] == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (CHATBOT + "spec: 5\n", "4: spec: should be a mapping of fields"),
        (CHATBOT + "spec: {plugins: books}\n", "4: spec.plugins: should be a list"),
        (
            CHATBOT + "spec: {config: {appName: 5}}\n",
            "4: spec.config.appName: should be text; put it in quotes",
        ),
        (
            CHATBOT + "spec: {config: {deployed: 5}}\n",
            "4: spec.config.deployed: should be true or false",
        ),
        (
            CHATBOT.replace("helper", "Помощник"),
            "3: metadata.name: should contain a letter a-z or a digit 0-9",
        ),
        (
            CHATBOT + "spec: {config: {subdomain: Помощник}}\n",
            "4: spec.config.subdomain: "
            "should contain a letter a-z or a digit 0-9, for it stands in a host name",
        ),
        (
            REGION.replace("r1", "Köln"),
            "3: metadata.name: should be 1 to 50 lower-case letters a-z, digits, - and _, "
            "and neither 'webhook' nor 'regions'",
        ),
        (
            PLUGIN.replace("always", "search_terms, searchTerms: ['!']"),
            "5: spec.selector.searchTerms[0]: should contain a letter or a digit",
        ),
        (
            PLUGIN.replace("{hours: nine to five}", "{}"),
            "6: spec.data.staticData: should have at least 1 item",
        ),
        (
            PLUGIN.replace("{hours: nine to five}", "[]"),
            "6: spec.data.staticData: should be a mapping",
        ),
    ],
)
def test_what_is_wanted_is_said_plainly(folder: Folder, text: str, expected: str) -> None:
    """File, line, field, and what to write there."""
    assert folder.errors(text)[-1] == f"all.yaml:{expected}"
