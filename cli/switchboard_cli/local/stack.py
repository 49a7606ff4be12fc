"""The local stack as one object: everything that `template.yaml` describes, running.

Tests use it as they would use a deployed stack: over HTTP, and through the AWS API at `aws_url`.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any

from switchboard_cli.local import configuration
from switchboard_cli.local.activity import Activity
from switchboard_cli.local.aws import Stack, client, create_stack, start_aws
from switchboard_cli.local.child import Child, ChildError
from switchboard_cli.local.deployment import Deployment, read_deployment
from switchboard_cli.local.environment import ExecutionEnvironment, process_settings
from switchboard_cli.local.gateway import Gateway, function_url_host
from switchboard_cli.local.help_desk import start_help_desk
from switchboard_cli.local.log import LocalLog
from switchboard_cli.local.names import REGION, variables
from switchboard_cli.local.page_settings import Directory, start_page
from switchboard_cli.local.poller import QueuePoller
from switchboard_cli.local.pool import FunctionPool
from switchboard_cli.local.watching import Watcher
from switchboard_cli.local.web import WebServer

WEBHOOK_PATH = "/api/v3/webhook/zammad/"
"""Where the simulator posts (contracts/userchat.md)."""


class PortTaken(Exception):
    """Another program listens where the local stack should; the text says which port."""


@dataclass(frozen=True, slots=True)
class LocalSettings:
    """What a local stack may be told. A port of 0 takes any that is free."""

    template: Path
    manifests: Path | None = None
    host: str = "127.0.0.1"
    port: int = 0
    aws_port: int = 0
    zammad_port: int | None = 0
    """None: no simulator."""
    zammad_options: tuple[str, ...] = ()
    parameters: Mapping[str, str] = field(default_factory=dict)
    environments: int = 4
    """How many events of one function are in work at once."""
    small_model: Path | None = None
    """The environment that `small_model.install` made; None: chatbots are as they are."""
    reload: bool = False


class LocalStack:
    """Starts everything in `start`; use it as a context manager, or call `start` and `stop`."""

    def __init__(self, settings: LocalSettings, log: LocalLog | None = None) -> None:
        self.settings = settings
        self.log = log or LocalLog()
        self.url = ""
        self.aws_url = ""
        self.zammad_url = ""
        self.model_url = ""
        self.deployment: Deployment
        self.stack: Stack
        self._pools: dict[str, FunctionPool] = {}
        self._activity = Activity()
        self._ending = contextlib.ExitStack()

    def start(self) -> None:
        """Returns when every part answers.

        Raises `PortTaken`, `TemplateError`, `ManifestErrors` or `ChildError`; nothing of it runs
        then.
        """
        try:
            self._start()
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Ends every process and thread of it, in the order in which they need each other."""
        self._ending.close()

    def __enter__(self) -> LocalStack:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def client(self, service: str) -> Any:
        """A boto3 client for the stack's AWS."""
        return client(self.aws_url, service)

    def pool(self, name: str) -> FunctionPool:
        """The environments of the function with this short name."""
        return self._pools[self.deployment.function_named(name).logical_id]

    def _start(self) -> None:
        settings = self.settings
        web = self._listen()
        # Both children start while this process imports the translator.
        aws = start_aws(settings.aws_port, self.log.write)
        self._ending.callback(aws.stop)
        help_desk = self._start_help_desk(web.port)
        model = self._start_model()
        self.deployment = read_deployment(settings.template, REGION, settings.parameters)
        self.aws_url = f"http://127.0.0.1:{_address(aws, settings.aws_port, '--aws-port')}"
        self.stack = create_stack(self.aws_url, self.deployment, self._known(web.port))
        ready = self._start_functions()
        if help_desk:
            self.zammad_url = _address(help_desk, settings.zammad_port or 0, "--zammad-port")
        if model:
            self.model_url = model.wait_until_ready()
        self._apply_manifests()
        gateway = Gateway(
            self.deployment,
            self._pools,
            start_page=start_page(
                self._activity,
                Directory(self.aws_url, self.stack, web.port) if settings.manifests else None,
                self.zammad_url,
                f"http://*.{self.stack.outputs.get('ApiDomain', 'localhost')}:{web.port}",
            ),
            observe=self._activity.request,
            note=self.log.note,
        )
        web.start(gateway.serve)
        self._start_pollers()
        for environment in ready:
            with contextlib.suppress(Exception):  # its own log says why; the next event tries again
                environment.wait_until_ready()
        if settings.reload:
            self._watch()

    def _function_line(self, name: str, line: str) -> None:
        self.log.function_line(name, line)
        with contextlib.suppress(Exception):  # it must not keep a function from writing its log
            self._activity.line(line)

    def _known(self, port: int) -> dict[str, str]:
        """Attributes of the resources that the local stack itself is."""
        known = {}
        for name, resource in self.deployment.template["Resources"].items():
            if resource["Type"] == "AWS::ApiGatewayV2::Api":
                known[f"{name}.ApiEndpoint"] = self.url
            elif resource["Type"] == "AWS::Lambda::Url":
                known[f"{name}.FunctionUrl"] = (
                    f"http://{function_url_host(self.deployment, name)}:{port}/"
                )
        return known

    def _listen(self) -> WebServer:
        try:
            web = WebServer(self.settings.host, self.settings.port)
        except OSError as error:
            raise _port_taken(self.settings.port, "--port") from error
        self._ending.callback(web.stop)
        self.url = f"http://localhost:{web.port}"
        return web

    def _start_help_desk(self, port: int) -> Child | None:
        if self.settings.zammad_port is None:
            return None
        values = variables("")
        host = self.settings.host if self.settings.host != "0.0.0.0" else "127.0.0.1"  # noqa: S104
        address = f"http://{f'[{host}]' if ':' in host else host}:{port}"
        help_desk = start_help_desk(
            host=self.settings.host,
            port=self.settings.zammad_port,
            webhook_url=f"{address}{WEBHOOK_PATH}?token={values['ZAMMAD_WEBHOOK_TOKEN']}",
            bridge_token=values["ZAMMAD_TOKEN"],
            signature_token=values["ZAMMAD_WEBHOOK_SECRET"],
            extra=self.settings.zammad_options,
            framed_by=sorted({self.url, f"http://127.0.0.1:{port}", address}),
            log=self.log.write,
        )
        self._ending.callback(help_desk.stop)
        return help_desk

    def _start_model(self) -> Child | None:
        if self.settings.small_model is None:
            return None
        from switchboard_cli.local import small_model

        model = small_model.start(self.log.write, self.settings.small_model)
        self._ending.callback(model.stop)
        return model

    def _start_functions(self) -> list[ExecutionEnvironment]:
        pools = {}
        for name, function in self.deployment.functions.items():
            process = process_settings(
                self.deployment, function, self.stack.function(name), self.aws_url
            )
            pools[name] = FunctionPool(
                lambda process=process: ExecutionEnvironment(process, self._function_line),  # type: ignore[misc]
                self.settings.environments,
            )
            self._ending.callback(pools[name].stop)
        self._pools = pools
        return [pool.start() for pool in pools.values()]

    def _apply_manifests(self) -> None:
        if self.settings.manifests is None:
            return
        environment = variables(self.zammad_url)
        paths = [self.settings.manifests]
        configuration.apply(
            paths, environment, self.aws_url, self.stack, self.log.note, self.model_url
        )

    def _start_pollers(self) -> None:
        for consumer in self.deployment.consumers:
            poller = QueuePoller(
                self.client("sqs"),
                self.stack.physical_id(consumer.source),
                consumer,
                self._pools[consumer.function],
                parallel=self.settings.environments,
                note=self.log.note,
                observe=self._activity.job,
            )
            poller.start()
            # Ends in the opposite order: first the pool, so that no thread waits for a function.
            self._ending.callback(poller.stop)
            self._ending.callback(self._pools[consumer.function].stop)

    def _watch(self) -> None:
        code = {path for function in self.deployment.functions.values() for path in function.paths}
        self._add_watcher(sorted(code), (".py",), self._code_changed)
        template = self.settings.template.resolve()
        self._add_watcher([template.parent], (template.name,), self._template_changed, flat=True)
        if self.settings.manifests:
            folder = self.settings.manifests
            self._add_watcher([folder], (".yaml", ".yml"), self._manifests_changed)

    def _add_watcher(
        self,
        folders: list[Path],
        endings: tuple[str, ...],
        changed: Callable[[frozenset[Path]], None],
        *,
        flat: bool = False,
    ) -> None:
        watcher = Watcher(folders, endings, changed, recursive=not flat)
        watcher.start()
        self._ending.callback(watcher.stop)

    def _code_changed(self, paths: frozenset[Path]) -> None:
        for name, function in self.deployment.functions.items():
            if any(path.is_relative_to(folder) for path in paths for folder in function.paths):
                self._pools[name].restart()
                self.log.note(f"{function.name} was restarted: its code changed")

    def _template_changed(self, _: frozenset[Path]) -> None:
        self.log.note(
            f"{self.settings.template.name} changed: start the local stack again to use it"
        )

    def _manifests_changed(self, _: frozenset[Path]) -> None:
        try:
            self._apply_manifests()
        except Exception as error:  # noqa: BLE001
            self.log.note(f"the manifests were not applied:\n{error}")


def _address(child: Child, port: int, option: str) -> str:
    try:
        return child.wait_until_ready()
    except ChildError as error:
        if "taken" in str(error) or "in use" in str(error).lower():
            raise _port_taken(port, option) from error
        raise


def _port_taken(port: int, option: str) -> PortTaken:
    return PortTaken(f"port {port} is taken by another program; choose another one with {option}")
