"""The Runtime API, held against the genuine runtime client and against the local loop."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

import switchboard_cli.runtime_loop
from switchboard_cli.runtime_api import FunctionError, InvocationTimeout, RuntimeApi

HANDLER = """
import os, sys, time
if os.environ.get("FAIL_INIT"):
    raise ImportError("no such library")

def handle(event, context):
    if event.get("raise"):
        raise ValueError("asked to: ü")
    if event.get("sleep"):
        time.sleep(event["sleep"])
    if event.get("object"):
        return {object()}
    return {"event": event, "request": context.aws_request_id,
            "arn": context.invoked_function_arn, "left": context.get_remaining_time_in_millis()}
"""
LOOP = [sys.executable, "-P", str(Path(switchboard_cli.runtime_loop.__file__))]
GENUINE = [sys.executable, "-m", "awslambdaric", "app.handle"]
needs_genuine = pytest.mark.skipif(
    importlib.util.find_spec("awslambdaric") is None, reason="awslambdaric is for Linux only"
)
Start = Callable[..., Any]


@pytest.fixture(
    params=[
        pytest.param(LOOP, id="local loop"),
        pytest.param(GENUINE, id="awslambdaric", marks=needs_genuine),
    ]
)
def start(request: pytest.FixtureRequest, tmp_path: Path) -> Start:
    """Starts the client under test for a Runtime API."""
    (tmp_path / "app.py").write_text(HANDLER)

    @contextmanager
    def started(**variables: str) -> Iterator[RuntimeApi]:
        with RuntimeApi("arn:aws:lambda:local:1:function:app") as api:
            process = subprocess.Popen(
                request.param,
                cwd=tmp_path,
                env={
                    "PATH": os.environ["PATH"],
                    "PYTHONPATH": str(tmp_path),
                    "AWS_LAMBDA_RUNTIME_API": api.address,
                    "AWS_LAMBDA_FUNCTION_NAME": "app",
                    "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
                    "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "128",
                    "AWS_LAMBDA_LOG_GROUP_NAME": "group",
                    "AWS_LAMBDA_LOG_STREAM_NAME": "stream",
                    "LAMBDA_TASK_ROOT": str(tmp_path),
                    "_HANDLER": "app.handle",
                    **variables,
                },
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
            try:
                yield api
            finally:
                process.kill()
                process.wait()

    return started


def test_events_are_answered_one_after_the_other(start: Start) -> None:
    """Each event gets its own answer, with the function's name and the time that is left."""
    with start() as api:
        api.wait_until_ready()
        answers = [api.invoke({"n": n, "text": "ü"}, timeout=5) for n in range(3)]
    assert [answer["event"] for answer in answers] == [{"n": n, "text": "ü"} for n in range(3)]
    assert len({answer["request"] for answer in answers}) == 3
    assert all(0 < answer["left"] <= 5000 for answer in answers)
    assert answers[0]["arn"] == "arn:aws:lambda:local:1:function:app"


def test_an_exception_is_told_and_the_process_goes_on(start: Start) -> None:
    """The caller learns type, message and trace; the next event is served."""
    with start() as api:
        with pytest.raises(FunctionError) as raised:
            api.invoke({"raise": True}, timeout=5)
        assert api.invoke({}, timeout=5)["event"] == {}
    assert (raised.value.kind, raised.value.message) == ("ValueError", "asked to: ü")
    assert any("handle" in line for line in raised.value.trace)


def test_an_answer_that_is_not_json_is_an_error(start: Start) -> None:
    """What cannot be written as JSON is the function's error, not silence."""
    with start() as api, pytest.raises(FunctionError):
        api.invoke({"object": True}, timeout=5)


def test_a_function_that_cannot_start_says_why(start: Start) -> None:
    """An error during init reaches whoever waits for the function."""
    with start(FAIL_INIT="1") as api:
        with pytest.raises(FunctionError, match="no such library"):
            api.wait_until_ready()
        with pytest.raises(FunctionError, match="no such library"):
            api.invoke({}, timeout=5)


def test_no_answer_in_time_is_a_timeout(start: Start) -> None:
    """The time counts from when the process took the event."""
    with start() as api:
        api.wait_until_ready()
        with pytest.raises(InvocationTimeout, match=r"timed out after 0\.20 seconds"):
            api.invoke({"sleep": 20}, timeout=0.2)


def test_other_functions_code_is_not_on_the_path(tmp_path: Path) -> None:
    """Even where an editable install puts every function on the path, a function sees its own."""
    own, other = tmp_path / "own", tmp_path / "other"
    for folder, text in ((own, "import foreign\n"), (other, "")):
        folder.mkdir()
        (folder / "app.py").write_text(text)
        (folder / "foreign.py").touch()
    (own / "foreign.py").unlink()
    with RuntimeApi() as api:
        process = subprocess.Popen(
            LOOP,
            env={
                "PYTHONPATH": f"{own}{os.pathsep}{other}",
                "LOCAL_HIDDEN_PATHS": str(other),
                "AWS_LAMBDA_RUNTIME_API": api.address,
                "_HANDLER": "app.handle",
            },
            stderr=subprocess.DEVNULL,
        )
        with pytest.raises(FunctionError, match="No module named 'foreign'"):
            api.wait_until_ready()
        assert process.wait(10) == 1


def test_a_process_that_ends_ends_its_invocation() -> None:
    """Whoever waits for an answer is told at once that none will come."""
    with RuntimeApi() as api:
        threading.Timer(0.05, api.fail, [FunctionError("Runtime.ExitError", "gone")]).start()
        with pytest.raises(FunctionError, match="gone"):
            api.invoke({}, timeout=20)


def test_an_event_above_the_limit_is_refused() -> None:
    """Lambda takes six megabytes."""
    with RuntimeApi() as api, pytest.raises(FunctionError, match="RequestEntityTooLarge"):
        api.invoke({"text": "x" * (6 * 1024 * 1024)}, timeout=5)
