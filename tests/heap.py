"""Collecting a test's garbage without walking over everything that was ever imported.

Composition roots freeze what they have made (`switchboard.runtime.compose`): right for a process
that serves one function, wrong for one that makes hundreds. Here it stays collectable, and what
outlives the first of them, libraries above all, is frozen instead, once.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

_freeze = gc.freeze


@contextmanager
def collected(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """What is made in the block is collected at its end, if nothing refers to it any more."""
    monkeypatch.setattr(gc, "freeze", lambda: None)
    try:
        yield
    finally:
        gc.collect()
        if not gc.get_freeze_count():
            _freeze()
