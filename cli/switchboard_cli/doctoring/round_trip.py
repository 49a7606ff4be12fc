"""A ticket as the bridge would make it: written, read back, searched for, and closed again.

Whatever happens on the way, what was created is closed, also when the answer to its creation was
lost. The ticket says in its title what it is and that it may be deleted.
"""

from __future__ import annotations

import base64
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from switchboard.domain.articles import to_html, to_text
from switchboard.domain.ticket import AUTOMATIC_SUBJECT, USER_SUBJECT
from switchboard_cli.doctoring import remedies
from switchboard_cli.doctoring.calls import Answer, NoAnswer, ZammadCalls
from switchboard_cli.doctoring.configuration import Subject
from switchboard_cli.doctoring.desk import ATTRIBUTES
from switchboard_cli.doctoring.findings import Report, quoted
from switchboard_cli.doctoring.read_back import examine_articles

TEXT = 'Test by `switchboard doctor`: <b>1 & 2</b> "three" Grüße 🙂\nA second line.'
FILE_NAME = "switchboard-doctor.txt"
FILE = b"Made by `switchboard doctor`. \x00\xff\r\nMay be deleted.\n"
CLOSING_ATTEMPTS = 2
PAUSE_SECONDS = 0.5


@dataclass(slots=True)
class RoundTrip:
    """One test ticket; `search_seconds` is how long the index may lag behind the writing."""

    calls: ZammadCalls
    subject: Subject
    login: str
    search_seconds: float
    report: Report
    mark: str = ""
    ticket_id: int | None = None

    def run(self) -> Mapping[str, Any] | None:
        """The ticket as it was read back before it was closed, or None."""
        self.mark = base64.b32encode(secrets.token_bytes(5)).decode()
        try:
            if not self._create():
                return None
            if self._write_second():
                self._read_articles()
            self._search()
            return self._read_ticket()
        finally:
            self._close()

    @property
    def _title(self) -> str:
        return f"Test by `switchboard doctor` ({self.mark}), may be deleted"

    def _create(self) -> bool:
        region = self.subject.region
        document = {
            "title": self._title,
            "group": self.subject.access.group,
            "customer": self.login,
            **{attribute.name: attribute.test_value(region) for attribute in ATTRIBUTES},
            "article": self._article("Customer", USER_SUBJECT, TEXT, number=1, internal=False),
        }
        try:
            answer = self.calls.ask("POST", "/tickets", document)
        except NoAnswer as error:
            self.report.missing("ticket-create", str(error))
            self._find_lost()
            return False
        number = answer.document.get("id") if isinstance(answer.document, dict) else None
        self.ticket_id = number if answer.status in (200, 201) and isinstance(number, int) else None
        if self.ticket_id is None:
            self.report.missing("ticket-create", str(answer), self._remedy(answer))
            if answer.status >= 500:
                self._find_lost()
            return False
        self.report.ok("ticket-create", f"ticket {self.ticket_id}, for {quoted(self.login)}")
        return True

    def _remedy(self, answer: Answer) -> list[str]:
        group = self.subject.access.group
        url = self.calls.url
        if self.report.is_missing("group"):
            return ["See group above."]
        if answer.status == 422 and "'group'" in answer.error:
            return remedies.group(url, group)
        if answer.status in (401, 403):
            return remedies.group_access(url, None, group)
        return ["Zammad's log/production.log says more about what it refuses."]

    def _write_second(self) -> bool:
        file = {
            "filename": FILE_NAME,
            "data": base64.b64encode(FILE).decode(),
            "mime-type": "text/plain",
        }
        article = self._article("Agent", AUTOMATIC_SUBJECT, TEXT, number=2, internal=True)
        document = {"ticket_id": self.ticket_id, **article, "attachments": [file]}
        answer = self._ask("article-create", "POST", "/ticket_articles", document)
        if answer is None:
            return False
        self.report.ok("article-create", "an internal one with a file")
        return True

    def _article(
        self, sender: str, subject: str, text: str, *, number: int, internal: bool
    ) -> dict[str, Any]:
        return {
            "body": to_html(text),
            "type": "web",
            "content_type": "text/html",
            "internal": internal,
            "subject": subject,
            "sender": sender,
            "message_id": self._message_id(number),
        }

    def _message_id(self, number: int) -> str:
        return f"<doctor.{self.mark}.{number}@switchboard>"

    def _read_articles(self) -> None:
        path = f"/ticket_articles/by_ticket/{self.ticket_id}"
        answer = self._ask("article-read", "GET", path)
        if answer is None:
            return
        articles = answer.document if isinstance(answer.document, list) else []
        own = [entry for entry in articles if isinstance(entry, dict) and self._is_own(entry)]
        if len(own) != 2:
            text = f"of the 2 articles written, {len(own)} came back"
            self.report.missing("article-read", text)
            return
        self.report.ok("article-read", "both articles came back")
        markers = [self._message_id(number) for number in (1, 2)]
        examine_articles(own, TEXT, markers, self.report)
        self._download(own[1])

    @staticmethod
    def _is_own(article: Mapping[str, Any]) -> bool:
        """Triggers may have written more."""
        return "switchboard doctor" in to_text(str(article.get("body")))

    def _download(self, article: Mapping[str, Any]) -> None:
        files = [f for f in article.get("attachments") or () if isinstance(f, dict)]
        file = next((f for f in files if f.get("filename") == FILE_NAME), None)
        if file is None or str(file.get("size")) != str(len(FILE)):
            text = f"{quoted(file or 'no file')} came back for {FILE_NAME} of {len(FILE)} bytes"
            self.report.missing("attachment-upload", text)
            return
        self.report.ok("attachment-upload", f"{FILE_NAME}, {len(FILE)} bytes")
        path = f"/ticket_attachment/{self.ticket_id}/{article.get('id')}/{file.get('id')}"
        answer = self._ask("attachment-download", "GET", path)
        if answer is None:
            return
        if answer.content == FILE:
            self.report.ok("attachment-download", "the same bytes")
        else:
            text = f"{len(answer.content)} other bytes ({quoted(answer.content_type)}) came back"
            self.report.missing("attachment-download", text)

    def _search(self) -> None:
        started = time.monotonic()
        found = self._found()
        took = time.monotonic() - started
        if found is None:
            text = f"the ticket was not found by its title within {self.search_seconds:g} seconds"
            remedy = [
                "Zammad's search index lags or does not run. On the server:",
                "zammad run rake zammad:searchindex:rebuild",
                "A bridge that cannot search may open a second ticket when an answer was lost.",
            ]
            self.report.missing("search", text, remedy)
        else:
            self.report.ok("search", f"found by its title after {took:.1f} seconds")

    def _found(self) -> int | None:
        """The test ticket's id once the index has it, as the bridge looks for lost tickets."""
        path = f"/tickets/search?query={self.mark}&limit=20&expand=true"
        ends = time.monotonic() + self.search_seconds
        while True:
            for ticket in self._searched(path):
                if self.mark in str(ticket.get("title")) and isinstance(ticket.get("id"), int):
                    return int(ticket["id"])
            left = ends - time.monotonic()
            if left <= 0:
                return None
            time.sleep(min(PAUSE_SECONDS, left))

    def _searched(self, path: str) -> list[Mapping[str, Any]]:
        try:
            answer = self.calls.ask("GET", path)
        except NoAnswer:
            return []
        found = answer.document if answer.status == 200 else None
        return [t for t in found if isinstance(t, dict)] if isinstance(found, list) else []

    def _find_lost(self) -> None:
        """The ticket may be there although no answer said so."""
        self.ticket_id = self._found()
        if self.ticket_id is None:
            text = "no ticket is found, but one may have been created"
            self.report.unknown("ticket-close", text, [f"Look for it: {self._title}"])

    def _read_ticket(self) -> Mapping[str, Any] | None:
        answer = self._ask("ticket-read", "GET", f"/tickets/{self.ticket_id}?expand=true")
        if answer is None or not isinstance(answer.document, dict):
            return None
        self.report.ok("ticket-read", f"in the group {quoted(answer.document.get('group'))}")
        return dict(answer.document)

    def _close(self) -> None:
        """Tries twice, and says which ticket to close by hand if it stays open."""
        if self.ticket_id is None:
            return
        fault = ""
        for attempt in range(CLOSING_ATTEMPTS):
            if attempt:
                time.sleep(PAUSE_SECONDS)
            fault = self._close_once()
            if not fault:
                self.report.ok("ticket-close", f"ticket {self.ticket_id} is closed")
                return
        place = f"{self.calls.url}/#ticket/zoom/{self.ticket_id}"
        remedy = [f"Close or delete it by hand: {place}"]
        self.report.missing("ticket-close", f"ticket {self.ticket_id} is open: {fault}", remedy)

    def _close_once(self) -> str:
        """Why the ticket is not closed; empty if it is."""
        path = f"/tickets/{self.ticket_id}"
        try:
            answer = self.calls.ask("PUT", path, {"state": "closed"})
            if answer.status != 200:
                return str(answer)
            answer = self.calls.ask("GET", f"{path}?expand=true")
        except NoAnswer as error:
            return str(error)
        state = answer.document.get("state") if isinstance(answer.document, dict) else None
        return "" if state == "closed" else f"its state is {quoted(state)}"

    def _ask(self, name: str, method: str, path: str, document: Any = None) -> Answer | None:
        """The answer of a call that succeeded, or None after it was reported under `name`."""
        try:
            answer = self.calls.ask(method, path, document)
        except NoAnswer as error:
            self.report.missing(name, str(error))
            return None
        if answer.status not in (200, 201):
            self.report.missing(name, str(answer), self._remedy(answer))
            return None
        return answer
