"""A server in a process of its own: started at once, ready when it says so, ended with a signal."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Callable, Sequence

_STOP_SECONDS = 3.0


class ChildError(Exception):
    """The process did not start; the text is what it said."""


class Child:
    """`words` are Python's arguments; `ready` is how the line begins that ends with its address."""

    def __init__(
        self,
        words: Sequence[str],
        *,
        ready: str,
        log: Callable[[str], None],
        python: str = sys.executable,
    ) -> None:
        # A session of its own: Ctrl-C reaches the local stack alone, which then ends this.
        self._process = subprocess.Popen(  # noqa: S603
            [python, *words],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        self._ready = ready
        self._log = log
        self._said: list[str] = []
        self._address = ""
        self._settled = threading.Event()
        self._reader = threading.Thread(target=self._read, name="child-log", daemon=True)
        self._reader.start()

    def wait_until_ready(self, seconds: float = 60.0) -> str:
        """The address that the process told. Raises `ChildError`."""
        self._settled.wait(seconds)
        if not self._address:
            raise ChildError("\n".join(self._said) or f"{self._process.args!r} does not answer")
        return self._address

    def stop(self) -> None:
        """Ends the process, at the latest after three seconds."""
        self._process.terminate()
        try:
            self._process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._reader.join(_STOP_SECONDS)
        assert self._process.stdin
        self._process.stdin.close()

    def _read(self) -> None:
        assert self._process.stdout
        with self._process.stdout as output:
            for raw in output:
                line = raw.decode(errors="replace").rstrip("\n")
                if self._address:
                    self._log(line)
                elif line.startswith(self._ready):
                    self._address = line.removeprefix(self._ready).rstrip("/")
                    self._settled.set()
                else:
                    self._said.append(line)
        self._settled.set()
