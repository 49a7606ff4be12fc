"""The read-only lists of the API: users, groups, roles, states, priorities, object attributes.

These are what a set-up check asks for. Nothing here can be changed over REST.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

from flask import Response, g, jsonify, request

from zammad_simulator.casting import cast_id
from zammad_simulator.errors import Forbidden, NotFound
from zammad_simulator.model import PRIORITIES, ROLE_NAMES, STATES, Group, User
from zammad_simulator.paging import page_of
from zammad_simulator.render import Json, group_json, user_json
from zammad_simulator.store import Store

Route = tuple[str, str, Callable[..., Response]]


class Catalogue:
    """Views over what a server is set up with."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def routes(self) -> list[Route]:
        """Method, rule and view of every list."""
        return [
            ("GET", "/users/me", self.me),
            ("GET", "/users", self.users),
            ("GET", "/users/search", self.find_users),
            ("GET", "/users/<user_id>", self.user),
            ("GET", "/groups", self.groups),
            ("GET", "/groups/<group_id>", self.group),
            ("GET", "/roles", self.roles),
            ("GET", "/ticket_states", self.states),
            ("GET", "/ticket_states/<state_id>", self.state),
            ("GET", "/ticket_priorities", self.priorities),
            ("GET", "/object_manager_attributes", self.object_attributes),
        ]

    def me(self) -> Response:
        """The caller."""
        return jsonify(self._user_json(cast(User, g.user)))

    def users(self) -> Response:
        """All users, oldest first."""
        with self._store.lock:
            return jsonify(
                page_of([self._user_json(user) for user in self._users()], default=100, most=500)
            )

    def find_users(self) -> Response:
        """Users whose login, e-mail address or name contains the query."""
        wanted = request.args.get("query", "").strip("*").lower()
        with self._store.lock:
            found = [
                user
                for user in self._users()
                if wanted in f"{user.login} {user.email} {user.name}".lower()
            ]
            return jsonify(page_of([self._user_json(user) for user in found], default=50, most=200))

    def user(self, user_id: str) -> Response:
        """One user."""
        with self._store.lock:
            found = self._store.directory.users.get(cast_id(user_id) or 0)
        if found is None:
            raise NotFound.record("User", user_id)
        return jsonify(self._user_json(found))

    def groups(self) -> Response:
        """All groups."""
        return jsonify(
            page_of([group_json(group) for group in self._groups().values()], default=500, most=500)
        )

    def group(self, group_id: str) -> Response:
        """One group."""
        found = self._groups().get(cast_id(group_id) or 0)
        if found is None:
            raise NotFound.record("Group", group_id)
        return jsonify(group_json(found))

    def roles(self) -> Response:
        """The roles Admin, Agent, Customer."""
        return jsonify(page_of(_named(ROLE_NAMES), default=500, most=500))

    def states(self) -> Response:
        """The ticket states."""
        return jsonify(page_of(_named(STATES), default=500, most=500))

    def state(self, state_id: str) -> Response:
        """One ticket state."""
        for entry in _named(STATES):
            if entry["id"] == cast_id(state_id):
                return jsonify(entry)
        raise NotFound.record("Ticket::State", state_id)

    def priorities(self) -> Response:
        """The ticket priorities."""
        return jsonify(page_of(_named(PRIORITIES), default=500, most=500))

    def object_attributes(self) -> Response:
        """Ticket attributes, Zammad's own and the operator's. Refused (403) when the caller is no
        administrator.
        """
        if not cast(User, g.user).is_admin:
            raise Forbidden("Not authorized", human="Not authorized")
        own = [
            ("title", "input", None),
            ("group_id", "tree_select", None),
            ("state_id", "select", None),
        ]
        custom = [
            (entry.name, "boolean" if entry.kind == "boolean" else "input", entry.default)
            for entry in self._store.settings.custom_attributes
        ]
        listed: list[Json] = []
        for number, (name, data_type, default) in enumerate([*own, *custom], start=1):
            entry: Json = {
                "id": number,
                "name": name,
                "object": "Ticket",
                "display": name.replace("_", " ").capitalize(),
            }
            entry |= {"data_type": data_type, "data_option": {"default": default}, "active": True}
            listed.append(
                entry | {"editable": number > len(own), "to_create": False, "to_migrate": False}
            )
        return jsonify(listed)

    def _users(self) -> list[User]:
        return list(self._store.directory.users.values())

    def _groups(self) -> dict[int, Group]:
        return self._store.directory.groups

    def _user_json(self, user: User) -> Json:
        return user_json(user, list(self._store.directory.groups))


def _named(names: dict[int, str]) -> list[Json]:
    return [{"id": number, "name": name, "active": True} for number, name in names.items()]
