"""Whatever is applied can be exported, and the export applied again, with nothing changed."""

from __future__ import annotations

import json
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]

from switchboard_cli.get import all_stored, yaml_of
from switchboard_cli.manifests import Manifests, apply_manifests, load_manifests
from switchboard_cli.manifests.applying import plan_of
from switchboard_cli.manifests.comparing import differences, renewed
from switchboard_cli.manifests.deleting import delete_manifests
from switchboard_cli.manifests.loading import parse
from switchboard_cli.manifests.reading import Document
from switchboard_cli.manifests.store import REVISION
from tests.fakes.directory_store import InMemoryDirectory

# Worlds are large: making a failing one small takes longer than reading it.
QUICK = (Phase.explicit, Phase.reuse, Phase.generate)
SCHEMAS = Path(__file__).parents[2] / "docs" / "schemas"
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
TRICKY = st.sampled_from(
    ["yes", "null", "~", "2026-01-01", "1e3", "0o7", "- a", "a: b", "#", "a\n"]
)
WORDS = TEXT | TRICKY
NAMES = st.from_regex(r"[a-z]{1,6}(_[a-z]{1,4})?", fullmatch=True)
SCALARS = st.none() | st.booleans() | st.integers(-(2**60), 2**60) | WORDS
NUMBERS = st.floats(allow_nan=False, allow_infinity=False)
# A mapping with the one field `env` would be a variable.
DATA = st.recursive(
    SCALARS | NUMBERS,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(WORDS.filter(lambda key: key != "env"), inner, max_size=3)
    ),
    max_leaves=8,
)
MAPPING = st.dictionaries(WORDS.filter(lambda key: key != "env"), DATA, min_size=1, max_size=4)
METADATA = st.fixed_dictionaries(
    {"name": NAMES},
    optional={"description": WORDS, "version": WORDS, "tags": st.lists(WORDS, max_size=2)},
)


def manifest(kind: str, metadata: Any, spec: Any) -> dict[str, Any]:
    return {"apiVersion": "switchboard/v1", "kind": kind, "metadata": metadata, "spec": spec}


@st.composite
def worlds(draw: st.DrawFn) -> list[dict[str, Any]]:
    """An account with a plugin, a connection and a chatbot that uses them, a key, a region."""
    secret = draw(st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=30))
    known = draw(METADATA)
    plugin, service, news = (f"{known['name']}{end}" for end in ("_a", "_b", "_c"))
    config = st.fixed_dictionaries(
        {},
        optional={
            "appName": WORDS,
            "defaultSystemRole": WORDS,
            "defaultTemperature": st.floats(0, 1),
            "appExamplePrompts": st.lists(WORDS, max_size=3),
            "deployed": st.booleans(),
            "modelKey": st.sampled_from([{"secret": "pass"}, secret]),
            "limits": st.just({"tokensPerDay": 7}),
        },
    )
    selector = {"directive": "llm"}
    api = {"endpoint": "/a", "method": "POST", "body": draw(MAPPING)}
    return [
        manifest("Account", {"name": "city"}, {"accountNumber": "1234-5678-9012"}),
        manifest("Secret", {"name": "pass"}, {"value": secret}),
        manifest("ApiConnection", {"name": service}, {"connection": {"baseUrl": "https://a.b"}}),
        manifest(
            "Plugin",
            {**draw(METADATA), "name": plugin, "pluginClass": "static"},
            {"selector": selector, "data": {"staticData": draw(MAPPING)}},
        ),
        manifest(
            "ApiPlugin",
            {"name": news},
            {"selector": selector, "connection": service, "apiData": api},
        ),
        manifest("Chatbot", known, {"config": draw(config), "plugins": [plugin, news]}),
        manifest("ApiKey", {"name": "k"}, draw(st.sampled_from([{}, {"expires": "2035-01-01"}]))),
        manifest(
            "Region",
            {**draw(METADATA), "annotations": draw(MAPPING)},
            {"defaultLanguage": "de", "zammad": {"url": "https://z.example", "token": secret}},
        ),
    ]


def applied(world: list[dict[str, Any]]) -> InMemoryDirectory:
    store = InMemoryDirectory()
    items = tuple(parse(Document("world", document)) for document in world)
    apply_manifests(Manifests(items), store)
    return store


def exported(store: InMemoryDirectory) -> Manifests:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "export.yaml"
        path.write_text(yaml_of(all_stored(store.read_all())), encoding="utf-8")
        return load_manifests([path], {})


@settings(max_examples=60, deadline=None, phases=QUICK)
@given(worlds())
def test_an_export_applies_to_the_same_state(world: list[dict[str, Any]]) -> None:
    """Unchanged where it came from, and in an empty directory record for record the same."""
    store = applied(world)
    before, values = store.read_all(), dict(store.values)
    manifests = exported(store)
    plan = plan_of(manifests, store)
    assert (differences(plan), renewed(plan)) == ([], 0)
    assert {change.action for change in apply_manifests(manifests, store)} == {"unchanged"}
    assert (store.read_all(), store.values) == (before, values)
    store.records.clear()
    apply_manifests(manifests, store)
    assert store.read_all() == {**before, REVISION: "1"}
    assert store.values == values


@settings(max_examples=30, deadline=None, phases=QUICK)
@given(worlds())
def test_an_export_is_valid_and_can_be_deleted(world: list[dict[str, Any]]) -> None:
    """Each manifest fits its published schema; deleting them all leaves nothing behind."""
    store = applied(world)
    for item in all_stored(store.read_all()):
        schema = json.loads((SCHEMAS / f"{item.kind}.json").read_text(encoding="utf-8"))
        assert [*Draft202012Validator(schema).iter_errors(json.loads(item.text))] == []
    going = [key for key in store.records if key.pk.startswith("Manifest#")]
    assert delete_manifests(going, store) == {*going}
    assert {*store.records} == {REVISION}
    assert not store.values
