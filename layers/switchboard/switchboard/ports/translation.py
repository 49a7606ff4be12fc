"""Translating between a chat's language and its advisers'."""

from __future__ import annotations

from typing import Protocol

from switchboard.domain.directory import Region


class Translator(Protocol):
    def is_available(self, region: Region) -> bool:
        """False if nothing the region has configured can translate."""
        ...

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
        """The text in the language `target`; HTML comes back sanitised, plain text as it is.

        `deadline` is in the clock's milliseconds. Raises `AppError`.
        """
        ...
