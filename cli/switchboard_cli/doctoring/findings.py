"""The findings of an examination, a line each, with what to do about them.

A finding's name is stable: scripts may look for it. Whatever a server has said is shown only as
one short line of printable characters, and never with a secret in it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from enum import StrEnum

QUOTED_CHARACTERS = 160
_NAME_WIDTH = 32
_INDENT = "    "


class Verdict(StrEnum):
    OK = "ok"
    MISSING = "missing"
    UNKNOWN = "cannot tell"


class Report:
    """Writes each finding as it comes, because a slow server makes an examination long."""

    def __init__(self, write: Callable[[str], None]) -> None:
        self._write = write
        self._secrets: list[str] = []
        self._found: dict[str, Verdict] = {}

    def hide(self, secret: str) -> None:
        """From now on shows dots in place of this text, wherever it comes from."""
        if secret:
            self._secrets = sorted({*self._secrets, secret}, key=len, reverse=True)

    def ok(self, name: str, text: str) -> None:
        self._add(name, Verdict.OK, text, ())

    def missing(self, name: str, text: str, remedy: Sequence[str] = ()) -> None:
        """`remedy`: lines to read and to paste."""
        self._add(name, Verdict.MISSING, text, remedy)

    def unknown(self, name: str, text: str, remedy: Sequence[str] = ()) -> None:
        self._add(name, Verdict.UNKNOWN, text, remedy)

    def is_missing(self, name: str) -> bool:
        return self._found.get(name) is Verdict.MISSING

    def count(self, verdict: Verdict) -> int:
        return sum(found is verdict for found in self._found.values())

    def _add(self, name: str, verdict: Verdict, text: str, remedy: Sequence[str]) -> None:
        self._found[name] = verdict
        self._line(f"{verdict:<11}  {name:<{_NAME_WIDTH}}  {text}")
        for line in remedy:
            self._line(f"{_INDENT}{line}")

    def _line(self, text: str) -> None:
        for secret in self._secrets:
            text = text.replace(secret, "•••")
        self._write(text)


def quoted(words: object) -> str:
    """What someone else wrote, as one short line that no terminal takes for a command."""
    line = " ".join("".join(c if c.isprintable() else " " for c in str(words)).split())
    return line if len(line) <= QUOTED_CHARACTERS else f"{line[:QUOTED_CHARACTERS]}…"
