"""From the parameters of POST and PUT /tickets to the fields they set.

Looks names up and casts values; unknown keys are ignored silently. Stores nothing itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from zammad_simulator.casting import cast_boolean, cast_id, cast_string
from zammad_simulator.directory import Directory
from zammad_simulator.errors import Unprocessable
from zammad_simulator.model import PRIORITIES, STATES, Group, Ticket, User
from zammad_simulator.settings import TicketAttribute

Params = Mapping[str, object]
Value = TypeVar("Value")
_CLOSED = 4


@dataclass(frozen=True)
class TicketChanges:
    """The fields and custom attributes a request sets."""

    title: str | None
    state_id: int | None
    priority_id: int | None
    group: Group | None
    customer: User | None
    owner: User | None
    attributes: dict[str, object]

    def apply(self, ticket: Ticket, now: datetime) -> bool:
        """Set what was given; says whether anything is different now."""
        if self.state_id == _CLOSED != ticket.state_id:
            ticket.close_at = now
        changed = False
        for name in ("title", "state_id", "priority_id", "group", "customer", "owner"):
            value = getattr(self, name)
            if value is not None and value != getattr(ticket, name):
                setattr(ticket, name, value)
                changed = True
        attributes = ticket.attributes | self.attributes
        changed = changed or attributes != ticket.attributes
        ticket.attributes = attributes
        return changed


def read_changes(
    params: Params, directory: Directory, custom: tuple[TicketAttribute, ...], now: datetime
) -> TicketChanges:
    """Read the keys of a ticket. Raises Unprocessable for a name or id the server does not know."""
    attributes: dict[str, object] = {}
    for attribute in custom:
        if attribute.name in params:
            cast = cast_boolean if attribute.kind == "boolean" else cast_string
            attributes[attribute.name] = cast(params[attribute.name])
    return TicketChanges(
        title=cast_string(params.get("title")) or None,
        state_id=_named_id(params, "state", STATES),
        priority_id=_named_id(params, "priority", PRIORITIES),
        group=_group(params, directory),
        customer=_customer(params, directory, now),
        owner=_person(params, "owner", directory),
        attributes=attributes,
    )


def required(value: Value | None, key: str) -> Value:
    """The value. Raises Unprocessable when it was not given."""
    if value is None:
        raise Unprocessable(f"The required value '{key}' is missing.")
    return value


def _group(params: Params, directory: Directory) -> Group | None:
    if params.get("group"):
        return directory.group_named(params["group"])
    if not params.get("group_id"):
        return None
    group = directory.groups.get(cast_id(params["group_id"]) or 0)
    if group is None:
        raise Unprocessable.lookup("group_id", params["group_id"])
    return group


def _customer(params: Params, directory: Directory, now: datetime) -> User | None:
    given = str(params.get("customer_id") or params.get("customer") or "")
    if given.startswith("guess:"):
        return directory.guess_customer(given.removeprefix("guess:"), now)
    return _person(params, "customer", directory)


def _person(params: Params, key: str, directory: Directory) -> User | None:
    if params.get(key):
        return directory.user_named(key, params[key])
    if not params.get(f"{key}_id"):
        return None
    user = directory.users.get(cast_id(params[f"{key}_id"]) or 0)
    if user is None:
        raise Unprocessable.lookup(f"{key}_id", params[f"{key}_id"])
    return user


def _named_id(params: Params, key: str, names: Mapping[int, str]) -> int | None:
    """The id behind `state`/`state_id` and the like, None when neither is given."""
    if params.get(key) is not None:
        for number, name in names.items():
            if name == params[key]:
                return number
        raise Unprocessable.lookup(key, params[key])
    if params.get(f"{key}_id") is None:
        return None
    number = cast_id(params[f"{key}_id"]) or 0
    if number not in names:
        raise Unprocessable.lookup(f"{key}_id", params[f"{key}_id"])
    return number
