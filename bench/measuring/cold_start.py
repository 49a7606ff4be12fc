"""One cold start: a new process of the runtime client, one event, its first answer."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from switchboard_cli.runtime_api import RuntimeApi

PATIENCE = 300.0
"""Seconds for one answer; counting instructions takes fifty times as long as running."""
NEUTRAL = {
    "AWS_ACCESS_KEY_ID": "local",
    "AWS_SECRET_ACCESS_KEY": "local",
    "AWS_REGION": "eu-central-1",
    "AWS_DEFAULT_REGION": "eu-central-1",
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    "LANG": "en_US.UTF-8",
    "PATH": os.environ.get("PATH", os.defpath),
    "PYTHONDONTWRITEBYTECODE": "1",
    "PYTHONHASHSEED": "0",
}


@dataclass(frozen=True, slots=True)
class Subject:
    """What is started. `event` makes the event of one start; `check` raises on a wrong answer."""

    name: str
    handler: str
    paths: Sequence[Path]
    environment: Mapping[str, str]
    event: Callable[[], object]
    check: Callable[[Any], None]


def seconds(python: Path, subject: Subject) -> float:
    """From the start of the process to its first answer."""
    return _first_answer([str(python)], subject)


def imported(python: Path, subject: Subject) -> set[str]:
    """Every module that is imported up to the first answer."""
    with TemporaryDirectory() as folder:
        log = Path(folder) / "log"
        _first_answer([str(python), "-X", "importtime"], subject, log)
        return set(re.findall(r"^import time:.*\| +([\w.]+)$", log.read_text(), re.MULTILINE))


def can_count() -> bool:
    return shutil.which("valgrind") is not None


def instructions(python: Path, subject: Subject) -> int:
    """Executed in user space from the start of the process to its end after the first answer."""
    with TemporaryDirectory() as folder:
        log = Path(folder) / "log"
        command = ["valgrind", "--tool=cachegrind", "--cache-sim=no", f"--log-file={log}"]
        command += ["--cachegrind-out-file=/dev/null", str(python)]
        _first_answer(command, subject)
        counted = re.search(r"I +refs: +([\d,]+)", log.read_text())
    if not counted:
        raise RuntimeError(f"valgrind counted nothing for {subject.name}")
    return int(counted[1].replace(",", ""))


def _first_answer(interpreter: list[str], subject: Subject, log: Path | None = None) -> float:
    """Seconds. What the process writes goes to `log`, if there is to be one."""
    event = subject.event()
    with RuntimeApi() as api:
        environment = {
            **NEUTRAL,
            **subject.environment,
            "PYTHONPATH": os.pathsep.join(str(path) for path in subject.paths),
            "AWS_LAMBDA_RUNTIME_API": api.address,
            "LAMBDA_TASK_ROOT": str(subject.paths[0]),
            "_HANDLER": subject.handler,
        }
        started = time.perf_counter()
        process = subprocess.Popen(
            [*interpreter, "-m", "awslambdaric", subject.handler],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        try:
            api.wait_until_ready(PATIENCE)
            answer = api.invoke(event, PATIENCE)
            taken = time.perf_counter() - started
        finally:
            process.terminate()
            output, _ = process.communicate()
            if log:
                log.write_bytes(output)
    try:
        subject.check(answer)
    except AssertionError as error:
        raise RuntimeError(f"{subject.name} answered {answer}: {output.decode()}") from error
    return taken
