"""What the build needs to know of template.yaml: the functions, the layer, the environment."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from switchboard_cli.local.deployment import Deployment, TemplateError, read_deployment
from tools.errors import BuildError

REGION = "eu-central-1"
"""Any region will do: nothing of the bundle depends on it."""


class Function(NamedTuple):
    """`folder` is relative to the template; `handler` is `module.function`."""

    name: str
    folder: str
    handler: str
    environment: Mapping[str, str]
    """With "-" where the stack would put the name of a resource."""


class Template(NamedTuple):
    """`layer` is the one that all functions share, `others` are those that only some have."""

    functions: tuple[Function, ...]
    layer: str
    others: tuple[str, ...] = ()


def read_template(path: Path) -> Template:
    """Raises `BuildError` if the template is wrong, or has not exactly one layer for all."""
    try:
        deployment = read_deployment(path, REGION, {})
    except TemplateError as error:
        raise BuildError(str(error)) from None
    used = [set(function.paths[1:]) for function in deployment.functions.values()]
    shared, every = set.intersection(*used), set.union(*used)
    if len(shared) != 1:
        raise BuildError(f"template.yaml has {len(shared)} layers for all, the build knows one")
    functions = [_function(deployment, logical_id) for logical_id in deployment.functions]
    others = tuple(sorted(_relative(deployment, layer) for layer in every - shared))
    return Template(tuple(sorted(functions)), _relative(deployment, shared.pop()), others)


def _function(deployment: Deployment, logical_id: str) -> Function:
    function = deployment.functions[logical_id]
    properties: Mapping[str, Any] = deployment.template["Resources"][logical_id]["Properties"]
    variables = properties.get("Environment", {}).get("Variables", {})
    return Function(
        name=function.name,
        folder=_relative(deployment, function.paths[0]),
        handler=str(properties["Handler"]),
        environment={name: _known(deployment, value) for name, value in variables.items()},
    )


def _relative(deployment: Deployment, folder: Path) -> str:
    return folder.relative_to(deployment.root).as_posix()


def _known(deployment: Deployment, value: Any) -> str:
    if isinstance(value, dict):
        return deployment.parameters.get(str(value.get("Ref")), "-")
    return str(value)
