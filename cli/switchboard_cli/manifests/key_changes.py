"""What becomes of a stored API key: revoked, or replaced by a new one. Knows no directory."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from switchboard.domain.ids import api_key_id, hex_digest
from switchboard_cli.manifests.errors import FieldPath
from switchboard_cli.manifests.loading import Manifest, with_values
from switchboard_cli.manifests.models import ApiKeyManifest, ApiKeySpec
from switchboard_cli.manifests.values import Digest


class KeyRefused(Exception):
    """The key is not in a state for this; the text says why."""


@dataclass(frozen=True, slots=True)
class KeyState:
    """One key by its id. `status` is `valid`, `expired`, `revoked` or `replaced`.

    `expires` is in seconds since the epoch; a replaced key is good until then.
    """

    id: str
    manifest: Manifest
    spec: ApiKeySpec
    status: str
    expires: int | None

    @property
    def scope(self) -> str:
        return "all" if self.spec.chatbots is None else ", ".join(self.spec.chatbots) or "none"

    @property
    def until(self) -> str:
        return "never" if self.expires is None else moment(self.expires)

    def document(self) -> dict[str, Any]:
        """`expires` in RFC 3339, or null; `chatbots` is null for a key of the whole account."""
        return {
            "id": self.id,
            "account": self.manifest.account,
            "name": self.manifest.name,
            "status": self.status,
            "expires": None if self.expires is None else self.until,
            "chatbots": self.spec.chatbots,
        }


def key_states(manifests: Iterable[Manifest], now: int) -> Iterator[KeyState]:
    """Every key the manifests hold, also those that are good no more. `now` is in seconds."""
    for manifest in manifests:
        model = manifest.model
        if not isinstance(model, ApiKeyManifest) or not isinstance(model.spec.value, Digest):
            continue
        spec, expires = model.spec, model.spec.expires
        expired = expires is not None and expires <= now
        status = "revoked" if spec.revoked else "expired" if expired else "valid"
        yield KeyState(model.spec.value.id, manifest, spec, status, expires)
        for old in spec.replaced:
            yield KeyState(old.id, manifest, spec, "replaced", old.expires)


def revoked(state: KeyState, now: int) -> Manifest:
    """The manifest, in which this key is good for nothing any more."""
    if state.status != "replaced":
        return with_values(state.manifest, {("spec", "revoked"): True})
    index = [old.id for old in state.spec.replaced].index(state.id)
    until = min(now, state.expires or now)
    path: FieldPath = ("spec", "replaced", index, "expires")
    return with_values(state.manifest, {path: moment(until)})


def rotated(
    state: KeyState, now: int, grace: int, make_key: Callable[[], str]
) -> tuple[Manifest, str]:
    """The manifest with a new key in this one's place, and the new key.

    The old one stays good for `grace` seconds, but never longer than it was. Raises `KeyRefused`.
    """
    if state.status != "valid":
        raise KeyRefused(f"the key {state.id} is {state.status}; only a valid one can be rotated")
    assert isinstance(state.spec.value, Digest)
    until = min(now + grace, state.expires or now + grace)
    key = make_key()
    stored = state.manifest.document.content["spec"]
    old = {"id": state.id, "digest": state.spec.value.digest, "expires": moment(until)}
    values: dict[FieldPath, Any] = {
        ("spec", "value"): {"id": api_key_id(key), "digest": hex_digest(key)},
        ("spec", "replaced"): [*stored.get("replaced", ()), old],
    }
    return with_values(state.manifest, values), key


def moment(seconds: int) -> str:
    """A moment as manifests have it, in UTC."""
    return datetime.datetime.fromtimestamp(seconds, datetime.UTC).isoformat()
