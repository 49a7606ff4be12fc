"""The AWS of the local stack: a moto server, with the stack made by its CloudFormation.

Resources that moto would only pretend to run (functions' triggers, the HTTP API, alarms) are left
out: the local stack is those. So is what only some deployments have (host names, the hosting of the
widget, whose file the local stack serves itself). Functions stay in, so that CloudFormation
evaluates their settings.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from switchboard_cli.local.child import Child
from switchboard_cli.local.deployment import Deployment, Json, TemplateError
from switchboard_cli.local.names import CREDENTIALS as CREDENTIALS
from switchboard_cli.local.names import REGION as REGION
from switchboard_cli.local.names import STACK_NAME

_LEFT_OUT = (
    "AWS::ApiGatewayV2::",
    "AWS::CloudWatch::",
    "AWS::IAM::Policy",
    "AWS::Lambda::EventSourceMapping",
    "AWS::Lambda::LayerVersion",
    "AWS::Lambda::Permission",
    "AWS::Lambda::Url",
    "AWS::Route53::",
    "AWS::S3::BucketPolicy",
)
_FUNCTION_PROPERTIES = ("Handler", "Runtime", "Timeout", "MemorySize", "Environment", "Role")


@dataclass(frozen=True, slots=True)
class FunctionSettings:
    """A function's configuration with every expression evaluated; `timeout` in seconds."""

    physical_name: str
    arn: str
    handler: str
    runtime: str
    timeout: int
    memory: int
    environment: Mapping[str, str]


def start_aws(port: int, log: Callable[[str], None]) -> Child:
    """A moto server on this machine; its address is its port."""
    return Child(["-m", "switchboard_cli.local.aws_server", str(port)], ready="ready ", log=log)


def forget_machine_profile() -> None:
    """Makes boto in this process ignore the profile that the machine's user chose for AWS."""
    for name in ("AWS_PROFILE", "AWS_DEFAULT_PROFILE"):
        os.environ.pop(name, None)


class Stack:
    """The stack as CloudFormation tells it; also that of a local stack in another process."""

    def __init__(self, endpoint: str) -> None:
        self._endpoint = endpoint
        cloudformation = client(endpoint, "cloudformation")
        self.outputs = {
            output["OutputKey"]: output["OutputValue"]
            for output in cloudformation.describe_stacks(StackName=STACK_NAME)["Stacks"][0][
                "Outputs"
            ]
        }
        listed = cloudformation.describe_stack_resources(StackName=STACK_NAME)["StackResources"]
        self._physical_ids = {
            resource["LogicalResourceId"]: resource["PhysicalResourceId"] for resource in listed
        }

    def physical_id(self, logical_id: str) -> str:
        return str(self._physical_ids[logical_id])

    def function(self, logical_id: str) -> FunctionSettings:
        found = client(self._endpoint, "lambda").get_function_configuration(
            FunctionName=self.physical_id(logical_id)
        )
        return FunctionSettings(
            physical_name=found["FunctionName"],
            arn=found["FunctionArn"],
            handler=found["Handler"],
            runtime=found["Runtime"],
            timeout=found["Timeout"],
            memory=found["MemorySize"],
            # A number among the template's parameters stays one in moto; on Lambda it is text.
            environment={
                name: str(value)
                for name, value in found.get("Environment", {}).get("Variables", {}).items()
            },
        )


def client(endpoint: str, service: str) -> Any:
    """A client for the local AWS; the real environment's credentials are never used."""
    import boto3
    from botocore.config import Config

    return boto3.client(
        service,  # type: ignore[call-overload]
        region_name=REGION,
        endpoint_url=endpoint,
        aws_access_key_id=CREDENTIALS["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=CREDENTIALS["AWS_SECRET_ACCESS_KEY"],
        aws_session_token=CREDENTIALS["AWS_SESSION_TOKEN"],
        config=Config(retries={"total_max_attempts": 1}, proxies={}),
    )


def create_stack(endpoint: str, deployment: Deployment, known: Mapping[str, str]) -> Stack:
    """Makes the stack; `known` are attributes (`HttpApi.ApiEndpoint`) of what moto does not run."""
    template = _for_moto(deployment, known)
    client(endpoint, "cloudformation").create_stack(
        StackName=STACK_NAME,
        TemplateBody=json.dumps(template),
        Parameters=[
            {"ParameterKey": name, "ParameterValue": value}
            for name, value in deployment.parameters.items()
        ],
        Capabilities=["CAPABILITY_IAM"],
    )
    return Stack(endpoint)


def _for_moto(deployment: Deployment, known: Mapping[str, str]) -> Json:
    template = deployment.template
    kept: Json = {}
    for name, resource in template["Resources"].items():
        if resource["Type"].startswith(_LEFT_OUT) or "Condition" in resource:
            continue
        resource = {**resource, "Properties": dict(resource.get("Properties", {}))}
        resource.pop("DependsOn", None)
        if resource["Type"] == "AWS::Lambda::Function":
            resource["Properties"] = _function_properties(resource["Properties"])
        if resource["Type"] == "AWS::SQS::Queue" and resource["Properties"].get("FifoQueue"):
            # CloudFormation gives FIFO queues a name with the ending they need; moto does not.
            resource["Properties"].setdefault(
                "QueueName", {"Fn::Sub": f"${{AWS::StackName}}-{name}.fifo"}
            )
        kept[name] = _with_known(resource, known)
    left_out = set(template["Resources"]) - set(kept)
    outputs = {
        name: _with_known(output, known)
        for name, output in template.get("Outputs", {}).items()
        if "Condition" not in output
    }
    missing = [name for name, output in outputs.items() if _mentions(output["Value"], left_out)]
    if missing:
        raise TemplateError(f"the output '{missing[0]}' needs a resource that is not run locally")
    return {**template, "Resources": kept, "Outputs": outputs}


def _function_properties(properties: Json) -> Json:
    return {
        **{name: properties[name] for name in _FUNCTION_PROPERTIES if name in properties},
        "Code": {"ZipFile": "# the local stack runs the folder itself"},
    }


def _with_known(node: Any, known: Mapping[str, str]) -> Any:
    """The node with attributes in `known` (`Api.Endpoint` → value) put in their place."""
    if isinstance(node, list):
        return [_with_known(item, known) for item in node]
    if not isinstance(node, dict):
        return node
    target = node.get("Fn::GetAtt")
    if target:
        return known.get(target if isinstance(target, str) else ".".join(target), node)
    text = node.get("Fn::Sub")
    if isinstance(text, str):
        for name, value in known.items():
            text = text.replace(f"${{{name}}}", value)
        return {"Fn::Sub": text}
    return {key: _with_known(value, known) for key, value in node.items()}


def _mentions(node: Any, names: set[str]) -> bool:
    if isinstance(node, list):
        return any(_mentions(item, names) for item in node)
    if not isinstance(node, dict):
        return False
    target = node.get("Ref") or node.get("Fn::GetAtt")
    if target:
        return (target[0] if isinstance(target, list) else target.partition(".")[0]) in names
    text = node.get("Fn::Sub")
    if isinstance(text, str):
        return any(f"${{{name}" in text for name in names)
    return any(_mentions(value, names) for value in node.values())
