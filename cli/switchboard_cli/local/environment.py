"""One execution environment: a child process that runs one function, one event at a time."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from switchboard_cli.local.aws import FunctionSettings
from switchboard_cli.local.deployment import Deployment, Function
from switchboard_cli.local.names import CREDENTIALS, REGION
from switchboard_cli.runtime_api import FunctionError, InvocationTimeout, RuntimeApi

Log = Callable[[str, str], None]
"""Takes the function's short name and one line that it wrote."""

_RUNTIME_LOOP = Path(__file__).parent.parent / "runtime_loop.py"
_STOP_SECONDS = 2.0
_INHERITED = (
    *("PATH", "HOME", "TMPDIR", "LANG", "LC_ALL", "LD_LIBRARY_PATH"),
    *("SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE"),
    *("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"),
)
"""What this machine needs to reach anything at all; no other variable reaches a function."""


@dataclass(frozen=True, slots=True)
class ProcessSettings:
    """How to start a function's process."""

    name: str
    arn: str
    timeout: int
    variables: Mapping[str, str] = field(repr=False)


def process_settings(
    deployment: Deployment, function: Function, settings: FunctionSettings, endpoint: str
) -> ProcessSettings:
    """The environment that the template gives the function, and what Lambda adds to it."""
    others = {path for other in deployment.functions.values() for path in other.paths} - set(
        function.paths
    )
    no_proxy = ",".join(filter(None, ["127.0.0.1,localhost", os.environ.get("NO_PROXY", "")]))
    variables = {
        **{name: os.environ[name] for name in _INHERITED if name in os.environ},
        "NO_PROXY": no_proxy,
        "no_proxy": no_proxy,
        "PYTHONPATH": _joined(function.paths),
        "PYTHONUNBUFFERED": "1",
        "LOCAL_HIDDEN_PATHS": _joined(sorted(others)),
        **CREDENTIALS,
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_EXECUTION_ENV": f"AWS_Lambda_{settings.runtime}",
        "AWS_LAMBDA_FUNCTION_NAME": settings.physical_name,
        "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(settings.memory),
        "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
        "AWS_LAMBDA_LOG_GROUP_NAME": f"/aws/lambda/{settings.physical_name}",
        "AWS_LAMBDA_LOG_STREAM_NAME": "local",
        "LAMBDA_TASK_ROOT": str(function.paths[0]),
        "TZ": ":UTC",
        "_HANDLER": settings.handler,
        **settings.environment,
    }
    return ProcessSettings(function.name, settings.arn, settings.timeout, variables)


def _joined(paths: Sequence[Path]) -> str:
    return os.pathsep.join(str(path) for path in paths)


class ExecutionEnvironment:
    """Starts the process at once; `invoke` waits until it is up."""

    def __init__(self, settings: ProcessSettings, log: Log) -> None:
        self._settings = settings
        self._log = log
        self._api = RuntimeApi(settings.arn)
        # A session of its own: Ctrl-C reaches the local stack alone, which then ends this.
        self._process = subprocess.Popen(  # noqa: S603
            [sys.executable, "-P", str(_RUNTIME_LOOP)],
            env={**settings.variables, "AWS_LAMBDA_RUNTIME_API": self._api.address},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        self._reader = threading.Thread(target=self._read, name=f"log-{settings.name}", daemon=True)
        self._reader.start()

    @property
    def is_alive(self) -> bool:
        return self._process.poll() is None

    def wait_until_ready(self) -> None:
        """Raises `FunctionError` when the process cannot start."""
        self._api.wait_until_ready()

    def invoke(self, event: object) -> Any:
        """The function's answer. Raises `FunctionError`; after a timeout the process is gone."""
        try:
            return self._api.invoke(event, self._settings.timeout)
        except InvocationTimeout:
            self._process.kill()
            self._process.wait()
            raise

    def stop(self) -> None:
        """Ends the process, at the latest after two seconds."""
        self._process.terminate()
        try:
            self._process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._reader.join(_STOP_SECONDS)
        self._api.close()

    def _read(self) -> None:
        assert self._process.stdout
        with self._process.stdout as output:
            for line in output:
                self._log(self._settings.name, line.decode(errors="replace").rstrip("\n"))
        status = self._process.wait()
        self._api.fail(
            FunctionError("Runtime.ExitError", f"The process ended with status {status}")
        )
