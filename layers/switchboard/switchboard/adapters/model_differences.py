"""What model servers cannot do, learned from how they refuse, and kept for the process's life.

A request is asked again without what was refused, so that a bot works with any server and every
later turn asks right at once. Nothing is learned from a refusal that names none of these.
"""

from __future__ import annotations

import re
from collections.abc import Set
from dataclasses import dataclass, field
from enum import Enum


class Difference(Enum):
    """The words are how a server names what it does not know."""

    NO_TOOLS = re.compile(r"\b(tools?|tool_choice|tool[ _-]?use|function[ _-]?call\w*)\b")
    NO_TEMPERATURE = re.compile(r"\btemperature\b")
    OTHER_LIMIT = re.compile(r"\bmax_(completion_)?tokens\b")


_UNKNOWN = re.compile(
    r"support|requires|enable|unknown|unrecogni[sz]ed|unexpected|deprecated|extra inputs"
    r"|not (permitted|allowed|available)"
)
_WRONG = re.compile(r"schema|\brole\b|tool_call_id|context|too (large|long|many)|at most")
"""Refusals of what was in it: to do without would hide a fault, and from every later turn."""


@dataclass(frozen=True, slots=True)
class Differences:
    """Those of every server and model that this process has asked, by whatever names them."""

    _known: dict[tuple[str, str], frozenset[Difference]] = field(default_factory=dict)

    def of(self, server: str, model: str) -> frozenset[Difference]:
        return self._known.get((server, model), frozenset())

    def learn(self, server: str, model: str, refusal: str, sent: Set[Difference]) -> bool:
        """True if the refusal is of something that was `sent` and can be done without."""
        told = refusal.lower()
        if not _UNKNOWN.search(told) or _WRONG.search(told):
            return False
        new = {one for one in sent - self.of(server, model) if one.value.search(told)}
        first = next((one for one in Difference if one in new), None)
        if first is None:
            return False
        self._known[server, model] = self.of(server, model) | {first}
        return True

    def forget(self) -> None:
        self._known.clear()


LEARNED = Differences()
