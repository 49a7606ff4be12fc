"""A running local stack of the small deployment in `data/echo_stack`, shared by its tests."""

from __future__ import annotations

import io
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from switchboard_cli.local.log import LocalLog
from switchboard_cli.local.stack import LocalSettings, LocalStack

T = TypeVar("T")
FOLDER = Path(__file__).parent / "data" / "echo_stack"


@contextmanager
def echo_stack(
    folder: Path = FOLDER, *, reload: bool = False, parameters: dict[str, str] | None = None
) -> Iterator[tuple[LocalStack, io.StringIO]]:
    """The stack and what it logs."""
    log = io.StringIO()
    settings = LocalSettings(
        template=folder / "template.yaml",
        zammad_port=None,
        environments=3,
        parameters=parameters or {},
        reload=reload,
    )
    with LocalStack(settings, LocalLog(log)) as stack:
        yield stack, log


def eventually(probe: Callable[[], T | None], seconds: float = 15.0) -> T:
    """What `probe` gives as soon as it gives something; fails after `seconds`."""
    deadline = time.monotonic() + seconds
    pause = threading.Event()
    while time.monotonic() < deadline:
        found = probe()
        if found:
            return found
        pause.wait(0.02)
    raise AssertionError(f"nothing came in {seconds} seconds")
