"""How manifests are found and read, and how a mistake is reported (contracts/chatbot.md)."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

import pytest

from switchboard_cli.manifests import ManifestErrors, load_manifests
from switchboard_cli.manifests.models import (
    AccountManifest,
)
from tests.unit.manifest_folder import (
    ACCOUNT,
    CHATBOT,
    PLUGIN,
    REGION,
    ZAMMAD,
    Folder,
)


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path)


def test_files_are_read_in_the_order_of_their_names(tmp_path: Path) -> None:
    """*.yaml and *.yml of a folder count, with all their documents; other files do not."""
    (tmp_path / "b.yaml").write_text(f"{CHATBOT}---\n---\n{REGION}spec: {{defaultLanguage: de}}\n")
    (tmp_path / "a.yml").write_text(ACCOUNT + "spec: {accountNumber: 1234-5678-9012}\n")
    (tmp_path / "c.json").write_text("{")
    loaded = load_manifests([tmp_path, tmp_path / "b.yaml"], {}).items
    assert [m.kind for m in loaded] == ["Account", "Chatbot", "Region"]


def test_every_mistake_is_reported_with_file_line_and_field(folder: Folder) -> None:
    """All faults of all documents come at once, each with the place to correct it."""
    assert folder.errors(
        dedent("""\
        apiVersion: switchboard/v1
        kind: Region
        metadata: {name: r1}
        spec:
          defaultLanguage: de
          languages:
            - de
            - 7
          syncSeconds: often
          zammad:
            url: https://desk.example.org
            tokn: x
        ---
        apiVersion: switchboard/v1
        kind: Chatbot
        metadata:
          name: helper
        spec:
          config:
            defaultMaxTokens: 0
        ---
        apiVersion: switchboard/v1
        kind: Account
        metadata: {name: city}
        """)
    ) == [
        "all.yaml:8: spec.languages[1]: should be text; put it in quotes",
        "all.yaml:9: spec.syncSeconds: should be a whole number",
        "all.yaml:12: spec.zammad.tokn: is not a field of this kind",
        "all.yaml:20: spec.config.defaultMaxTokens: should be greater than or equal to 1",
        "all.yaml:22: spec: is missing",
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("kind: Account\n", "all.yaml:1: apiVersion: is missing"),
        (
            "apiVersion: switchboard/v9\nkind: Account\n",
            "all.yaml:1: apiVersion: should be switchboard/v1",
        ),
        ("apiVersion: switchboard/v1\n", "all.yaml:1: kind: is missing"),
        (
            "apiVersion: switchboard/v1\nkind: [Account]\n",
            "all.yaml:2: kind: "
            "should be one of Account, Secret, SqlConnection, ApiConnection, Plugin, SqlPlugin, "
            "ApiPlugin, Chatbot, ApiKey, Region, LLMClient",
        ),
        ("- a\n- b\n", "all.yaml:1: a manifest is a mapping"),
        ("just text\n", "all.yaml:1: a manifest is a mapping"),
        (
            ACCOUNT + "metadata: {name: other}\n",
            "all.yaml:4: this field is written twice",
        ),
        ("a: 'open\n", "all.yaml:2: found unexpected end of stream"),
        (
            ACCOUNT + "spec: {1: x}\n",
            "all.yaml:4: spec.1: a field's name is text; put it in quotes",
        ),
        (
            PLUGIN.replace("nine to five", ".inf"),
            "all.yaml:6: spec.data.staticData.hours: is neither text, number, true, false nor null",
        ),
    ],
)
def test_what_is_no_manifest_is_said_to_be_none(folder: Folder, text: str, expected: str) -> None:
    """A document of another form, kind or version is an error at its line."""
    assert folder.errors(text) == [expected]


def test_a_file_that_cannot_be_read_is_an_error(tmp_path: Path) -> None:
    """A missing file and one that is not text are named, like any other fault."""
    (tmp_path / "a.yaml").write_bytes(b"\xff\xfe\xff")
    with pytest.raises(ManifestErrors) as caught:
        load_manifests([tmp_path / "a.yaml", tmp_path / "none.yaml"], {})
    messages = [error.message for error in caught.value.errors]
    assert messages == ["is not UTF-8 text", "cannot be read: No such file or directory"]


@pytest.mark.parametrize("version", ["switchboard/v1", "smarter.sh/v1"])
@pytest.mark.parametrize("kind", ["Chatbot", "LLMClient"])
def test_manifests_of_the_smarter_platform_are_read(
    folder: Folder, version: str, kind: str
) -> None:
    """The other version and the other name of a chatbot mean the same."""
    text = CHATBOT.replace("switchboard/v1", version).replace("Chatbot", kind)
    (loaded,) = folder.load(text)
    assert (loaded.kind, loaded.name) == ("Chatbot", "helper")
    assert loaded.document.content["apiVersion"] == "switchboard/v1"


def test_static_data_is_left_as_it_is(folder: Folder) -> None:
    """Inside staticData even a mapping that looks like a variable is the author's data."""
    text = PLUGIN.replace("{hours: nine to five}", "{a: {env: NAME}, b: [1, 2.5, null, true]}")
    (loaded,) = folder.load(text)
    assert loaded.document.content["spec"]["data"]["staticData"] == {
        "a": {"env": "NAME"},
        "b": [1, 2.5, None, True],
    }


def test_values_come_from_the_environment(folder: Folder) -> None:
    """`{env: NAME}` stands for the variable's text, or the number or flag it spells."""
    (bot, account) = folder.load(
        CHATBOT
        + "spec:\n  config:\n    defaultMaxTokens: {env: TOKENS}\n    deployed: {env: DEPLOYED}\n"
        + "    defaultTemperature: {env: WARMTH}\n    defaultModel: {env: TOKENS}\n"
        + "---\n"
        + ACCOUNT
        + "spec: {accountNumber: {env: NUMBER}}\n",
        {"TOKENS": "300", "DEPLOYED": "false", "WARMTH": "0.25", "NUMBER": "1234-5678-9012"},
    )
    assert isinstance(account.model, AccountManifest)
    assert account.model.spec.account_number == "1234-5678-9012"
    assert bot.document.content["spec"]["config"] == {
        "defaultMaxTokens": 300,
        "deployed": False,
        "defaultTemperature": 0.25,
        "defaultModel": "300",
    }


@pytest.mark.parametrize("environment", [{}, {"NUMBER": ""}])
def test_a_missing_variable_is_an_error(folder: Folder, environment: dict[str, str]) -> None:
    """A variable that is not set, or empty, is named together with the field that wants it."""
    text = ACCOUNT + "spec:\n  accountNumber: {env: NUMBER}\n"
    assert folder.errors(text, environment) == [
        "all.yaml:5: spec.accountNumber: the environment variable NUMBER is not set"
    ]


def test_no_message_repeats_a_secret(folder: Folder) -> None:
    """A wrong secret is reported by its field; its value appears in no text and no repr."""
    text = ZAMMAD + "    token: {env: TOKEN}\n    webhookSecret: [hush-one, {no: hush-two}]\n"
    with pytest.raises(ManifestErrors) as caught:
        folder.load(text, {"TOKEN": "hush" * 2000})
    assert len(caught.value.errors) == 2
    assert "hush" not in str(caught.value)
    (loaded,) = folder.load(ZAMMAD + "    token: hush-three\n")
    assert "hush" not in repr(loaded)


def test_the_examples_are_valid() -> None:
    """What a newcomer starts from loads without a fault."""
    examples = Path(__file__).parents[2] / "examples"
    names = ("URL", "TOKEN", "WEBHOOK_TOKEN", "WEBHOOK_SECRET")
    environment = {f"ZAMMAD_{name}": "https://desk.example.org" for name in names}
    loaded = load_manifests([examples], {**environment, "SWITCHBOARD_EXAMPLE_KEY": "sb_x"}).items
    assert {m.kind for m in loaded} == {"Account", "Chatbot", "Plugin", "Region", "ApiKey"}
