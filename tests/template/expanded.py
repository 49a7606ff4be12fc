"""template.yaml after the SAM translator, and small questions that tests ask of it."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from switchboard_cli.local.deployment import Deployment, read_deployment
from switchboard_cli.local.names import REGION

ROOT = Path(__file__).parents[2]


@cache
def deployment() -> Deployment:
    return read_deployment(ROOT / "template.yaml", REGION, {})


def resources(kind: str) -> dict[str, dict[str, Any]]:
    """The resources of one type, by logical id."""
    found = deployment().template["Resources"].items()
    return {name: resource for name, resource in found if resource["Type"] == kind}


def properties(name: str) -> dict[str, Any]:
    found: dict[str, Any] = deployment().template["Resources"][name]["Properties"]
    return found


def statements(role: str) -> list[dict[str, Any]]:
    """Everything that a role allows, policy by policy."""
    return [
        statement
        for policy in properties(role)["Policies"]
        for statement in policy["PolicyDocument"]["Statement"]
    ]


def allowed(role: str, resource: str) -> set[str]:
    """The actions that a role allows on the resource with this logical id."""
    return {
        action
        for statement in statements(role)
        if statement["Resource"] == {"Fn::GetAtt": [resource, "Arn"]}
        for action in actions(statement)
    }


def actions(statement: dict[str, Any]) -> list[str]:
    action = statement["Action"]
    return [action] if isinstance(action, str) else action
