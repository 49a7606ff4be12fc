"""Secrets in memory."""

from __future__ import annotations

from collections.abc import Mapping

from switchboard.domain.errors import Misconfigured
from switchboard.domain.ids import SecretName


class InMemorySecrets:
    """`SecretStore` over the values it was given."""

    def __init__(self, values: Mapping[str, str] | None = None) -> None:
        self.values = dict(values or {})

    def get(self, name: SecretName) -> str:
        if name not in self.values:
            raise Misconfigured(f"There is no secret named {name!r}.")
        return self.values[name]
