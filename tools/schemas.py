"""`make schemas`: docs/schemas/<Kind>.json, for editors and for checks without this program.

Made from the models that `apply` reads manifests with. What no schema can say (references, one
field's rule about another) stays `apply`'s to check; other spellings it reads are not published.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Mapping, Sequence
from typing import Any

from switchboard_cli.manifests.models import API_VERSION, MODELS, OTHER_NAMES
from tools.generated import write_or_check
from tools.manifest_texts import FIELDS, KINDS

Json = dict[str, Any]
DIALECT = "https://json-schema.org/draft/2020-12/schema"
VARIABLE = "FromEnvironment"
SCALARS = ("string", "integer", "number", "boolean")
AS_WRITTEN = ("staticData",)
"""Fields below which {env: NAME} has no meaning."""
BOUNDS = {"ge": "minimum", "le": "maximum", "gt": "exclusiveMinimum", "lt": "exclusiveMaximum"}


def schema_of(kind: str) -> Json:
    """The JSON Schema of one kind. Raises `KeyError` for a field that nothing describes."""
    model: Json = MODELS[kind].model_json_schema(by_alias=True)
    names = [kind, *(other for other, known in OTHER_NAMES.items() if known == kind)]
    written: Json = {"const": kind} if len(names) == 1 else {"enum": names}
    head: Json = {"apiVersion": {"const": API_VERSION}, "kind": written}
    parts = {name: _part(name, part) for name, part in sorted(model.pop("$defs").items())}
    top = _part(kind, {**model, "properties": {**head, **model["properties"]}})
    return {
        "$schema": DIALECT,
        **top,
        "title": kind,
        "description": KINDS[kind],
        "required": ["apiVersion", "kind", *top.get("required", ())],
        "$defs": {**parts, VARIABLE: _variable()},
    }


def _variable() -> Json:
    return {
        "title": "From the environment",
        "description": "Read from this environment variable when the manifest is applied.",
        "type": "object",
        "properties": {"env": {"type": "string", "minLength": 1}},
        "required": ["env"],
        "additionalProperties": False,
    }


def _part(name: str, part: Mapping[str, Any]) -> Json:
    """One mapping of a manifest, each field with title, description and the form {env: NAME}."""
    fields = {}
    for field, described in part.get("properties", {}).items():
        text = FIELDS[f"{name}.{field}" if f"{name}.{field}" in FIELDS else field]
        plain = {word: value for word, value in described.items() if word != "title"}
        schema = plain if field in AS_WRITTEN else _or_variable(plain)
        if schema.get("default", "") is None:
            schema = {word: value for word, value in schema.items() if word != "default"}
        fields[field] = {**schema, "title": _title(field), "description": text}
    return {**part, "properties": fields}


def _title(field: str) -> str:
    return re.sub(r"(?=[A-Z])", " ", field).capitalize()


def _or_variable(schema: Mapping[str, Any]) -> Json:
    """The same, where a single value may also come from the environment."""
    schema = {BOUNDS.get(word, word): value for word, value in schema.items()}
    if "const" in schema:
        return schema
    if schema.get("type") == "array":
        return {**schema, "items": _or_variable(schema.get("items", {}))}
    choices = [_or_variable_inside(choice) for choice in schema.pop("anyOf", ())]
    if not choices and (schema.get("type") in SCALARS or _names_secret(schema)):
        kept = {word: schema.pop(word) for word in ("default",) if word in schema}
        return {"anyOf": [schema, {"$ref": f"#/$defs/{VARIABLE}"}], **kept}
    if not choices:
        return schema
    if any(choice.get("type") in SCALARS or _names_secret(choice) for choice in choices):
        choices.append({"$ref": f"#/$defs/{VARIABLE}"})
    return {"anyOf": choices, **schema}


def _or_variable_inside(choice: Mapping[str, Any]) -> Json:
    """One of several forms: lists may hold variables, single values get theirs beside them."""
    choice = {BOUNDS.get(word, word): value for word, value in choice.items()}
    return _or_variable(choice) if choice.get("type") == "array" else choice


def _names_secret(choice: Mapping[str, Any]) -> bool:
    return [*choice.get("properties", ())] == ["secret"]


def text_of(kind: str) -> str:
    return json.dumps(schema_of(kind), indent=2, ensure_ascii=False) + "\n"


def main(arguments: Sequence[str] | None = None) -> int:
    texts = {f"{kind}.json": text_of(kind) for kind in MODELS}
    return write_or_check(texts, "schemas", arguments, "Write the JSON Schemas in docs/schemas/.")


if __name__ == "__main__":
    sys.exit(main())
