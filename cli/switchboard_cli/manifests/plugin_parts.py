"""What the manifests of all plugin kinds are made of.

Fields are named as on the Smarter platform where they mean the same. Whether a query or an
endpoint is sound is the kind's own rule (`switchboard.adapters.plugin_kinds`).
"""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from switchboard.domain.parameters import Parameter, WrongArgument
from switchboard_cli.manifests.values import Count, Flag, Name, Number, Part, Provider


class ParameterField(Part):
    name: str = Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]{0,63}$")
    type: Literal["string", "integer", "number", "boolean"] = "string"
    description: str = ""
    required: Flag = False
    enum: tuple[Any, ...] | None = Field(default=None, strict=False)
    default: Any = None

    @model_validator(mode="after")
    def values_have_the_type(self) -> Self:
        free = Parameter(self.name, self.type)
        for value in self.enum or ():
            if isinstance(value, bool) != (self.type == "boolean"):
                raise ValueError(f"enum: {self.name} must be of the type {self.type}")
            _check(free, value, "enum")
        if self.default is not None:
            _check(
                Parameter(self.name, self.type, enum=tuple(self.enum or ())),
                self.default,
                "default",
            )
        return self


def _check(parameter: Parameter, value: Any, field: str) -> None:
    try:
        parameter.check(value)
    except WrongArgument as fault:
        raise ValueError(f"{field}: {fault}") from None


class NamedValue(Part):
    name: str = Field(min_length=1)
    value: Any = None


class CallData(Part):
    """What every plugin that calls something says."""

    description: str = ""
    parameters: tuple[ParameterField, ...] = Field(default=(), strict=False)
    test_values: tuple[NamedValue, ...] = Field(default=(), strict=False)
    limit: Count | None = Field(default=None, ge=1, le=1000)

    @model_validator(mode="after")
    def no_parameter_twice(self) -> Self:
        names = [parameter.name for parameter in self.parameters]
        if len(set(names)) < len(names):
            raise ValueError("parameters names one twice")
        return self


class SqlData(CallData):
    sql_query: str = Field(min_length=1)


class Pair(Part):
    name: str = Field(min_length=1)
    value: str | int | float | bool


class ApiData(CallData):
    endpoint: str
    method: Literal["GET", "POST", "PUT", "PATCH", "DELETE"] = "GET"
    url_params: tuple[Pair, ...] | None = Field(default=None, strict=False)
    headers: tuple[Pair, ...] | None = Field(default=None, strict=False)
    body: dict[str, Any] | None = None


class Selector(Part):
    directive: Literal["always", "search_terms", "llm"]
    search_terms: tuple[Annotated[str, Field(pattern=r"\w")], ...] = Field(default=(), strict=False)

    @model_validator(mode="after")
    def terms_exactly_for_search_terms(self) -> Self:
        if self.directive == "search_terms" and not self.search_terms:
            raise ValueError("directive search_terms needs searchTerms")
        if self.directive != "search_terms" and self.search_terms:
            raise ValueError("searchTerms belong to directive search_terms only")
        return self


class Prompt(Part):
    provider: Provider | None = None
    system_role: str = ""
    model: str | None = None
    temperature: Number | None = Field(default=None, ge=0, le=1)
    max_tokens: Count | None = Field(default=None, ge=1)


class StaticData(Part):
    static_data: dict[str, Any] = Field(min_length=1)


class PluginSpec(Part):
    selector: Selector
    prompt: Prompt = Field(default_factory=Prompt)
    data: StaticData


class FurtherPluginSpec(Part):
    selector: Selector
    prompt: Prompt = Field(default_factory=Prompt)
    data: dict[str, Any] = Field(default_factory=dict)


class SqlPluginSpec(Part):
    selector: Selector
    prompt: Prompt = Field(default_factory=Prompt)
    connection: Name
    sql_data: SqlData


class ApiPluginSpec(Part):
    selector: Selector
    prompt: Prompt = Field(default_factory=Prompt)
    connection: Name
    api_data: ApiData
