"""The structured log: one line a call, `extra` beside the message."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol


class Logger(Protocol):
    """What is used of a logger. Nobody's words, no device id and no key may be in a line."""

    def info(self, msg: str, /, *, extra: Mapping[str, object] | None = ...) -> None: ...

    def exception(self, msg: str, /, *, extra: Mapping[str, object] | None = ...) -> None:
        """With the exception that is being handled."""
        ...
