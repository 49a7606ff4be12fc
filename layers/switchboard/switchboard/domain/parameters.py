"""What a plugin lets the model choose: declared parameters, and the check of what came.

A model writes its arguments as it pleases. Nothing reaches a database or a service that is not
declared, of the declared type and among the declared values.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

LONGEST_TEXT = 10_000
"""Characters of one argument."""
PLACEHOLDER = re.compile(r"\{([A-Za-z_][A-Za-z0-9_]*)\}")
"""`{name}` in a manifest, where an argument goes."""
LARGEST_INTEGER = 2**63 - 1


class WrongArgument(ValueError):
    """The text says which parameter, and what it wants; it never repeats the argument."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """`type` is `string`, `integer`, `number` or `boolean`; `enum` empty: any value of the type."""

    name: str
    type: str = "string"
    description: str = ""
    required: bool = False
    enum: tuple[Any, ...] = ()
    default: Any = None

    def check(self, value: Any) -> Any:
        """The value in the declared type. Raises `WrongArgument`."""
        try:
            checked = _READ[self.type](value)
        except (ValueError, TypeError, OverflowError, KeyError):
            raise WrongArgument(f"{self.name} must be of the type {self.type}") from None
        if self.enum and checked not in self.enum:
            choice = ", ".join(str(one) for one in self.enum)
            raise WrongArgument(f"{self.name} must be one of: {choice}")
        return checked


def parameters_from(documents: Iterable[Mapping[str, Any]]) -> tuple[Parameter, ...]:
    """Parameters as a plugin's record holds them."""
    return tuple(
        Parameter(
            name=str(document["name"]),
            type=str(document.get("type") or "string"),
            description=str(document.get("description") or ""),
            required=bool(document.get("required")),
            enum=tuple(document.get("enum") or ()),
            default=document.get("default"),
        )
        for document in documents
    )


def schema_of(parameters: Iterable[Parameter]) -> dict[str, Any]:
    """The JSON Schema that the model is told."""
    properties: dict[str, Any] = {}
    required: list[str] = []
    for parameter in parameters:
        described: dict[str, Any] = {"type": parameter.type}
        if parameter.description:
            described["description"] = parameter.description
        if parameter.enum:
            described["enum"] = list(parameter.enum)
        if parameter.default is not None:
            described["default"] = parameter.default
        properties[parameter.name] = described
        if parameter.required:
            required.append(parameter.name)
    return {"type": "object", "properties": properties, "required": required}


def checked_arguments(
    parameters: Sequence[Parameter], arguments: Mapping[str, Any]
) -> dict[str, Any]:
    """A value for every parameter, its default or None if left out. Raises `WrongArgument`."""
    known = {parameter.name for parameter in parameters}
    if not known.issuperset(arguments):
        raise WrongArgument(f"the parameters are: {', '.join(sorted(known)) or 'none'}")
    values: dict[str, Any] = {}
    for parameter in parameters:
        value = arguments.get(parameter.name)
        if value is not None:
            values[parameter.name] = parameter.check(value)
        elif parameter.default is not None:
            values[parameter.name] = parameter.check(parameter.default)
        elif parameter.required:
            raise WrongArgument(f"{parameter.name} is missing")
        else:
            values[parameter.name] = None
    return values


def placeholders(template: Any) -> Iterator[str]:
    """The name of every `{name}` in a text, and in the texts of a list or mapping."""
    match template:
        case str():
            yield from PLACEHOLDER.findall(template)
        case Mapping():
            for value in template.values():
                yield from placeholders(value)
        case list() | tuple():
            for value in template:
                yield from placeholders(value)


def _text(value: Any) -> str:
    """Models write numbers where text is wanted; other things they do not get away with."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise TypeError
    text = str(value)
    if len(text) > LONGEST_TEXT or "\0" in text:
        raise ValueError
    text.encode()
    return text


def _integer(value: Any) -> int:
    if isinstance(value, bool):
        raise TypeError
    if isinstance(value, float) and not value.is_integer():
        raise ValueError
    if isinstance(value, str) and not re.fullmatch(r"[-+]?[0-9]{1,19}", value.strip(), re.ASCII):
        raise ValueError
    number = int(value)
    if abs(number) > LARGEST_INTEGER:
        raise OverflowError
    return number


def _number(value: Any) -> int | float:
    if isinstance(value, bool):
        raise TypeError
    if isinstance(value, int):
        return _integer(value)
    number = float(value)
    if not math.isfinite(number):
        raise ValueError
    return number


def _boolean(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    return {"true": True, "false": False}[str(value).strip().lower()]


_READ: Mapping[str, Callable[[Any], Any]] = {
    "string": _text,
    "integer": _integer,
    "number": _number,
    "boolean": _boolean,
}
TYPES = tuple(_READ)
