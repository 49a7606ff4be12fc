"""`switchboard invoke FUNCTION EVENT.json`: one event for one handler, in the local stack."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from switchboard_cli.local.aws import Stack, forget_machine_profile
from switchboard_cli.local.deployment import TemplateError, read_deployment
from switchboard_cli.local.environment import ExecutionEnvironment, process_settings
from switchboard_cli.local.names import AWS_PORT, REGION, no_local_stack
from switchboard_cli.main import CommandError
from switchboard_cli.runtime_api import FunctionError


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("function", metavar="FUNCTION", help="userchat, UserchatFunction, …")
    parser.add_argument("event", metavar="EVENT.json", help="a file, or - for standard input")
    parser.add_argument("--aws-port", type=int, default=AWS_PORT, help="of the running local stack")
    parser.add_argument(
        "--template", type=Path, default=Path("template.yaml"), help=argparse.SUPPRESS
    )


def run(arguments: argparse.Namespace) -> int:
    """0 with the answer on standard output; 1 if the function failed. Logs go to standard error."""
    forget_machine_profile()
    event = _event(arguments.event)
    endpoint = f"http://127.0.0.1:{arguments.aws_port}"
    try:
        deployment = read_deployment(arguments.template, REGION, {})
        function = deployment.function_named(arguments.function)
    except TemplateError as error:
        raise CommandError(str(error)) from error
    try:
        settings = Stack(endpoint).function(function.logical_id)
    except Exception as error:
        raise CommandError(no_local_stack(endpoint)) from error
    environment = ExecutionEnvironment(
        process_settings(deployment, function, settings, endpoint),
        lambda _, line: print(line, file=sys.stderr),
    )
    try:
        answer = environment.invoke(event)
    except FunctionError as error:
        print(json.dumps({"errorType": error.kind, "errorMessage": error.message}, indent=2))
        return 1
    finally:
        environment.stop()
    print(json.dumps(answer, indent=2, ensure_ascii=False))
    return 0


def _event(name: str) -> object:
    try:
        text = sys.stdin.read() if name == "-" else Path(name).read_text(encoding="utf-8")
        return json.loads(text)
    except OSError as error:
        raise CommandError(f"the event cannot be read: {error}") from error
    except ValueError as error:
        raise CommandError(f"{name} is not JSON: {error}") from error
