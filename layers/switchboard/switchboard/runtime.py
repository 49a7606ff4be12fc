"""Starting a function: its settings, its AWS clients, its log.

Composition roots use it, nothing else does. What a function needs on most requests is built
during init, when Lambda gives it the whole processor.
"""

from __future__ import annotations

import gc
import os
from collections.abc import Callable
from dataclasses import MISSING, fields
from typing import Any, TypeVar, cast

from switchboard.domain.errors import Misconfigured

S = TypeVar("S")
F = TypeVar("F")


def compose(build: Callable[[], F]) -> F:
    """Runs a composition root without garbage collection, then freezes what it made.

    Init allocates much and frees almost nothing: collecting during it costs a sixth of a cold
    start and finds nothing.
    """
    gc.disable()
    try:
        return build()
    finally:
        gc.freeze()
        gc.enable()


def settings(kind: type[S]) -> S:
    """A settings dataclass filled from the environment: field `queue_url` from `QUEUE_URL`.

    Fields are `str` or `int`; an empty variable counts as absent. Raises `Misconfigured` that
    names every variable that is missing or not a number.
    """
    values: dict[str, Any] = {}
    wrong: list[str] = []
    for field in fields(cast(Any, kind)):
        written = os.environ.get(field.name.upper(), "")
        if not written:
            if field.default is MISSING:
                wrong.append(field.name.upper())
            continue
        try:
            values[field.name] = int(written) if field.type in (int, "int") else written
        except ValueError:
            wrong.append(field.name.upper())
    if wrong:
        raise Misconfigured(f"These environment variables are missing or wrong: {', '.join(wrong)}")
    return kind(**values)


class Aws:
    """One session and one configuration for every client of this execution environment."""

    def __init__(self) -> None:
        from botocore.config import Config
        from botocore.session import Session

        self._session = Session()
        self._config = Config(
            connect_timeout=2,
            read_timeout=10,
            retries={"mode": "standard", "total_max_attempts": 3},
        )

    def client(self, service: str, **options: Any) -> Any:
        """`options` are more of botocore's `Config`, for this client only."""
        config = self._config
        if options:
            from botocore.config import Config

            config = config.merge(Config(**options))
        return self._session.create_client(service, config=config)
