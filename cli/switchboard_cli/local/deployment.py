"""What template.yaml says, after the SAM translator: functions, routes, URLs, queue consumers.

Only reads the template; expressions that need the stack's resources are left to CloudFormation.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

LOCAL_BUCKET = "local"
"""Code folders are given to the translator as `s3://local/<folder>`: it wants a bucket."""
LOCAL_PARAMETERS = {"ApiDomain": "api.localhost", "PlatformDomain": "platform.localhost"}
"""What a machine without DNS of its own answers to, for templates that have these parameters."""
METHODS = ("get", "put", "post", "patch", "delete", "head", "options", "trace")

Json = dict[str, Any]


class TemplateError(Exception):
    """The template or a parameter given for it is wrong; the text says which."""


@dataclass(frozen=True, slots=True)
class Function:
    """`name` is the logical id without its ending `Function`, lower-case: what people type."""

    logical_id: str
    name: str
    paths: tuple[Path, ...]
    """What its import path starts with: its code, then its layers in the order of the template."""


@dataclass(frozen=True, slots=True)
class Route:
    """`method` is `ANY` or upper-case; `path` is `$default` or a path template."""

    method: str
    path: str
    function: str

    @property
    def key(self) -> str:
        """The route key as events carry it."""
        return self.path if self.path == "$default" else f"{self.method} {self.path}"


@dataclass(frozen=True, slots=True)
class Consumer:
    """An event source mapping: `source` and `function` are logical ids."""

    source: str
    function: str
    batch_size: int = 1
    concurrency: int = 1000
    partial_failures: bool = False


@dataclass(frozen=True, slots=True)
class Deployment:
    root: Path
    template: Json
    """The translated template."""
    parameters: Mapping[str, str]
    functions: Mapping[str, Function]
    """By logical id."""
    routes: tuple[Route, ...] = ()
    function_urls: Mapping[str, str] = field(default_factory=dict)
    """Logical id of the URL → logical id of its function."""
    consumers: tuple[Consumer, ...] = ()

    def function_named(self, name: str) -> Function:
        """By short name or logical id. Raises `TemplateError` that lists the names there are."""
        for function in self.functions.values():
            if name in (function.name, function.logical_id):
                return function
        names = ", ".join(sorted(function.name for function in self.functions.values()))
        raise TemplateError(f"the template has no function '{name}'; it has {names}")


def read_deployment(path: Path, region: str, settings: Mapping[str, str]) -> Deployment:
    """Translates the template; `settings` are values of its parameters. Raises `TemplateError`."""
    import boto3
    from samtranslator.model.exceptions import (  # type: ignore[import-untyped]
        InvalidDocumentException,
    )
    from samtranslator.parser.parser import Parser  # type: ignore[import-untyped]
    from samtranslator.translator.translator import Translator  # type: ignore[import-untyped]
    from samtranslator.yaml_helper import yaml_parse  # type: ignore[import-untyped]

    try:
        source = yaml_parse(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise TemplateError(f"the template cannot be read: {error}") from error
    except Exception as error:
        raise TemplateError(f"{path} is not YAML: {error}") from error
    parameters = _parameters(source, settings)
    for resource in source["Resources"].values():
        properties = resource.get("Properties", {})
        for name in ("CodeUri", "ContentUri"):
            if isinstance(properties.get(name), str):
                properties[name] = f"s3://{LOCAL_BUCKET}/{properties[name]}"
    # A session of its own: the translator asks it for the region, and must not ask the machine.
    translator = Translator({}, Parser(), boto_session=boto3.Session(region_name=region))
    try:
        template = translator.translate(source, dict(parameters))
    except InvalidDocumentException as error:
        causes = "; ".join(str(cause.message) for cause in error.causes)
        raise TemplateError(f"{path}: {causes or error}") from error
    template.pop("Transform", None)
    return _deployment(path.parent.resolve(), template, parameters)


def _parameters(source: Json, settings: Mapping[str, str]) -> dict[str, str]:
    declared: Json = source.get("Parameters", {})
    unknown = sorted(set(settings) - set(declared))
    if unknown:
        known = ", ".join(sorted(declared)) or "none"
        raise TemplateError(f"the template has no parameter '{unknown[0]}'; it has {known}")
    chosen = {**{n: v for n, v in LOCAL_PARAMETERS.items() if n in declared}, **settings}
    values = {}
    for name, parameter in declared.items():
        if name not in chosen and "Default" not in parameter:
            raise TemplateError(
                f"parameter '{name}' has no default; give it with --set {name}=VALUE"
            )
        values[name] = str(chosen.get(name, parameter.get("Default")))
    return values


def _deployment(root: Path, template: Json, parameters: Mapping[str, str]) -> Deployment:
    resources: Json = template["Resources"]

    def of_type(kind: str) -> dict[str, Json]:
        found = {n: r for n, r in resources.items() if r["Type"] == kind}
        return {name: resource.get("Properties", {}) for name, resource in found.items()}

    layers = {
        name: _folder(root, properties["Content"])
        for name, properties in of_type("AWS::Lambda::LayerVersion").items()
    }
    functions = {}
    for name, properties in of_type("AWS::Lambda::Function").items():
        used = [layers[_logical(layer)] for layer in properties.get("Layers", [])]
        paths = (_folder(root, properties["Code"]), *used)
        functions[name] = Function(name, name.removesuffix("Function").lower(), paths)
    return Deployment(
        root=root,
        template=template,
        parameters=parameters,
        functions=functions,
        routes=tuple(
            route
            for properties in of_type("AWS::ApiGatewayV2::Api").values()
            for route in _routes(properties.get("Body", {}), functions)
        ),
        function_urls={
            name: _logical(properties["TargetFunctionArn"])
            for name, properties in of_type("AWS::Lambda::Url").items()
        },
        consumers=tuple(
            _consumer(properties, parameters)
            for properties in of_type("AWS::Lambda::EventSourceMapping").values()
        ),
    )


def _folder(root: Path, code: Json) -> Path:
    """Where code or a layer lies: `sam build` puts a layer's folder on the path as it is."""
    key = str(code.get("S3Key", ""))
    folder = (root / key).resolve()
    if code.get("S3Bucket") != LOCAL_BUCKET or not folder.is_dir():
        raise TemplateError(f"the code folder '{key}' is not there")
    return folder


def _routes(body: Json, functions: Mapping[str, Function]) -> list[Route]:
    routes = []
    for path, operations in body.get("paths", {}).items():
        for method, operation in operations.items():
            known = method == "x-amazon-apigateway-any-method" or method in METHODS
            if not known:
                continue
            uri = str(operation["x-amazon-apigateway-integration"]["uri"])
            owner = next(name for name in functions if f"${{{name}.Arn}}" in uri)
            routes.append(Route(method.upper() if method in METHODS else "ANY", path, owner))
    return routes


def _consumer(properties: Json, parameters: Mapping[str, str]) -> Consumer:
    def number(value: object, otherwise: int) -> int:
        if isinstance(value, dict):
            value = parameters[_logical(value)]
        return otherwise if value is None else int(str(value))

    return Consumer(
        source=_logical(properties["EventSourceArn"]),
        function=_logical(properties["FunctionName"]),
        batch_size=number(properties.get("BatchSize"), 10),
        concurrency=number(properties.get("ScalingConfig", {}).get("MaximumConcurrency"), 1000),
        partial_failures="ReportBatchItemFailures" in properties.get("FunctionResponseTypes", []),
    )


def _logical(expression: Any) -> str:
    """The logical id that a `Ref` or `Fn::GetAtt` points at."""
    if isinstance(expression, dict):
        if "Ref" in expression:
            return str(expression["Ref"])
        target = expression.get("Fn::GetAtt")
        if target:
            return str(target[0] if isinstance(target, list) else target.partition(".")[0])
    raise TemplateError(f"only Ref and Fn::GetAtt are understood here: {expression!r}")
