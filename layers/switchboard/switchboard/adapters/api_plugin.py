"""Plugins of the class `api`: a request of the manifest, with what the model chooses as data.

Only says what the tool is. The HTTP client comes in with the first call (`api_requests`),
because most turns ask no service.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from switchboard.adapters.plugin_kinds import Resources
from switchboard.domain.conversation import ToolOffer
from switchboard.domain.directory import Plugin
from switchboard.domain.parameters import (
    WrongArgument,
    checked_arguments,
    parameters_from,
    placeholders,
    schema_of,
)
from switchboard.domain.plugins import Tool, ToolFailed

PATH = re.compile(r"/(?:[-A-Za-z0-9._~!$&'()*+,;=:@/]|%[0-9A-Fa-f]{2}|\{[A-Za-z_][A-Za-z0-9_]*\})*")
HEADER_NAME = re.compile(r"[-!#$%&'*+.^_`|~A-Za-z0-9]{1,100}")
NOT_FOR_MANIFESTS = frozenset({"connection", "content-length", "host", "transfer-encoding"})


def tool(plugin: Plugin, name: str, resources: Resources) -> Tool | None:
    """A tool with the manifest's parameters; its result is what the service answers."""
    data = plugin.data
    parameters = parameters_from(data.get("parameters") or ())

    def run(arguments: Mapping[str, Any], until: int) -> str:
        from switchboard.adapters.api_requests import call

        try:
            return call(data, checked_arguments(parameters, arguments), resources, until)
        except WrongArgument as fault:
            raise ToolFailed(f"{fault}.") from None

    description = str(data.get("description") or plugin.description or name.replace("_", " "))
    return Tool(
        ToolOffer(name, description, schema_of(parameters)), run, plugin.name, plugin.plugin_class
    )


def faults(data: Mapping[str, Any]) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """What is wrong with the endpoint, the headers and the placeholders."""
    declared = {str(parameter["name"]) for parameter in data.get("parameters") or ()}
    endpoint = str(data.get("endpoint"))
    if not PATH.fullmatch(endpoint):
        yield ("endpoint",), "should be a path that begins with /; a query belongs to urlParams"
    if {".", ".."}.intersection(endpoint.split("/")):
        yield ("endpoint",), "should have no . or .. between slashes"
    for index, header in enumerate(data.get("headers") or ()):
        name = str(header["name"])
        if not HEADER_NAME.fullmatch(name) or name.lower() in NOT_FOR_MANIFESTS:
            yield ("headers", index, "name"), "is no header that a manifest may set"
    for field in ("endpoint", "urlParams", "headers", "body"):
        for name in placeholders(data.get(field)):
            if name not in declared:
                yield (field,), f"there is no parameter named {name}"
