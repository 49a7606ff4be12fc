"""Manifests written for the Smarter platform: they load as they are, with warnings."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from switchboard.domain.directory import Plugin
from switchboard_cli.manifests import Manifests, apply_manifests, load_manifests
from tests.functional.apply_desk import ACCOUNT, Desk, open_desk

HOST = "tram-help.1234-5678-9012.api.example.org"
TRAMS = """\
apiVersion: smarter.sh/v1
kind: LLMClient
metadata:
  name: TramHelp
  description: Answers about trams
  version: 0.3.0
  tags: [trams]
  annotations:
    - trams.example/owner: Tram office
    - trams.example/since: 2025-03-01
spec:
  apiKey: null
  config:
    deployed: true
    provider: OpenAI
    defaultModel: gpt-4o-mini
    defaultSystemRole: You know all about trams.
    defaultTemperature: 0.0
    customDomain: null
    subdomain: null
    dnsVerificationStatus: Verified
    appName: Trams
    appBackgroundImageUrl: null
    appFileAttachment: false
  plugins: [TramLines, tram_times, tramNews]
  functions: [get_current_weather, tell_a_joke]
status:
  created: "2025-03-01T00:00:00Z"
---
apiVersion: smarter.sh/v1
kind: Secret
metadata: {name: TramPassword, tags: []}
spec:
  config:
    value: hush-hush
    expirationDate: "2027-01-31"
---
apiVersion: smarter.sh/v1
kind: SqlConnection
metadata: {name: tramDb}
spec:
  connection:
    dbEngine: django.db.backends.mysql
    hostname: trams-db
    port: 3306
    database: trams
    username: reader
    password: tram_password
    timeout: 30
    useSsl: false
    poolSize: 5
    proxyHost: null
    proxyPassword: leak-me-not
    authenticationMethod: tcpip
---
apiVersion: smarter.sh/v1
kind: ApiConnection
metadata: {name: tram_api}
spec:
  connection:
    account: 7
    baseUrl: http://trams.example.org/api/
    apiKey: TramPassword
    authMethod: basic
    proxyProtocol: http
    timeout: 10
---
apiVersion: smarter.sh/v1
kind: Plugin
metadata: {name: TramLines, pluginClass: static, description: Lines}
spec:
  selector: {directive: search_terms, searchTerms: [tram]}
  prompt: {provider: openai, systemRole: Be short., model: gpt-4o-mini, temperature: 1}
  data:
    description: Lines of the trams
    staticData: {lines: [1, 2], closed: null}
---
apiVersion: smarter.sh/v1
kind: SqlPlugin
metadata: {name: tram_times, pluginClass: sql, description: Times}
spec:
  selector: {directive: always, searchTerms: null}
  prompt: {provider: openai, systemRole: "", model: gpt-4o-mini, temperature: 0.0, maxTokens: 64}
  connection: tramDb
  sqlData:
    sqlQuery: SELECT time FROM times WHERE stop = '{stop}' AND line = {line};
    parameters:
      type: object
      properties:
        stop: {type: string, description: Where}
        line: {type: integer, enum: [1, 2], default: 9}
      required: [stop]
    testValues: [{name: stop, value: Market}, {name: nobody, value: 1}]
    limit: 5
---
apiVersion: smarter.sh/v1
kind: ApiPlugin
metadata: {name: TramNews, pluginClass: api, description: News}
spec:
  selector: {directive: llm}
  prompt: {provider: openai, systemRole: "", model: gpt-4o-mini, temperature: 0.0, maxTokens: 64}
  connection: tram_api
  apiData:
    endpoint: /news/{line}/
    method: post
    urlParams: [{key: source, value: desk}]
    headers: [{name: Accept, value: application/json}, {name: Content-Length, value: 12}]
    body:
      - {name: format, value: short}
      - {name: most, type: integer, description: How many, required: false, default: 3}
    parameters:
      - {name: line, type: string, required: true, enum: null, default: "1"}
      - {name: stops, type: array}
    testValues: null
"""
WARNINGS = """\
21: spec.config.dnsVerificationStatus: has no meaning here and is left out
26: spec.functions[1]: is no function here and is left out
27: status: has no meaning here and is left out
36: spec.config.expirationDate: has no meaning here and is left out
49: spec.connection.timeout: is more than a turn may take; 25 seconds are used
51: spec.connection.poolSize: has no meaning here and is left out
53: spec.connection.proxyPassword: has no meaning here and is left out
54: spec.connection.authenticationMethod: has no meaning here and is left out
61: spec.connection.account: has no meaning here and is left out
62: spec.connection.baseUrl: is asked by https
64: spec.connection.authMethod: names no user; the key goes along with the name apikey
65: spec.connection.proxyProtocol: has no meaning here and is left out
75: spec.data.description: has no meaning here and is left out
87: spec.sqlData.parameters[1].default: is not among enum and is left out
93: spec.sqlData.testValues[1]: is no parameter and is left out
107: spec.apiData.headers[1]: is no header that a manifest may set and is left out
113: spec.apiData.parameters[1].type: is no type of a parameter here; string is used
"""


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with open_desk(tmp_path) as opened:
        opened.apply(ACCOUNT)
        yield opened


def load(desk: Desk, text: str = TRAMS) -> Manifests:
    path = desk.folder / "trams.yaml"
    path.write_text(text)
    return load_manifests([path], {})


def plugins(desk: Desk) -> dict[str, Plugin]:
    bot = desk.at(HOST)
    assert bot is not None
    return {plugin.name: plugin for plugin in bot.plugins}


def test_every_field_without_a_meaning_is_reported(desk: Desk) -> None:
    """One warning per field, with file and line, no value in it; what is null says nothing."""
    warnings = [str(warning) for warning in load(desk).warnings]
    assert warnings == [f"{desk.folder}/trams.yaml:{line}" for line in WARNINGS.splitlines()]


def test_the_chatbot_is_what_it_was_there(desk: Desk) -> None:
    """Names and provider are normalised, unknown functions left out, all else is kept."""
    apply_manifests(load(desk), desk.store)
    bot = desk.at(HOST)
    assert bot is not None
    assert (bot.name, bot.provider, bot.temperature) == ("tram_help", "openai", 0)
    assert bot.functions == ("get_current_weather",)
    assert (bot.version, bot.app.name) == ("0.3.0", "Trams")
    assert set(plugins(desk)) == {"tram_lines", "tram_times", "tram_news"}
    assert plugins(desk)["tram_lines"].data == {"staticData": {"lines": [1, 2], "closed": None}}


def test_connections_find_their_secret_by_its_plain_name(desk: Desk) -> None:
    """A plain name is a `Secret`'s name, in whatever spelling; the value is in no record."""
    apply_manifests(load(desk), desk.store)
    database = plugins(desk)["tram_times"].data["connection"]
    service = plugins(desk)["tram_news"].data["connection"]
    assert desk.secret(database["password"]) == desk.secret(service["apiKey"]) == "hush-hush"
    assert (database["dbEngine"], database["useSsl"], database["timeout"]) == ("mysql", False, 25)
    assert (service["baseUrl"], service["username"]) == ("https://trams.example.org/api/", "apikey")
    assert "hush-hush" not in json.dumps(list(desk.records.values()))


def test_queries_and_requests_keep_their_meaning(desk: Desk) -> None:
    """Quoted placeholders are bound, schemas and lists become parameters, headers and a body."""
    apply_manifests(load(desk), desk.store)
    times, news = plugins(desk)["tram_times"].data, plugins(desk)["tram_news"].data
    assert times["sqlQuery"] == "SELECT time FROM times WHERE stop = {stop} AND line = {line};"
    assert [(p["name"], p["type"], p["required"]) for p in times["parameters"]] == [
        ("stop", "string", True),
        ("line", "integer", False),
    ]
    assert (news["method"], news["body"]) == ("POST", {"format": "short"})
    assert news["urlParams"] == [{"name": "source", "value": "desk"}]
    assert [header["name"] for header in news["headers"]] == ["Accept"]
    assert [(p["name"], p["type"], p["default"]) for p in news["parameters"]] == [
        ("line", "string", "1"),
        ("stops", "string", None),
        ("most", "integer", 3),
    ]


def test_applying_them_again_changes_nothing(desk: Desk) -> None:
    """A second time every manifest is unchanged."""
    apply_manifests(load(desk), desk.store)
    again = apply_manifests(load(desk), desk.store)
    assert {change.action for change in again} == {"unchanged"}


@pytest.mark.parametrize(
    ("kind", "spec"),
    [
        ("Chatbot", {"config": {"customDomain": {"domainName": "a.example.com", "zone": "Z1"}}}),
        ("Chatbot", {"config": {"default_model": "m", "guardrails": [1]}, "apiKey": "mine"}),
        ("Chatbot", {"config": None, "plugins": None, "guardrails": {"a": "b"}}),
        ("Secret", {"config": {"value": "v", "expiration_date": "2027-01-31"}}),
        ("ApiConnection", {"connection": {"baseUrl": "https://a.example", "apiKey": "x"}}),
    ],
)
def test_no_unknown_field_is_an_error(desk: Desk, kind: str, spec: dict[str, Any]) -> None:
    """Whatever stands beside the known fields, in either spelling, the manifest loads."""
    manifest = {"kind": kind, "metadata": {"name": "one", "owner": "me"}, "spec": spec}
    loaded = load(desk, json.dumps({"apiVersion": "smarter.sh/v1", **manifest}, indent=1))
    assert [change.action for change in apply_manifests(loaded, desk.store)] == ["created"]
    assert "metadata.owner" in {warning.field for warning in loaded.warnings}


def test_of_our_own_manifests_unknown_fields_stay_errors(desk: Desk) -> None:
    """Leniency is for the other platform's version only."""
    ours = {"kind": "Chatbot", "metadata": {"name": "one"}, "spec": {"guardrails": {}}}
    assert desk.errors(ours) == ["spec.guardrails: is not a field of this kind"]
