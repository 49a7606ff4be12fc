"""`make openapi`: the OpenAPI document of an API, from the routes that serve it.

Paths, methods, operation names and what a path may hold come from the functions' own route tables;
the statuses, codes and texts of errors from the error classes. What the code does not say in types
is data beside this module (`tools.userchat_api`, `tools.chatbot_api`), held against real answers by
tests/functional/test_userchat_openapi.py and test_chatbot_openapi.py. Nothing here is deployed.
"""

from __future__ import annotations

import importlib
import json
import os
import re
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any

from tools.generated import write_or_check

if TYPE_CHECKING:
    from switchboard.api.router import Route
    from switchboard.domain.errors import AppError

Json = dict[str, Any]
ERROR = {"$ref": "#/components/schemas/Error"}
RETRY_AFTER = {
    "description": "In seconds.",
    "schema": {"type": "integer", "minimum": 1},
    "required": True,
}


@dataclass(frozen=True, slots=True)
class Operation:
    """What the route table does not say of one endpoint.

    `answers` are OpenAPI responses by status; `errors` is whatever else the endpoint may raise;
    `parameters` are those outside the path. `error_schema` is that of a protocol with an error
    shape of its own: it takes the errors of one status. A HEAD never gets those of `head_never`.
    """

    summary: str
    answers: Mapping[int, Json]
    errors: Sequence[type[AppError]] = ()
    parameters: Sequence[Json] = ()
    body: Json | None = None
    error_schema: Callable[[Sequence[type[AppError]]], Json] | None = None
    head_never: Sequence[int] = ()


def error_schema(raised: Sequence[type[AppError]]) -> Json:
    """The shape of errors where no operation or API has another."""
    codes = {"code": {"enum": sorted({error.code for error in raised})}}
    return {"allOf": [ERROR, {"properties": codes}]}


def error_headers(status: int) -> Json:
    headers: Json = {"Cache-Control": {"schema": {"const": "no-store"}, "required": True}}
    if status == 429:
        headers["Retry-After"] = RETRY_AFTER
    return headers


@dataclass(frozen=True, slots=True)
class Api:
    """One document. `operations` are by the name of the endpoint function that serves them.

    `functions` maps each function to the beginning of those of its paths that belong here.
    `errors_of_values` are what a path with impossible values gets, `errors_of_preflight` what
    OPTIONS may raise besides. `routes` finds the routes in a handler's edge. `more` is merged
    into the document. Names of preflights leave out the first `same_steps` words of a path.
    """

    name: str
    info: Json
    functions: Mapping[str, str]
    operations: Mapping[str, Operation]
    schemas: Mapping[str, Json]
    path_values: Mapping[str, str]
    common_errors: Sequence[type[AppError]] = ()
    errors_of_values: Sequence[type[AppError]] = ()
    errors_of_preflight: Sequence[type[AppError]] = ()
    preflight: Json = field(default_factory=dict)
    has_head: bool = True
    same_steps: int = 2
    routes: Callable[[Any], Iterable[Route]] = lambda edge: tuple(edge.routes)
    error_schema: Callable[[Sequence[type[AppError]]], Json] = error_schema
    error_headers: Callable[[int], Json] = error_headers
    more: Json = field(default_factory=dict)
    security_schemes: Json = field(default_factory=dict)


class Undescribed(Exception):
    """A route is served and not described, or described and not served."""


def document(api: Api, routes: Iterable[Route]) -> Json:
    """The OpenAPI 3.1 document. Raises `Undescribed`."""
    served = tuple(routes)
    names = {endpoint.__name__ for route in served for endpoint in route.endpoints.values()}
    if names != set(api.operations):
        raise Undescribed(", ".join(sorted(names ^ set(api.operations))))
    paths: Json = {}
    first: dict[object, str] = {}
    for route in served:
        # Another address of the same is told by the first one.
        template = first.setdefault(_served_at(route), route.template)
        there = {"$ref": f"#/paths/{template.replace('~', '~0').replace('/', '~1')}"}
        paths[route.template] = _path_item(api, route) if template == route.template else there
        if route.template != "/":
            # The same without its last slash.
            paths[route.template.rstrip("/")] = there
    components: Json = {"schemas": dict(api.schemas)}
    if api.security_schemes:
        components["securitySchemes"] = api.security_schemes
    return {
        "openapi": "3.1.0",
        "info": api.info,
        **api.more,
        "paths": paths,
        "components": components,
    }


def routes_of(api: Api) -> list[Route]:
    """The routes of the API's functions, which are composed for it; no network is used."""
    os.environ.setdefault("AWS_DEFAULT_REGION", "eu-central-1")
    found: list[Route] = []
    for function, prefix in api.functions.items():
        for setting in fields(importlib.import_module(f"{function}.composition").Settings):
            os.environ.setdefault(setting.name.upper(), "0" if setting.type == "int" else "-")
        handler = importlib.import_module(f"{function}.handler")
        routes = api.routes(handler.edge)
        found += [route for route in routes if route.template.startswith(prefix)]
    return found


def _served_at(route: Route) -> object:
    names = sorted((method, endpoint.__name__) for method, endpoint in route.endpoints.items())
    return (*names, *route.pattern.groupindex)


def _path_item(api: Api, route: Route) -> Json:
    item: Json = {"parameters": [_path_value(api, route, n) for n in route.pattern.groupindex]}
    of_values = tuple(api.errors_of_values) if item["parameters"] else ()
    general = (*of_values, *api.common_errors)
    for method, endpoint in sorted(route.endpoints.items()):
        described = _operation(api, endpoint.__name__, general)
        item[method.lower()] = described
        if method == "GET" and api.has_head:
            never = api.operations[endpoint.__name__].head_never
            item["head"] = _without_bodies(described, never)
    words = re.findall(r"[a-z_]+", route.template)[api.same_steps :]
    refused = (*of_values, *api.errors_of_preflight)
    one = api.operations[next(iter(route.endpoints.values())).__name__]
    shape = one.error_schema or api.error_schema
    item["options"] = {
        "operationId": f"preflight_{'_'.join(words) or 'root'}",
        "summary": "What a page of another origin may do; no side effects.",
        "responses": {"204": api.preflight, **_errors(api, refused, shape)},
    }
    if api.security_schemes:
        item["options"]["security"] = []
    return item


def _path_value(api: Api, route: Route, name: str) -> Json:
    match = re.search(rf"\(\?P<{name}>([^)]*)\)", route.pattern.pattern)
    assert match
    return {
        "name": name,
        "in": "path",
        "required": True,
        "description": api.path_values[name],
        "schema": {"type": "string", "pattern": f"^{match.group(1)}$"},
    }


def _operation(api: Api, name: str, general: Sequence[type[AppError]]) -> Json:
    operation = api.operations[name]
    shape = operation.error_schema or api.error_schema
    answers = {str(status): answer for status, answer in operation.answers.items()}
    described: Json = {
        "operationId": name,
        "summary": operation.summary,
        "responses": {**answers, **_errors(api, (*operation.errors, *general), shape)},
    }
    if operation.parameters:
        described["parameters"] = list(operation.parameters)
    if operation.body:
        described["requestBody"] = operation.body
    return described


def _errors(
    api: Api,
    errors: Iterable[type[AppError]],
    shape: Callable[[Sequence[type[AppError]]], Json],
) -> Json:
    """One response per status, with the codes that it may carry."""
    by_status: dict[int, list[type[AppError]]] = {}
    for error in errors:
        by_status.setdefault(error.status, []).append(error)
    return {
        str(status): {
            "description": " · ".join(error.detail for error in raised),
            "headers": api.error_headers(status),
            "content": {"application/json": {"schema": shape(raised)}},
        }
        for status, raised in sorted(by_status.items())
    }


def _without_bodies(operation: Json, never: Sequence[int]) -> Json:
    responses = {
        status: {key: value for key, value in response.items() if key != "content"}
        for status, response in operation["responses"].items()
        if int(status) not in never
    }
    name = f"{operation['operationId']}_head"
    return {**operation, "operationId": name, "responses": responses}


def text_of(api: Api) -> str:
    return json.dumps(document(api, routes_of(api)), indent=2, ensure_ascii=False) + "\n"


def main(arguments: Sequence[str] | None = None) -> int:
    from tools.chatbot_api import CHATBOT
    from tools.userchat_api import USERCHAT

    texts = {f"{api.name}.json": text_of(api) for api in (USERCHAT, CHATBOT)}
    about = "Write the OpenAPI documents in docs/openapi/."
    return write_or_check(texts, "openapi", arguments, about)


if __name__ == "__main__":
    sys.exit(main())
