"""A translator that says what it was asked for, or whatever a test wants it to say."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from switchboard.domain.directory import Region
from switchboard.domain.errors import AppError


def _named(text: str, source: str, target: str, is_html: bool) -> str:
    return f"[{target}] {text}"


@dataclass
class Dictionary:
    """Translates by writing the target language before the text; `failures` come first.

    `writes` is another way to translate: text, source, target, is_html. `asked` counts.
    """

    failures: list[AppError] = field(default_factory=list)
    is_missing: bool = False
    writes: Callable[[str, str, str, bool], str] = _named
    asked: int = 0

    def is_available(self, region: Region) -> bool:
        return not self.is_missing

    def translate(
        self,
        region: Region,
        text: str,
        *,
        source: str,
        target: str,
        deadline: int,
        is_html: bool = False,
    ) -> str:
        self.asked += 1
        if self.failures:
            raise self.failures.pop(0)
        return self.writes(text, source, target, is_html)
