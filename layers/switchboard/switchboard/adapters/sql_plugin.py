"""Plugins of the class `sql`: a query of the manifest, with what the model chooses as bind values.

Only says what the tool is. The database and SQLAlchemy come in with the first call
(`sql_databases`), because most turns ask no database.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from switchboard.adapters.plugin_kinds import Resources
from switchboard.domain.conversation import ToolOffer
from switchboard.domain.directory import Plugin
from switchboard.domain.parameters import (
    WrongArgument,
    checked_arguments,
    parameters_from,
    schema_of,
)
from switchboard.domain.plugins import Tool, ToolFailed
from switchboard.domain.sql_text import bound_query


def tool(plugin: Plugin, name: str, resources: Resources) -> Tool | None:
    """A tool with the manifest's parameters; its result is the rows as JSON."""
    data = plugin.data
    parameters = parameters_from(data.get("parameters") or ())

    def run(arguments: Mapping[str, Any], until: int) -> str:
        from switchboard.adapters.sql_databases import query

        try:
            values = checked_arguments(parameters, arguments)
        except WrongArgument as fault:
            raise ToolFailed(f"{fault}.") from None
        return query(data, values, resources, until)

    description = str(data.get("description") or plugin.description or name.replace("_", " "))
    return Tool(
        ToolOffer(name, description, schema_of(parameters)), run, plugin.name, plugin.plugin_class
    )


def faults(data: Mapping[str, Any]) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """What is wrong with the query and its placeholders."""
    declared = {str(parameter["name"]) for parameter in data.get("parameters") or ()}
    try:
        names = bound_query(str(data.get("sqlQuery"))).names
    except ValueError as fault:
        yield ("sqlQuery",), str(fault)
        return
    for name in names:
        if name not in declared:
            yield ("sqlQuery",), f"there is no parameter named {name}"
