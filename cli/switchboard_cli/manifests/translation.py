"""One manifest on its way from another platform's fields to this product's.

Knows the shape of manifests, not what the fields mean; `smarter` does. Values are never
repeated in a warning: they may be secrets.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, get_args

from pydantic import BaseModel
from pydantic.alias_generators import to_camel

from switchboard_cli.manifests.errors import FieldPath, ManifestError
from switchboard_cli.manifests.reading import AS_WRITTEN, Document

NO_MEANING = "has no meaning here and is left out"


class Translation:
    """One manifest on its way: its values, the lines they came from, and what was lost."""

    def __init__(self, document: Document) -> None:
        self.content: dict[str, Any] = _without_nulls(document.content, ())
        self.lines = dict(document.lines)
        self.warnings: list[ManifestError] = []
        self._document = document

    def get(self, path: FieldPath) -> Any:
        """What stands there, or None."""
        value: Any = self.content
        for part in path:
            if not isinstance(value, dict):
                return None
            value = value.get(part)
        return value

    def items(self, path: FieldPath) -> list[Any]:
        """The list that stands there; empty if it is none."""
        value = self.get(path)
        return value if isinstance(value, list) else []

    def put(self, path: FieldPath, value: Any) -> None:
        """Replaces what stands there; nothing happens where there is no such mapping."""
        around = self.get(path[:-1])
        if isinstance(around, dict):
            around[path[-1]] = value

    def move(self, old: FieldPath, new: FieldPath) -> None:
        """Gives a field another name. What already has that name stays, and the old one is lost."""
        value = self.get(old)
        if value is None or self.get(new) is not None:
            return
        self.put(new, value)
        self.get(old[:-1]).pop(old[-1])
        self.lines[new] = self._document.error(old, "").line

    def lose(self, path: FieldPath, message: str = NO_MEANING) -> None:
        """Takes a field out, with a warning."""
        around = self.get(path[:-1])
        if isinstance(around, dict) and around.pop(path[-1], None) is not None:
            self.warn(path, message)

    def warn(self, path: FieldPath, message: str = NO_MEANING) -> None:
        self.warnings.append(self._document.error(path, message))

    def keep_only(self, model: type[BaseModel]) -> None:
        """Leaves out every field that `model` does not have, wherever it stands."""
        head = {name: self.content.pop(name, None) for name in ("apiVersion", "kind")}
        self.content = {**head, **self._known(self.content, model, ())}

    def _known(self, value: Any, model: type[BaseModel], path: FieldPath) -> Any:
        if not isinstance(value, dict):
            return value
        fields = {field.alias: field.annotation for field in model.model_fields.values()}
        kept: dict[str, Any] = {}
        for written, item in value.items():
            name = written if written in fields else to_camel(written)
            if name not in fields or (name != written and name in value):
                self.warn((*path, written))
                continue
            place = (*path, name)
            self.lines.setdefault(place, self._document.error((*path, written), "").line)
            part = _part_of(fields[name])
            if part is None:
                kept[name] = item
            elif isinstance(item, list):
                each = enumerate(item)
                kept[name] = [self._known(one, part, (*place, index)) for index, one in each]
            else:
                kept[name] = self._known(item, part, place)
        return kept


def _part_of(annotation: Any) -> type[BaseModel] | None:
    """The part of a manifest that a field holds, one or many, if it holds any."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((part for inner in get_args(annotation) if (part := _part_of(inner))), None)


def _without_nulls(value: Any, path: FieldPath) -> Any:
    """There, null is how a manifest says that a field is left out."""
    if path == AS_WRITTEN:
        return value
    if isinstance(value, Mapping):
        fields = value.items()
        return {n: _without_nulls(one, (*path, n)) for n, one in fields if one is not None}
    if isinstance(value, list):
        return [_without_nulls(one, (*path, index)) for index, one in enumerate(value)]
    return value
