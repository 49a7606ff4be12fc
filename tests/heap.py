"""Collecting a test's garbage without walking over everything that was ever imported.

Composition roots freeze what they have made (`switchboard.runtime.compose`): right for a process
that serves one function, wrong for one that makes hundreds. Here it stays collectable, and what
outlives them, libraries above all, is frozen instead, whenever it has become much.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

_freeze = gc.freeze
MUCH = 50_000
"""Objects; a world of the functional tests has some thirty thousand of its own."""


@contextmanager
def collected(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """What is made in the block is collected at its end, if nothing refers to it any more."""
    monkeypatch.setattr(gc, "freeze", lambda: None)
    try:
        yield
    finally:
        gc.collect()
        if len(gc.get_objects()) > MUCH:
            _freeze()
