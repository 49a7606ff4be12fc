"""The execution environments of one function: as many as are needed at once, up to a limit."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

from switchboard_cli.local.environment import ExecutionEnvironment

WAIT_SECONDS = 30.0
"""How long an event waits for a free environment before it is turned away."""


class TooBusy(Exception):
    """Every environment was busy for too long: Lambda would have throttled the event."""


class FunctionPool:
    """`start_environment` makes a new environment. All methods may be called from any thread."""

    def __init__(self, start_environment: Callable[[], ExecutionEnvironment], size: int) -> None:
        self._start_environment = start_environment
        self._size = size
        self._changed = threading.Condition()
        self._generation = 0
        self._stopped = False
        self._idle: list[ExecutionEnvironment] = []
        self._all: dict[ExecutionEnvironment, int] = {}
        """Each environment with its generation; one of an older generation takes no new event."""
        self._starting = 0

    def start(self) -> ExecutionEnvironment:
        """Starts one environment before it is needed, and returns while it is starting."""
        environment = self._add()
        self._release(environment)
        return environment

    def invoke(self, event: object) -> Any:
        """The function's answer. Raises `FunctionError`, or `TooBusy`."""
        environment = self._acquire()
        try:
            return environment.invoke(event)
        finally:
            self._release(environment)

    def restart(self) -> None:
        """New code: idle environments end now, busy ones after their event."""
        with self._changed:
            self._generation += 1
            idle, self._idle = self._idle, []
        for environment in idle:
            self._discard(environment)
        self.start()

    def stop(self) -> None:
        """Ends every environment, the busy ones too."""
        with self._changed:
            self._stopped = True
            self._idle = []
            every = list(self._all)
            self._changed.notify_all()
        for environment in every:
            self._discard(environment)

    def _acquire(self) -> ExecutionEnvironment:
        deadline = time.monotonic() + WAIT_SECONDS
        with self._changed:
            while True:
                if self._stopped:
                    raise TooBusy
                while self._idle:
                    environment = self._idle.pop()
                    if environment.is_alive:
                        return environment
                    self._all.pop(environment, None)
                    threading.Thread(target=environment.stop, daemon=True).start()
                if len(self._all) + self._starting < self._size:
                    break
                if not self._changed.wait(deadline - time.monotonic()):
                    raise TooBusy
        return self._add()

    def _add(self) -> ExecutionEnvironment:
        with self._changed:
            self._starting += 1
            generation = self._generation
        try:
            environment = self._start_environment()
        finally:
            with self._changed:
                self._starting -= 1
        with self._changed:
            if not self._stopped:
                self._all[environment] = generation
                return environment
        environment.stop()
        raise TooBusy

    def _release(self, environment: ExecutionEnvironment) -> None:
        with self._changed:
            current = self._all.get(environment) == self._generation
            if current and not self._stopped and environment.is_alive:
                self._idle.append(environment)
                self._changed.notify()
                return
        self._discard(environment)

    def _discard(self, environment: ExecutionEnvironment) -> None:
        with self._changed:
            known = self._all.pop(environment, None) is not None
            self._changed.notify()
        if known:
            environment.stop()
