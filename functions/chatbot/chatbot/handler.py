"""Wiring of the chatbot API: an event in, an answer out, nothing more."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from chatbot.composition import build
from switchboard.runtime import compose

edge = compose(build)


def handle(event: Mapping[str, Any], context: object) -> dict[str, Any]:
    """Entry point: one HTTP API event (payload 2.0) in, its answer out."""
    return edge.serve(event)
