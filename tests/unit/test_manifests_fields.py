"""What may stand in each field of a manifest (contracts/chatbot.md, "Manifests")."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from switchboard_cli.manifests.models import (
    ApiKeyManifest,
)
from tests.unit.manifest_folder import (
    ACCOUNT,
    CHATBOT,
    KEY,
    PLUGIN,
    REGION,
    ZAMMAD,
    Folder,
    chatbot,
    region,
)


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path)


@pytest.mark.parametrize(
    "written",
    ["EverlastingGobstopper", "everlasting-gobstopper", "everlasting_gobstopper"],
)
def test_a_name_has_one_spelling_wherever_it_stands(folder: Folder, written: str) -> None:
    """Names of chatbots and plugins and references to them are normalised to snake_case."""
    name = written
    bot, plugin, key, where = folder.load(
        "---\n".join(
            [
                CHATBOT.replace("helper", name) + f"spec: {{plugins: [{name}]}}\n",
                PLUGIN.replace("topic", name),
                KEY + f"spec: {{chatbots: [{name}]}}\n",
                REGION + f"spec: {{defaultLanguage: de, chatbot: {name}}}\n",
            ]
        )
    )
    assert isinstance(key.model, ApiKeyManifest)
    assert {
        bot.name,
        plugin.name,
        *chatbot(bot).spec.plugins,
        *(key.model.spec.chatbots or ()),
        region(where).spec.chatbot,
    } == {"everlasting_gobstopper"}


@pytest.mark.parametrize("name", ["'---'", "''", "x" * 51, "überüber" * 20, "7"])
def test_a_name_that_cannot_be_one_is_refused(folder: Folder, name: str) -> None:
    """A name has 1 to 50 characters after normalisation, and is text."""
    (error,) = folder.errors(CHATBOT.replace("helper", name))
    assert error.startswith("all.yaml:3: metadata.name: should ")


@pytest.mark.parametrize(
    "number",
    ["123-5678-9012", "1234-5678-90123", "1234 5678 9012", "'１２３４-5678-9012'", "123456789012"],
)
def test_an_account_number_has_exactly_one_form(folder: Folder, number: str) -> None:
    """Account numbers are four digits, three times, with hyphens between."""
    (error,) = folder.errors(ACCOUNT + f"spec: {{accountNumber: {number}}}\n")
    assert error.startswith("all.yaml:4: spec.accountNumber: should ")


def test_zero_is_a_temperature(folder: Folder) -> None:
    """`defaultTemperature: 0` is 0 and not the default."""
    (loaded,) = folder.load(CHATBOT + "spec: {config: {defaultTemperature: 0}}\n")
    assert chatbot(loaded).spec.config.default_temperature == 0


@pytest.mark.parametrize(
    "config",
    [
        "defaultTemperature: -0.1",
        "defaultTemperature: 1.01",
        "defaultTemperature: warm",
        "defaultTemperature: true",
        "deployed: yes",
        "authentication: none",
        "maxIterations: 0",
        "maxIterations: 1.5",
        "subdomain: '...'",
        "customDomain: https://bot.example.org",
        "customDomain: bot.example.org:8000",
        "customDomain: 127.0.0.1",
        "customDomain: localhost",
        "appInfoUrl: 'javascript:alert(1)'",
        "appLogoUrl: //example.org/logo.png",
        "baseUrl: ftp://models.example.org",
        "baseUrl: https://user:secret@models.example.org",
        "modelKey: ''",
        "modelKey: 7",
        "modelKey: {secret: '../x y'}",
        "modelKey: {secret: a, env: B}",
        "allowedOrigins: https://app.example.org",
        "allowedOrigins: [app.example.org]",
        "allowedOrigins: ['https://app.example.org/']",
        "limits: {requestsPerMinute: 0}",
        "defaultmodel: x",
    ],
)
def test_wrong_chatbot_settings_are_refused(folder: Folder, config: str) -> None:
    """Each setting of a chatbot has its type and range, and unknown ones are errors."""
    field = config.partition(":")[0]
    (error,) = folder.errors(CHATBOT + f"spec:\n  config:\n    {config}\n")
    assert error.startswith(f"all.yaml:6: spec.config.{field}")


def test_any_origin_is_for_public_bots_only(folder: Folder) -> None:
    """`allowedOrigins: ['*']` needs `authentication: public`."""
    config = "spec:\n  config:\n    allowedOrigins: ['*']\n"
    assert folder.errors(CHATBOT + config) == [
        "all.yaml:5: spec.config: allowedOrigins may be * only with authentication: public"
    ]
    (loaded,) = folder.load(CHATBOT + config + "    authentication: public\n")
    assert chatbot(loaded).spec.config.allowed_origins == ("*",)


@pytest.mark.parametrize(
    "selector",
    [
        "{directive: search_terms}",
        "{directive: search_terms, searchTerms: []}",
        "{directive: search_terms, searchTerms: ['?!']}",
        "{directive: always, searchTerms: [a]}",
        "{directive: llm, searchTerms: [a]}",
        "{directive: sometimes}",
        "{}",
    ],
)
def test_search_terms_belong_to_their_directive(folder: Folder, selector: str) -> None:
    """Terms, each with something to find, are required exactly for `search_terms`."""
    (error,) = folder.errors(PLUGIN.replace("{directive: always}", selector))
    assert error.startswith("all.yaml:5: spec.selector")


@pytest.mark.parametrize("data", ["[a, b]", "text", "{}", "null"])
def test_static_data_is_a_mapping(folder: Folder, data: str) -> None:
    """A static plugin has at least one topic, and topics have names."""
    (error,) = folder.errors(PLUGIN.replace("{hours: nine to five}", data))
    assert error.startswith("all.yaml:6: spec.data.staticData: should be a mapping") or data == "{}"


@pytest.mark.parametrize(
    ("written", "stored"),
    [
        ("https://desk.example.org", "https://desk.example.org"),
        ("https://desk.example.org/", "https://desk.example.org"),
        ("https://Desk.Example.org/api/v1/users", "https://desk.example.org"),
        ("https://desk.example.org/zammad/api/v1", "https://desk.example.org/zammad"),
        ("https://desk.example.org/api/v10/", "https://desk.example.org/api/v10"),
        ("http://127.0.0.1:8001/", "http://127.0.0.1:8001"),
        ("http://localhost:8001", "http://localhost:8001"),
        ("http://zammad.localhost:8001", "http://zammad.localhost:8001"),
        ("http://[::1]:8001", "http://[::1]:8001"),
    ],
)
def test_a_help_desk_address_has_one_form(folder: Folder, written: str, stored: str) -> None:
    """The address is cut from /api/v1 on, without a trailing slash; http is for loopback only."""
    (loaded,) = folder.load(ZAMMAD.replace("https://desk.example.org", f"'{written}'"))
    zammad = region(loaded).spec.zammad
    assert zammad is not None
    assert zammad.url == stored


@pytest.mark.parametrize(
    "written",
    [
        "http://desk.example.org",
        "http://localhost.example.org",
        "http://127.0.0.1.example.org",
        "http://10.0.0.1",
        "desk.example.org",
        "ftp://desk.example.org",
        "https://user:pass@desk.example.org",
        "https://desk.example.org:99999",
        "https://",
        "",
    ],
)
def test_an_insecure_help_desk_address_is_refused(folder: Folder, written: str) -> None:
    """A token is never sent over plain http to another machine."""
    (error,) = folder.errors(ZAMMAD.replace("https://desk.example.org", f"'{written}'"))
    assert error.startswith("all.yaml:7: spec.zammad.url: should be an https address")


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        (
            "chatbot: a\n  answerService: {hostname: b.example.org}",
            "spec: chatbot and answerService exclude each other",
        ),
        ("languages: [en, fr]", "spec: defaultLanguage should be one of languages"),
        ("languages: [de, de]", "spec: languages names one twice"),
        ("betaTesterPercentage: 101", "spec.betaTesterPercentage: should be less than"),
        ("retentionDays: 0", "spec.retentionDays: should be greater than"),
        (
            "answerService: {hostname: 'https://b.example.org'}",
            "hostname: should",
        ),
    ],
)
def test_wrong_region_settings_are_refused(folder: Folder, fields: str, error: str) -> None:
    """A region has one source of answers, offers its default language, and keeps its ranges."""
    (found,) = folder.errors(REGION + f"spec:\n  defaultLanguage: de\n  {fields}\n")
    assert error in found


@pytest.mark.parametrize(("secrets", "count"), [("one", 1), ("[one]", 1), ("[one, two]", 2)])
def test_up_to_two_signing_secrets_may_be_active(folder: Folder, secrets: str, count: int) -> None:
    """One secret, or a list of at most two for rotation."""
    (loaded,) = folder.load(ZAMMAD + f"    webhookSecret: {secrets}\n")
    zammad = region(loaded).spec.zammad
    assert zammad is not None
    assert len(zammad.webhook_secret) == count
    assert folder.errors(ZAMMAD + "    webhookSecret: [a, b, c]\n") == [
        "all.yaml:8: spec.zammad.webhookSecret: should have at most 2 items"
    ]


@pytest.fixture
def far_east(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The operator's machine is 14 hours ahead of UTC."""
    with monkeypatch.context() as context:
        context.setenv("TZ", "XXX-14")
        time.tzset()
        yield
    time.tzset()


@pytest.mark.parametrize(
    ("written", "seconds"),
    [
        ("2027-12-31", 1830297600),
        ("'2027-12-31T12:00:00'", 1830254400),
        ("2027-12-31T12:00:00+02:00", 1830247200),
    ],
)
def test_a_key_is_good_for_the_whole_of_its_last_day(
    folder: Folder, written: str, seconds: int, far_east: None
) -> None:
    """A date means the end of that day in UTC, wherever it is applied; a moment means itself."""
    (loaded,) = folder.load(KEY + f"spec: {{expires: {written}}}\n")
    assert isinstance(loaded.model, ApiKeyManifest)
    assert loaded.model.spec.expires == seconds


@pytest.mark.parametrize("written", ["soon", "12", "2027-13-01", "31.12.2027", "[2027]"])
def test_an_expiry_that_is_no_date_is_refused(folder: Folder, written: str) -> None:
    """A key never becomes immortal by a mistyped date."""
    (error,) = folder.errors(KEY + f"spec: {{expires: {written}}}\n")
    assert error == "all.yaml:4: spec.expires: should be a date such as 2027-12-31"
