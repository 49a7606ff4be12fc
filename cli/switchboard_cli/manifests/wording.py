"""What the check of a field found, in words for whoever writes manifests.

The checking library speaks of tuples, dictionaries and patterns; none of its words for such
things may reach an operator, and no value either: it may be a secret.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

FAULTS = {
    "missing": "is missing",
    "extra_forbidden": "is not a field of this kind",
    "string_too_short": "should not be empty",
    "bool_type": "should be true or false",
    "int_type": "should be a whole number",
    "int_from_float": "should be a whole number",
    "float_type": "should be a number",
    "model_type": "should be a mapping of fields",
    "dict_type": "should be a mapping",
    "tuple_type": "should be a list",
}
PATTERNS = {
    r"\w": "should contain a letter or a digit",
    r"^[-A-Za-z0-9_]+$": "should be letters a-z, digits, - and _",
    r"^[A-Za-z_][A-Za-z0-9_]{0,63}$": (
        "should be 1 to 64 letters a-z, digits and _, and not begin with a digit"
    ),
    r"^[A-Za-z0-9]{4,32}$": "should be 4 to 32 letters a-z and digits",
    r"^[0-9a-f]{64}$": "should be 64 digits and letters a-f",
}


def message(detail: Mapping[str, Any]) -> str:
    """Of one of the errors of a pydantic `ValidationError`, with its input: what to correct."""
    kind, context = detail["type"], detail.get("ctx", {})
    match kind:
        case "string_type":
            is_number = isinstance(detail["input"], int | float)
            return "should be text; put it in quotes" if is_number else "should be text"
        case "string_pattern_mismatch":
            return PATTERNS.get(context["pattern"], "is not of the form this field has")
        case "too_short":
            return f"should have at least {_items(context['min_length'])}"
        case "too_long":
            return f"should have at most {_items(context['max_length'])}"
        case "value_error":
            return str(detail["msg"]).removeprefix("Value error, ")
    said = str(detail["msg"]).removeprefix("Input ")
    return FAULTS.get(kind, said[:1].lower() + said[1:])


def _items(number: int) -> str:
    return f"{number} item{'s' if number != 1 else ''}"
