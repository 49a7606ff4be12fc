"""Does the server answer as a Zammad, to this token, for a user fit to be the bridge's own?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from switchboard_cli.doctoring import remedies
from switchboard_cli.doctoring.calls import Answer, NoAnswer, NotTrusted, ZammadCalls
from switchboard_cli.doctoring.findings import Report, quoted

ROLES = {1: "Admin", 2: "Agent", 3: "Customer"}
"""As Zammad is delivered."""
NEEDED_ROLES = (2, 3)

User = Mapping[str, Any]


def examine_bridge(calls: ZammadCalls, option: str, report: Report) -> User | None:
    """The bridge's own user as `/users/me` shows it, or None if nothing more can be asked."""
    answer = _reached(calls, option, report)
    if answer is None:
        return None
    user = _known(answer, report)
    if user is None or not _has_right(calls, report):
        return None
    _examine_user(calls.url, user, report)
    return user


def _reached(calls: ZammadCalls, option: str, report: Report) -> Answer | None:
    """The first answer, if it comes from a Zammad that is up."""
    is_plain = urlsplit(calls.url).scheme == "http"
    look = [f"Try: curl -sS -i {calls.url}/api/v1/users/me"]
    try:
        answer = calls.ask("GET", "/users/me?expand=true")
    except NotTrusted as error:
        remedy = [
            "Its certificate has to be valid for this host name and complete with",
            "the chain up to a public authority (not self-signed, not expired).",
            *look,
        ]
        report.missing("tls", str(error), remedy)
        return None
    except NoAnswer as error:
        report.missing("server", str(error), look)
        return None
    report.ok("tls", "not needed on a loopback address" if is_plain else "the certificate is valid")
    if answer.is_redirect:
        target = quoted(answer.location.partition("?")[0]).partition("/api/v1")[0]
        lines = ("spec:", "  zammad:", f"    url: {target or '<the address without redirect>'}")
        text = f"{answer.status}: it redirects to {target or 'nowhere'}, which is never followed"
        report.missing("server", text, remedies.manifest(lines, option))
        return None
    if answer.status == 403 and "maintenance" in answer.error.lower():
        remedy = ["Zammad: Admin > System > Maintenance > Maintenance Mode: off"]
        report.missing("server", str(answer), remedy)
        return None
    if not isinstance(answer.document, dict) or answer.status not in (200, 401, 403):
        report.missing("server", str(answer), [*look, "Is the address that of the Zammad itself?"])
        return None
    report.ok("server", "it answers itself, in JSON")
    return answer


def _known(answer: Answer, report: Report) -> User | None:
    """The user the token belongs to."""
    if answer.status == 200 and answer.document.get("login"):
        report.ok("token", f"it belongs to {quoted(answer.document['login'])}")
        return dict(answer.document)
    remedy = remedies.new_token()
    if "token access disabled" in answer.error.lower():
        remedy = remedies.token_access()
    elif answer.error == "Authentication required":
        remedy = [
            "The token did not arrive: a proxy before Zammad takes off the header",
            "Authorization. Let it pass on that header.",
        ]
    report.missing("token", str(answer), remedy)
    return None


def _has_right(calls: ZammadCalls, report: Report) -> bool:
    """Whether the token has `ticket.agent`: without, the search for tickets is refused."""
    try:
        answer = calls.ask("GET", "/tickets/search?query=doctor&limit=1&expand=true")
    except NoAnswer as error:
        report.unknown("token-right", str(error))
        return True
    if answer.status == 200:
        report.ok("token-right", "it may work on tickets")
        return True
    if answer.status in (401, 403):
        text = f"the token or its user lacks the permission ticket.agent ({answer})"
        remedy = ["The user needs the role Agent, the token the permission ticket.agent."]
        report.missing("token-right", text, [*remedy, *remedies.new_token()])
        return False
    report.unknown("token-right", str(answer))
    return True


def _examine_user(url: str, user: User, report: Report) -> None:
    login = quoted(user["login"])
    if user.get("active") is False:
        remedy = [f"Zammad: Admin > Manage > Users > {login}: Active: active"]
        report.missing("bridge-user", f"{login} is not active", remedy)
    else:
        report.ok("bridge-user", f"{login} is active")
    role_ids = {number for number in user.get("role_ids") or () if isinstance(number, int)}
    named = user.get("roles")
    known = {ROLES.get(number, str(number)) for number in role_ids}
    names = {str(name) for name in named} if isinstance(named, list) else known
    lacking = [ROLES[number] for number in NEEDED_ROLES if ROLES[number] not in names]
    if lacking:
        remedy = remedies.roles(url, user.get("id"), sorted(role_ids | {*NEEDED_ROLES}))
        has = quoted(", ".join(sorted(names)) or "no role")
        text = f"{login} has {has}, not {' and '.join(lacking)}"
        report.missing("bridge-roles", text, remedy)
        return
    more = "; Admin, too, which the bridge does not need" if "Admin" in names else ""
    report.ok("bridge-roles", f"Agent and Customer{more}")


def examine_access(
    url: str,
    user: User,
    group: str,
    ticket: Mapping[str, Any] | None,
    group_id: int | None,
    report: Report,
) -> None:
    """Full access to the group: what the user has of its own, else what the round trip has shown.

    `ticket` is the round trip's as it was read back; `group_id` is known if groups may be listed.
    """
    if ticket is not None and isinstance(ticket.get("group_id"), int):
        group_id = ticket["group_id"]
    name = quoted(group)
    by_name, by_id = user.get("groups"), user.get("group_ids")
    by_id = by_id if isinstance(by_id, dict) else {}
    access = by_name.get(group) if isinstance(by_name, dict) else by_id.get(str(group_id))
    if isinstance(access, list) and "full" in access:
        report.ok("group-access", f"full access to {name}")
        return
    wanted = None if group_id is None else {**by_id, str(group_id): ["full"]}
    remedy = remedies.group_access(url, user.get("id"), name, wanted)
    if access:
        report.missing("group-access", f"{quoted(access)} to {name}, not full", remedy)
    elif ticket is not None:
        text = f"not of the user's own, perhaps by a role: the round trip got into {name}"
        report.unknown("group-access", text, remedy)
    elif group_id is None:
        report.unknown("group-access", f"the number of {name} is not known", remedy)
    else:
        report.missing("group-access", f"no access to {name}", remedy)
