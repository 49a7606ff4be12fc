"""What applying would change, field by field. Secrets appear by name, keys by id."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from switchboard_cli.manifests.applying import Plan
from switchboard_cli.manifests.errors import FieldPath, field_name
from switchboard_cli.manifests.loading import Manifest, title_of

ABSENT = object()


@dataclass(frozen=True, slots=True)
class Difference:
    """A manifest that applying would create or change, and the fields: name, before, after.

    `before` or `after` is None where there is no such field.
    """

    action: str
    kind: str
    account: str
    name: str
    fields: tuple[tuple[str, str | None, str | None], ...]

    @property
    def title(self) -> str:
        return title_of(self.kind, self.account, self.name)


def differences(plan: Plan) -> list[Difference]:
    """In the order of the manifests; what would stay as it is, is left out."""
    found = (_difference(plan, manifest) for manifest in plan.resolution.manifests)
    return [difference for difference in found if difference.fields]


def renewed(plan: Plan) -> int:
    """How many look-up records would be written or deleted although no manifest changes."""
    manifests = {manifest.key for manifest in plan.resolution.manifests}
    return 0 if manifests.intersection(plan.puts) else len(plan.puts) + len(plan.stale)


def _difference(plan: Plan, manifest: Manifest) -> Difference:
    text = plan.before.get(manifest.key)
    stored: Any = ABSENT if text is None else json.loads(text)
    makes_key = manifest.key in plan.resolution.new_keys
    fields = []
    for path, before, after in _fields(stored, json.loads(manifest.to_json()), ()):
        shown = "a new key" if makes_key and path == ("spec", "value") else _shown(after)
        fields.append((field_name(path), _shown(before), shown))
    if not fields and text != manifest.to_json():
        fields.append(("the order of its fields", "as it is", "as written"))
    action = "create" if stored is ABSENT else "change"
    return Difference(action, manifest.kind, manifest.account, manifest.name, tuple(fields))


def _fields(before: Any, after: Any, path: FieldPath) -> Iterator[tuple[FieldPath, Any, Any]]:
    """Every single value that is not the same on both sides."""
    if before == after and isinstance(before, bool) == isinstance(after, bool):
        return
    sides = [side for side in (before, after) if side is not ABSENT]
    if len(sides) == 1 and not sides[0]:
        yield path, before, after
    elif all(isinstance(side, dict) and not _is_reference(side) for side in sides):
        for name in dict.fromkeys(name for side in sides for name in side):
            yield from _fields(_at(before, name), _at(after, name), (*path, name))
    elif all(isinstance(side, list) for side in sides):
        for index in range(max(len(side) for side in sides)):
            yield from _fields(_at(before, index), _at(after, index), (*path, index))
    else:
        yield path, before, after


def _at(value: Any, part: str | int) -> Any:
    if isinstance(value, dict):
        return value.get(part, ABSENT)
    if isinstance(value, list) and isinstance(part, int) and part < len(value):
        return value[part]
    return ABSENT


def _is_reference(value: dict[str, Any]) -> bool:
    """What stands in the place of a secret, and is shown as one value."""
    return value.keys() in ({"secret"}, {"digest"}, {"id", "digest"})


def _shown(value: Any) -> str | None:
    if value is ABSENT:
        return None
    if isinstance(value, dict) and _is_reference(value):
        if "secret" in value:
            return f"{{secret: {value['secret']}}}"
        return f"the key {value['id']}" if "id" in value else f"a token, {value['digest'][:8]}…"
    return json.dumps(value, ensure_ascii=False)
