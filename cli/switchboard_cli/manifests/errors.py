"""What can be wrong with manifests, each with the place to correct it. Never holds a secret."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeAlias

FieldPath: TypeAlias = tuple[str | int, ...]


@dataclass(frozen=True, slots=True, order=True)
class ManifestError:
    """One fault. `line` counts from 1; 0 where there is no line, as in a stored manifest."""

    file: str
    line: int
    field: str
    message: str

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.line else self.file
        return ": ".join(part for part in (place, self.field, self.message) if part)


class ManifestErrors(Exception):
    """Everything that is wrong, in the order of the files. Nothing was changed."""

    def __init__(self, errors: Iterable[ManifestError]) -> None:
        self.errors = sorted(set(errors))
        super().__init__("\n".join(str(error) for error in self.errors))


class DirectoryBusy(Exception):
    """Someone else changed the directory in between; applying again settles it."""


def field_name(path: FieldPath) -> str:
    """`("spec", "plugins", 0)` as `spec.plugins[0]`."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}"
    return text.removeprefix(".")
