"""The full-text index behind /tickets/search: a copy of each ticket that becomes visible some time
after the write.

Understands the part of the query language people use: words, "phrases", field:value, wildcards,
AND, OR, NOT.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from fnmatch import fnmatchcase

from zammad_simulator.model import Ticket
from zammad_simulator.render import expanded_ticket_json

_WORD = re.compile(
    r"(?P<no>-|!)?(?:(?P<field>[\w.]+):)?(?:\"(?P<phrase>(?:[^\"\\]|\\.)*)\"|(?P<word>[^\s\"()]+))"
)

Document = dict[str, str]


class SearchIndex:
    """Snapshots of tickets by id, each with the time searches see it from. The caller locks."""

    def __init__(self, lag: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._lag = lag
        self._clock = clock
        self._versions: dict[int, list[tuple[float, Document]]] = {}

    def clear(self) -> None:
        """Forget everything."""
        self._versions.clear()

    def put(self, ticket: Ticket) -> None:
        """Index the ticket as it is now, visible after the lag."""
        now = self._clock()
        versions = self._versions.setdefault(ticket.id, [])
        visible = [version for version in versions if version[0] <= now]
        versions[:] = visible[-1:] + [version for version in versions if version[0] > now]
        versions.append((now + self._lag, _document(ticket)))

    def find(self, query: str) -> list[int]:
        """Ids of the tickets that match, newest first, as far as the index has caught up."""
        now, found = self._clock(), []
        for ticket_id, versions in self._versions.items():
            visible = [document for since, document in versions if since <= now]
            if visible and _matches(query, visible[-1]):
                found.append(ticket_id)
        return sorted(found, reverse=True)


def _document(ticket: Ticket) -> Document:
    record = {
        key: str(value).lower()
        for key, value in expanded_ticket_json(ticket).items()
        if value is not None
    }
    record |= {
        "state.name": record["state"],
        "group.name": record["group"],
        "customer.login": record["customer"],
    }
    for key in ("body", "subject", "message_id"):
        values = (getattr(article, key) or "" for article in ticket.articles)
        record[f"article.{key}"] = "\n".join(values).lower()
    return record


def _matches(query: str, document: Document) -> bool:
    alternatives = re.split(r"\s+OR\s+|\s*\|\|\s*", query.strip())
    return any(_all_match(alternative, document) for alternative in alternatives)


def _all_match(query: str, document: Document) -> bool:
    negate = False
    for match in _WORD.finditer(query):
        if match.group() in ("AND", "&&"):
            continue
        if match.group() == "NOT":
            negate = True
            continue
        hit = _term(match, document)
        if hit == (negate or bool(match["no"])):
            return False
        negate = False
    return True


def _term(match: re.Match[str], document: Document) -> bool:
    phrase, field = match["phrase"], match["field"]
    wanted = (phrase if phrase is not None else match["word"]).replace("\\", "").lower()
    if field:
        text = document.get(field)
        return text is not None and _contains(text, wanted, whole=phrase is None)
    texts = (
        text
        for key, text in document.items()
        if key in ("title", "number", "customer") or "article." in key
    )
    return wanted == "*" or any(_contains(text, wanted, whole=True) for text in texts)


def _contains(text: str, wanted: str, *, whole: bool) -> bool:
    if wanted == text or wanted == "*":
        return True
    if not whole:
        return wanted in text
    if "*" in wanted or "?" in wanted:
        return any(
            fnmatchcase(word, wanted) for word in re.findall(r"[^\s\[\]()<>,;]+", text)
        ) or fnmatchcase(text, wanted)
    return re.search(rf"(?<!\w){re.escape(wanted)}(?!\w)", text) is not None
