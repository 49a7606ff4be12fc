"""What to do about a finding, ready to paste: Zammad's own menu in words, and a call an
administrator's token may make. Secrets stand here as names of variables only.
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping, Sequence
from typing import Any

ADMIN = '"Authorization: Token token=$ZAMMAD_ADMIN_TOKEN"'


def curl(url: str, method: str, path: str, document: Mapping[str, Any] | None = None) -> list[str]:
    """The call as a shell command; `$ZAMMAD_ADMIN_TOKEN` is to be set before."""
    address = shlex.quote(f"{url}/api/v1{path}")
    lines = [f"curl -sS -X {method} {address} \\"]
    if document is None:
        return [*lines, f"  -H {ADMIN}"]
    body = shlex.quote(json.dumps(document, ensure_ascii=False))
    return [*lines, f"  -H {ADMIN} -H 'Content-Type: application/json' \\", f"  -d {body}"]


def manifest(settings: Sequence[str], option: str) -> list[str]:
    """Lines of a Region manifest, and how to apply it; `option` says to which stack."""
    return [
        "In the region's manifest:",
        *(f"  {line}" for line in settings),
        f"switchboard apply {option} -f <your manifests>",
    ]


def region(slug: str, option: str) -> list[str]:
    return [
        "apiVersion: switchboard/v1",
        "kind: Region",
        f"metadata: {{name: {slug}}}",
        "spec:",
        "  defaultLanguage: de",
        "  chatEnabled: true",
        "  zammad:",
        "    url: https://zammad.example.org",
        "    token: {env: ZAMMAD_TOKEN}",
        "    group: integreat-chat",
        "    webhookToken: {env: ZAMMAD_WEBHOOK_TOKEN}",
        "    webhookSecret: {env: ZAMMAD_WEBHOOK_SECRET}",
        f"switchboard apply {option} -f <that file>",
    ]


def new_token() -> list[str]:
    return [
        "Zammad, logged in as the bridge's user: Avatar > Profile > Token Access > Create,",
        "  permission ticket.agent, no expiry date; then",
        "export ZAMMAD_TOKEN=<the token>    # and apply the region's manifest again",
    ]


def token_access() -> list[str]:
    return ["Zammad: Admin > System > API > Token Access: on"]


def group(url: str, name: str) -> list[str]:
    document = {
        "name": name,
        "follow_up_possible": "yes",
        "follow_up_assignment": True,
        "active": True,
    }
    return [
        f"Zammad: Admin > Manage > Groups > New Group: name {name}, Follow-up possible: yes",
        *curl(url, "POST", "/groups", document),
    ]


def changed_group(url: str, group_id: object, change: Mapping[str, Any]) -> list[str]:
    return [
        "Zammad: Admin > Manage > Groups > the group: Follow-up possible: yes, Active: active",
        *curl(url, "PUT", f"/groups/{group_id}", change),
    ]


def roles(url: str, user_id: object, role_ids: Sequence[int]) -> list[str]:
    return [
        "Zammad: Admin > Manage > Users > the bridge's user: roles Agent and Customer",
        *curl(url, "PUT", f"/users/{user_id}", {"role_ids": list(role_ids)}),
    ]


def group_access(
    url: str, user_id: object, name: str, group_ids: Mapping[str, Any] | None = None
) -> list[str]:
    """`group_ids`: every access the user is to have, because Zammad takes away what is left out."""
    words = f"Zammad: Admin > Manage > Users > the bridge's user: group {name}, access full"
    if group_ids is None:
        return [words]
    return [words, *curl(url, "PUT", f"/users/{user_id}", {"group_ids": dict(group_ids)})]


def attribute(url: str, name: str, kind: str, default: bool | None) -> list[str]:
    """`kind` is `boolean` or `text`. Zammad's database still has to be updated afterwards."""
    option: dict[str, Any] = {"default": "", "type": "text", "maxlength": 120, "null": True}
    if kind == "boolean":
        option = {"options": {"true": "yes", "false": "no"}, "default": default, "null": True}
    document = {
        "object": "Ticket",
        "name": name,
        "display": name.replace("_", " ").capitalize(),
        "active": True,
        "data_type": "boolean" if kind == "boolean" else "input",
        "data_option": option,
        "screens": {"edit": {"ticket.agent": {"shown": True, "required": False}}},
    }
    is_default = "" if default is None else f", default {str(default).lower()}"
    return [
        f"Zammad: Admin > System > Objects > Ticket > New Attribute: {name}, {kind}{is_default}",
        *curl(url, "POST", "/object_manager_attributes", document),
    ]


def changed_attribute(name: str, kind: str) -> list[str]:
    """Of one that is there but does not do; Zammad cannot change its type."""
    return [
        f"Zammad: Admin > System > Objects > Ticket > {name}: {kind}, active; one of another type",
        "  is to be deleted and made anew. No core workflow and no trigger may set it.",
    ]


def update_database(url: str) -> list[str]:
    return [
        "and then, once: Admin > System > Objects > Update database",
        *curl(url, "POST", "/object_manager_attributes_execute_migrations"),
    ]
