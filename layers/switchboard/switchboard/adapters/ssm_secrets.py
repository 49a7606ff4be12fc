"""Secrets from SSM Parameter Store, decrypted, kept for five minutes in memory.

A secret's value is never part of an error or of a log line; its name is.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from switchboard.domain.errors import Misconfigured
from switchboard.domain.ids import SecretName
from switchboard.ports.clock import Clock

KEPT_MS = 300_000


class SsmSecrets:
    """`SecretStore` on the parameters under `prefix`, which is the stack's own path.

    A name may end in `:<version>`; `switchboard apply` writes such names, so that a changed secret
    is used as soon as the record that names it. `make_client` is called once, for the first secret
    that is asked for: most requests need none.
    """

    def __init__(self, make_client: Callable[[], Any], prefix: str, clock: Clock) -> None:
        self._make_client = make_client
        self._prefix = prefix.rstrip("/") + "/"
        self._clock = clock
        self._client: Any = None
        self._values: dict[SecretName, tuple[int, str]] = {}

    def get(self, name: SecretName) -> str:
        until, value = self._values.get(name, (0, ""))
        if self._clock.now() < until:
            return value
        value = self._read(name)
        self._values[name] = (self._clock.now() + KEPT_MS, value)
        return value

    def _read(self, name: SecretName) -> str:
        if self._client is None:
            self._client = self._make_client()
        try:
            answer = self._client.get_parameter(Name=self._prefix + name, WithDecryption=True)
        except (
            self._client.exceptions.ParameterNotFound,
            self._client.exceptions.ParameterVersionNotFound,
        ):
            raise Misconfigured(f"There is no secret named {name!r}.") from None
        return str(answer["Parameter"]["Value"])
