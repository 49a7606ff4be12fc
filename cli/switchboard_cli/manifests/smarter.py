"""Manifests written for the Smarter platform, read as what they mean here.

A field that has no meaning here is left out with a warning, never an error. What is said in
another way there (a secret by its plain name, a body as a list) is put into this product's
words; from then on the manifest is one like any other. Values are never repeated in a warning.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, get_args

from pydantic.alias_generators import to_camel

from switchboard.adapters.api_plugin import HEADER_NAME, NOT_FOR_MANIFESTS
from switchboard.adapters.api_requests import BODILESS
from switchboard.domain.ids import chatbot_name
from switchboard.domain.parameters import TYPES
from switchboard_cli.manifests.connections import LONGEST_TIMEOUT
from switchboard_cli.manifests.errors import FieldPath, ManifestError
from switchboard_cli.manifests.models import MODELS, FunctionName
from switchboard_cli.manifests.reading import Document, FromEnvironment
from switchboard_cli.manifests.translation import Translation

KIND_OF_CLASS = {"sql": "SqlPlugin", "api": "ApiPlugin"}
"""What a `Plugin` of another class than `static` is here."""
CONFIG = ("spec", "config")
CONNECTION = ("spec", "connection")
API_DATA = ("spec", "apiData")
KEY_ALONE = "apikey"
"""The user's name that goes with a key for basic authentication where a manifest names none."""


def translated(kind: str, document: Document) -> tuple[str, Document, list[ManifestError]]:
    """The kind it is here, the manifest in this product's fields, and a warning per field lost."""
    words = Translation(document)
    plugin_class = words.get(("metadata", "pluginClass"))
    if kind == "Plugin" and isinstance(plugin_class, str):
        kind = KIND_OF_CLASS.get(plugin_class, kind)
    if kind in _TRANSLATIONS:
        _TRANSLATIONS[kind](words)
    if kind.endswith("Plugin"):
        _plugin(words)
    words.keep_only(MODELS[kind])
    return kind, Document(document.file, words.content, words.lines), words.warnings


def _chatbot(words: Translation) -> None:
    """Functions and keys of that platform are not known here; a custom domain may be a mapping."""
    domain = (*CONFIG, "customDomain")
    described = words.get(domain)
    if isinstance(described, dict):
        names = {to_camel(name): name for name in described}
        host = described.get(names.get("domainName"))
        for name in names.values():
            if to_camel(name) != "domainName":
                words.lose((*domain, name))
        words.put(domain, host)
    provider = words.get((*CONFIG, "provider"))
    if isinstance(provider, str):
        words.put((*CONFIG, "provider"), provider.lower())
    words.lose(("spec", "apiKey"), "names a key of that platform and is left out")
    functions = words.items(("spec", "functions"))
    known = [name for name in functions if name in get_args(FunctionName)]
    for index, name in enumerate(functions):
        if name not in known:
            words.warn(("spec", "functions", index), "is no function here and is left out")
    if functions:
        words.put(("spec", "functions"), known)


def _plugin(words: Translation) -> None:
    provider = words.get(("spec", "prompt", "provider"))
    if isinstance(provider, str):
        words.put(("spec", "prompt", "provider"), provider.lower())
    if words.get(("spec", "selector", "directive")) != "search_terms":
        words.lose(("spec", "selector", "searchTerms"), "has a meaning for search_terms only")


def _secret(words: Translation) -> None:
    words.move((*CONFIG, "value"), ("spec", "value"))
    config = words.get(CONFIG)
    for name in [*config] if isinstance(config, dict) else ():
        words.lose((*CONFIG, name))
    if config == {}:
        words.get(("spec",)).pop("config")
    name = words.get(("metadata", "name"))
    if isinstance(name, str):
        words.put(("metadata", "name"), chatbot_name(name) or name)


def _secret_by_name(words: Translation, path: FieldPath) -> None:
    """A password there is the name of a secret; one from the environment is the value itself."""
    value = words.get(path)
    if isinstance(value, str) and not isinstance(value, FromEnvironment):
        words.put(path, {"secret": chatbot_name(value) or value})


def _timeout(words: Translation) -> None:
    path = (*CONNECTION, "timeout")
    seconds = words.get(path)
    if isinstance(seconds, int | float) and seconds > LONGEST_TIMEOUT:
        words.put(path, LONGEST_TIMEOUT)
        words.warn(path, f"is more than a turn may take; {LONGEST_TIMEOUT} seconds are used")


def _sql_connection(words: Translation) -> None:
    _secret_by_name(words, (*CONNECTION, "password"))
    _timeout(words)


def _api_connection(words: Translation) -> None:
    key, method = (*CONNECTION, "apiKey"), (*CONNECTION, "authMethod")
    _secret_by_name(words, key)
    _timeout(words)
    if words.get(method) in (None, "none"):
        words.lose(key, "is not used by the authMethod and is left out")
    elif words.get(key) is None:
        words.lose(method, "has no apiKey and is left out")
    if words.get(method) == "basic" and not words.get((*CONNECTION, "username")):
        words.put((*CONNECTION, "username"), KEY_ALONE)
        words.warn(method, f"names no user; the key goes along with the name {KEY_ALONE}")
    url = words.get((*CONNECTION, "baseUrl"))
    if isinstance(url, str) and url.lower().startswith("http://"):
        words.put((*CONNECTION, "baseUrl"), "https" + url[len("http") :])
        words.warn((*CONNECTION, "baseUrl"), "is asked by https")


def _sql_plugin(words: Translation) -> None:
    words.move(("spec", "data", "sqlData"), ("spec", "sqlData"))
    query = words.get(("spec", "sqlData", "sqlQuery"))
    if isinstance(query, str):
        # Placeholders are bound here, so the quotes around one would only be in its way.
        words.put(("spec", "sqlData", "sqlQuery"), re.sub(r"'(\{\w+\})'", r"\1", query))
    _parameters(words, ("spec", "sqlData"))


def _api_plugin(words: Translation) -> None:
    words.move(("spec", "data", "apiData"), API_DATA)
    method = words.get((*API_DATA, "method"))
    if isinstance(method, str):
        words.put((*API_DATA, "method"), method.upper())
    for field in ("headers", "urlParams"):
        path = (*API_DATA, field)
        if isinstance(words.get(path), dict):
            pairs = words.get(path).items()
            words.put(path, [{"name": name, "value": value} for name, value in pairs])
        for item in words.items(path):
            if isinstance(item, dict) and "key" in item and "name" not in item:
                item["name"] = item.pop("key")
    _headers(words)
    _body(words)
    _parameters(words, API_DATA)


def _headers(words: Translation) -> None:
    path = (*API_DATA, "headers")
    kept = []
    for index, item in enumerate(words.items(path)):
        name = str(item.get("name")) if isinstance(item, dict) else ""
        if HEADER_NAME.fullmatch(name) and name.lower() not in NOT_FOR_MANIFESTS:
            kept.append(item)
        else:
            words.warn((*path, index), "is no header that a manifest may set and is left out")
    if words.items(path):
        words.put(path, kept)


def _body(words: Translation) -> None:
    """A list of values becomes a mapping; what is declared with a type becomes a parameter."""
    path = (*API_DATA, "body")
    if words.get((*API_DATA, "method")) in (None, *BODILESS):
        words.lose(path, "is not sent by this method and is left out")
    items = words.items(path)
    if not isinstance(words.get(path), list):
        return
    body: dict[str, Any] = {}
    declared = words.items((*API_DATA, "parameters"))
    names = {item.get("name") for item in declared if isinstance(item, dict)}
    for index, item in enumerate(items):
        if not isinstance(item, dict) or not isinstance(item.get("name"), str):
            words.warn((*path, index))
        elif "value" in item:
            body[item["name"]] = item["value"]
        elif item["name"] not in names:
            declared = [*declared, item]
    words.put(path, body)
    words.put((*API_DATA, "parameters"), declared)


def _parameters(words: Translation, place: FieldPath) -> None:
    """Also as a JSON Schema. Test values of what is no parameter are left out."""
    path = (*place, "parameters")
    schema = words.get(path)
    if isinstance(schema, dict):
        words.put(path, [*_from_schema(schema)])
    names = set()
    for index, item in enumerate(words.items(path)):
        if not isinstance(item, dict):
            continue
        names.add(item.get("name"))
        if item.get("type") not in (None, *TYPES):
            item["type"] = "string"
            words.warn((*path, index, "type"), "is no type of a parameter here; string is used")
        if item.get("enum") and "default" in item and item["default"] not in item["enum"]:
            del item["default"]
            words.warn((*path, index, "default"), "is not among enum and is left out")
    tests = (*place, "testValues")
    kept = []
    for index, item in enumerate(words.items(tests)):
        if isinstance(item, dict) and item.get("name") not in names:
            words.warn((*tests, index), "is no parameter and is left out")
        else:
            kept.append(item)
    if words.items(tests):
        words.put(tests, kept)


def _from_schema(schema: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    required = schema.get("required") or ()
    properties = schema.get("properties")
    for name, described in (properties if isinstance(properties, dict) else {}).items():
        fields = described if isinstance(described, dict) else {}
        yield {**fields, "name": name, "required": name in required}


_TRANSLATIONS: Mapping[str, Callable[[Translation], None]] = {
    "Chatbot": _chatbot,
    "Secret": _secret,
    "SqlConnection": _sql_connection,
    "ApiConnection": _api_connection,
    "SqlPlugin": _sql_plugin,
    "ApiPlugin": _api_plugin,
}
