"""What an administrator set up for tickets: the group, and their custom attributes.

A token with `ticket.agent` may list neither; then the round trip has to tell.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from switchboard.domain.directory import Region
from switchboard_cli.doctoring import remedies
from switchboard_cli.doctoring.calls import NoAnswer, ZammadCalls
from switchboard_cli.doctoring.findings import Report, quoted


@dataclass(frozen=True, slots=True)
class Attribute:
    """A ticket attribute of contracts/zammad.md; one without a default is a text."""

    name: str
    default: bool | None = None

    @property
    def kind(self) -> str:
        return "text" if self.default is None else "boolean"

    def test_value(self, region: Region) -> bool | str:
        """Never the default, so that it comes back only if it was stored."""
        if self.default is not None:
            return not self.default
        return region.slug if self.name == "region_slug" else region.default_language

    def fits(self, data_type: object) -> bool:
        """Whether a type of Zammad's object manager can hold it."""
        types = ("boolean",) if self.kind == "boolean" else ("input", "select", "tree_select")
        return data_type in types


ATTRIBUTES = (
    Attribute("automatic_answers", True),
    Attribute("evaluation_consent", False),
    Attribute("initial_response_sent", False),
    Attribute("region_slug"),
    Attribute("language_slug"),
)


def examine_group(calls: ZammadCalls, name: str, report: Report) -> int | None:
    """The group's id, or None if there is none or groups may not be listed."""
    groups = _listed(calls, "/groups")
    shown = quoted(name)
    if groups is None:
        text = "the token may not list groups; the round trip decides"
        report.unknown("group", text)
        report.unknown("group-follow-up", f"of {shown}: see Zammad: Admin > Manage > Groups")
        return None
    found = next((g for g in groups if str(g.get("name")).lower() == name.lower()), None)
    if found is None:
        others = quoted(", ".join(str(group.get("name")) for group in groups))
        remedy = remedies.group(calls.url, name)
        report.missing("group", f"there is no group {shown}; there are: {others}", remedy)
        return None
    if found.get("active") is False:
        remedy = remedies.changed_group(calls.url, found.get("id"), {"active": True})
        report.missing("group", f"{shown} is not active", remedy)
    else:
        report.ok("group", shown)
    if found.get("follow_up_possible") in ("yes", None):
        report.ok("group-follow-up", "possible")
    else:
        change = {"follow_up_possible": "yes"}
        remedy = remedies.changed_group(calls.url, found.get("id"), change)
        text = f"{quoted(found['follow_up_possible'])}: a later message could not join its ticket"
        report.missing("group-follow-up", text, remedy)
    number = found.get("id")
    return number if isinstance(number, int) else None


def listed_attributes(calls: ZammadCalls) -> Mapping[str, Mapping[str, Any]] | None:
    """Ticket attributes by name as the object manager lists them; None if it may not be asked."""
    listed = _listed(calls, "/object_manager_attributes")
    if listed is None:
        return None
    return {str(entry.get("name")): entry for entry in listed if entry.get("object") == "Ticket"}


def examine_attributes(
    url: str,
    region: Region,
    listed: Mapping[str, Mapping[str, Any]] | None,
    ticket: Mapping[str, Any] | None,
    report: Report,
) -> None:
    """What came back in the round trip's ticket counts more than what the object manager lists."""
    lacking: list[tuple[Attribute, str]] = []
    for attribute in ATTRIBUTES:
        fault = None
        if listed is not None:
            fault = _fault_of_entry(attribute, listed.get(attribute.name))
        if ticket is not None:
            fault = fault or _fault_of_value(attribute, region, ticket)
        if fault:
            lacking.append((attribute, fault))
        elif listed is None and ticket is None:
            text = "the token may not list attributes, and there is no test ticket to look at"
            report.unknown(f"attribute-{attribute.name}", text)
        else:
            report.ok(f"attribute-{attribute.name}", attribute.kind)
    for number, (attribute, fault) in enumerate(lacking, start=1):
        if attribute.name in {*(listed or ()), *(ticket or ())}:
            remedy = remedies.changed_attribute(attribute.name, attribute.kind)
        else:
            remedy = remedies.attribute(url, attribute.name, attribute.kind, attribute.default)
        if number == len(lacking):
            remedy += remedies.update_database(url)
        report.missing(f"attribute-{attribute.name}", fault, remedy)


def _fault_of_entry(attribute: Attribute, entry: Mapping[str, Any] | None) -> str | None:
    if entry is None:
        return "tickets have no such attribute"
    if not attribute.fits(entry.get("data_type")):
        return f"it is of type {quoted(entry.get('data_type'))}, not {attribute.kind}"
    if entry.get("active") is False:
        return "it is not active"
    if entry.get("to_create") is True:
        return "it waits for the database to be updated"
    return None


def _fault_of_value(attribute: Attribute, region: Region, ticket: Mapping[str, Any]) -> str | None:
    """Zammad ignores what it does not know, without a word."""
    if attribute.name not in ticket:
        return "what was written did not come back: tickets have no such attribute"
    written, read = attribute.test_value(region), ticket[attribute.name]
    told = f"{quoted(written)} was written, {quoted(read)} came back"
    if type(read) is not type(written):
        return f"{told}: it is not {attribute.kind}"
    return None if read == written else f"{told}: something in Zammad sets it"


def _listed(calls: ZammadCalls, path: str) -> list[Mapping[str, Any]] | None:
    try:
        answer = calls.ask("GET", path)
    except NoAnswer:
        return None
    document = answer.document
    if answer.status != 200 or not isinstance(document, list):
        return None
    return [entry for entry in document if isinstance(entry, dict)]
