"""From a plugin's manifest to what its kind works with, and the kind's own word on it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from switchboard.adapters.plugin_kinds import plugin_module
from switchboard.domain.parameters import WrongArgument, checked_arguments, parameters_from
from switchboard_cli.manifests.connections import ApiConnection, SqlConnection
from switchboard_cli.manifests.errors import FieldPath
from switchboard_cli.manifests.golden_questions import faults_of_tests
from switchboard_cli.manifests.models import (
    ApiPluginManifest,
    ChatbotManifest,
    FurtherPluginManifest,
    Model,
    SqlPluginManifest,
)
from switchboard_cli.manifests.plugin_parts import CallData


def call_data(data: CallData) -> dict[str, Any]:
    """The fields under their names in the manifest, without what only `apply` reads."""
    return data.model_dump(by_alias=True, exclude={"test_values"})


def connection_data(
    connection: SqlConnection | ApiConnection, secret: str | None
) -> dict[str, Any]:
    """As `call_data`; of the secret there is the name only."""
    if isinstance(connection, SqlConnection):
        fields = connection.model_dump(by_alias=True, exclude={"password"})
        return {**fields, "password": secret}
    return {**connection.model_dump(by_alias=True, exclude={"api_key"}), "apiKey": secret}


def faults_of(model: Model) -> Iterator[tuple[FieldPath, str]]:
    """What the plugin's kind finds wrong, and test values that the parameters do not take.

    Of a chatbot: golden questions that expect a plugin it does not have.
    """
    match model:
        case ChatbotManifest(spec=spec):
            yield from faults_of_tests(spec.tests, spec.plugins)
        case FurtherPluginManifest():
            module = plugin_module(model.metadata.plugin_class)
            for path, message in module.faults(model.spec.data) if module else ():
                yield ("spec", "data", *path), message
        case SqlPluginManifest():
            yield from _faults("sql", ("spec", "sqlData"), model.spec.sql_data)
        case ApiPluginManifest():
            yield from _faults("api", ("spec", "apiData"), model.spec.api_data)


def _faults(plugin_class: str, place: FieldPath, data: CallData) -> Iterator[tuple[FieldPath, str]]:
    fields: Mapping[str, Any] = call_data(data)
    module = plugin_module(plugin_class)
    for path, message in module.faults(fields) if module else ():
        yield (*place, *path), message
    if data.test_values:
        try:
            checked_arguments(
                parameters_from(fields["parameters"]),
                {value.name: value.value for value in data.test_values},
            )
        except WrongArgument as fault:
            yield (*place, "testValues"), str(fault)
