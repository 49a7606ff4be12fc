"""Who and what a server knows before the first ticket: users, tokens, groups. Answers "who is
calling?".

Customers may be added while running; nothing is ever removed.
"""

from __future__ import annotations

import base64
import binascii
import hmac
from collections.abc import Iterable
from datetime import datetime

from zammad_simulator.errors import Forbidden, NotAuthenticated, Unprocessable
from zammad_simulator.model import SYSTEM_USER_ID, Group, User
from zammad_simulator.settings import SimulatorSettings


class Directory:
    """Users, groups and access tokens. Callers hold the store's lock when they add users."""

    def __init__(self, settings: SimulatorSettings, now: datetime) -> None:
        self._settings = settings
        bridge_roles = (1, 2, 3) if settings.bridge_is_admin else (2, 3)
        first, last = settings.agent_name
        self.system = User(SYSTEM_USER_ID, "-", "-", "", "", (), now)
        self.agent = User(9, settings.agent_login, first, last, settings.agent_login, (2,), now)
        self.bridge = User(
            17, settings.bridge_login, "Chat", "Bridge", settings.bridge_login, bridge_roles, now
        )
        self.powerless = User(
            18, "visitor@example.org", "Vi", "Sitor", "visitor@example.org", (3,), now
        )
        self.users = {
            user.id: user for user in (self.system, self.agent, self.bridge, self.powerless)
        }
        self.groups = {
            index: Group(index, name, now) for index, name in enumerate(settings.groups, start=5)
        }

    def authenticate(self, header: str | None) -> User:
        """The user behind an `Authorization` header: `Token token=…`, `Bearer …`.

        Raises Forbidden without credentials or when tokens are switched off, NotAuthenticated when
        they are wrong or expired.
        """
        scheme, _, rest = (header or "").strip().partition(" ")
        if scheme.lower() == "basic" and _is_basic(rest):
            raise NotAuthenticated(
                "Invalid BasicAuth credentials", human="Invalid BasicAuth credentials"
            )
        token = _token_in(scheme.lower(), rest.strip())
        if token is None:
            raise Forbidden("Authentication required", human="Authentication required")
        if not self._settings.api_token_access:
            raise Forbidden("API token access disabled!", human="API token access disabled!")
        if _known(token, self._settings.expired_tokens):
            text = "Not authorized (token expired)!"
            raise NotAuthenticated(text, human=text)
        for user, tokens in self._tokens():
            if _known(token, tokens):
                return user
        raise NotAuthenticated("Can't find User for Token", human="Can't find User for Token")

    def _tokens(self) -> Iterable[tuple[User, tuple[str, ...]]]:
        yield self.bridge, (self._settings.bridge_token,)
        yield self.agent, (self._settings.agent_token,)
        yield self.powerless, self._settings.powerless_tokens

    def group_named(self, name: object) -> Group:
        """The group of that name, in any case. Raises Unprocessable."""
        for group in self.groups.values():
            if group.name.lower() == str(name).lower():
                return group
        raise Unprocessable.lookup("group", name)

    def user_named(self, key: str, login: object) -> User:
        """The user with that login or e-mail address, in any case. Raises Unprocessable."""
        wanted = str(login).lower()
        for user in self.users.values():
            if wanted in (user.login.lower(), user.email.lower()):
                return user
        raise Unprocessable.lookup(key, login)

    def guess_customer(self, email: str, now: datetime) -> User:
        """The customer with that address, created when unknown (`customer_id: "guess:…"`)."""
        try:
            return self.user_named("customer", email)
        except Unprocessable:
            user = User(max(self.users) + 1, email.lower(), "", "", email.lower(), (3,), now)
            self.users[user.id] = user
            return user


def _is_basic(rest: str) -> bool:
    try:
        return b":" in base64.b64decode(rest, validate=True)
    except (binascii.Error, ValueError):
        return False


def _token_in(scheme: str, rest: str) -> str | None:
    if scheme == "bearer":
        return rest or None
    if scheme == "token":
        value = rest.removeprefix("token=").strip().strip('"')
        return value or None
    return None


def _known(token: str, candidates: Iterable[str]) -> bool:
    given = token.encode()
    return any(
        hmac.compare_digest(given, candidate.encode()) for candidate in candidates if candidate
    )
