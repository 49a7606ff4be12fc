"""Secrets by name."""

from __future__ import annotations

from typing import Protocol

from switchboard.domain.ids import SecretName


class SecretStore(Protocol):
    def get(self, name: SecretName) -> str:
        """The secret's value. Raises `Misconfigured` if there is none of that name."""
        ...
