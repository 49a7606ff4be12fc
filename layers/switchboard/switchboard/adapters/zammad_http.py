"""Zammad's REST API (contracts/zammad.md).

Redirects are never followed: Zammad answers plain http with one, and the token would go along.
Answers are parsed defensively, because a proxy answers with HTML where Zammad would with JSON.
"""

from __future__ import annotations

import math
import re
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from switchboard.adapters.outgoing import ANSWER_BYTES, HttpAnswer, NotReached, TooLate, send
from switchboard.adapters.zammad_documents import article_document, article_in, integer
from switchboard.domain.directory import Region
from switchboard.domain.errors import (
    AppError,
    AttachmentNotFound,
    ChatDisabled,
    HelpDeskRefused,
    HelpDeskUnavailable,
    Misconfigured,
    TicketGone,
)
from switchboard.domain.ids import ArticleId, TicketId
from switchboard.domain.ticket import (
    Article,
    ArticleDraft,
    Ticket,
    TicketDraft,
)
from switchboard.ports.secrets import SecretStore

_TOKEN = re.compile(r"[!-~]+", re.ASCII)
CALL_SECONDS = 8
"""Less than a delivery reserves for a call."""
LEAST_SECONDS = 0.5
"""No call begins with less."""

DOWNLOAD_SECONDS = 12
DOWNLOAD_BYTES = 64 * 1024 * 1024
"""Of one attachment: more than Zammad's own page lets an adviser attach by default."""


class HttpZammadConnector:
    """The bridge's own logins are asked for once and remembered.

    `call_seconds` is what one call may take, and `begin` says what all of them may.
    """

    def __init__(self, secrets: SecretStore, call_seconds: float = CALL_SECONDS) -> None:
        self._secrets = secrets
        self._call_seconds = call_seconds
        self._logins: dict[tuple[str, str], str] = {}
        self._until = math.inf

    def begin(self, seconds: float) -> None:
        """All calls until the next `begin` end within so many seconds from now; late ones fail."""
        self._until = time.monotonic() + seconds

    def seconds_left(self) -> float:
        """What is left of that."""
        return self._until - time.monotonic()

    def for_region(self, region: Region) -> HttpZammad:
        if region.zammad is None or region.zammad.token is None:
            raise ChatDisabled
        try:
            token = self._secrets.get(region.zammad.token)
        except Misconfigured as error:
            raise HelpDeskRefused(reason=error.data["reason"]) from None
        if not _TOKEN.fullmatch(token):
            raise HelpDeskRefused(reason="The access token cannot be one.")
        return HttpZammad(
            region.zammad.url, token, self._logins, self._call_seconds, self.seconds_left
        )


class HttpZammad:
    def __init__(
        self,
        url: str,
        token: str,
        logins: dict[tuple[str, str], str],
        call_seconds: float,
        seconds_left: Callable[[], float],
    ) -> None:
        self._call_seconds = call_seconds
        self._seconds_left = seconds_left
        self._url = url
        self._token = token
        self._logins = logins

    def create_ticket(self, ticket: TicketDraft, article: ArticleDraft) -> TicketId:
        answer = self._call(
            "POST",
            "/tickets",
            {
                "title": ticket.title,
                "group": ticket.group,
                "customer": self._login(),
                "region_slug": ticket.region,
                "language_slug": ticket.language,
                "automatic_answers": ticket.automatic_answers,
                "evaluation_consent": ticket.evaluation_consent,
                "article": article_document(article),
            },
        )
        return TicketId(integer(answer, "id"))

    def create_article(self, ticket_id: TicketId, article: ArticleDraft) -> Article:
        document = {"ticket_id": ticket_id, **article_document(article)}
        return article_in(self._call("POST", "/ticket_articles", document))

    def articles(self, ticket_id: TicketId) -> Sequence[Article]:
        answer = self._call("GET", f"/ticket_articles/by_ticket/{ticket_id}")
        if not isinstance(answer, list):
            raise HelpDeskUnavailable("The chat server's answer is not a list of articles.")
        return [article_in(document) for document in answer]

    def find_tickets(self, pseudonym: str) -> Sequence[TicketId]:
        answer = self._call("GET", f"/tickets/search?query={pseudonym}&limit=20&expand=true")
        if not isinstance(answer, list):
            raise HelpDeskUnavailable("The chat server's answer is not a list of tickets.")
        found = [t for t in answer if isinstance(t, dict) and pseudonym in str(t.get("title"))]
        return sorted((TicketId(integer(t, "id")) for t in found), reverse=True)

    def update_ticket(self, ticket_id: TicketId, changes: Mapping[str, object]) -> None:
        self._call("PUT", f"/tickets/{ticket_id}", dict(changes))

    def close_ticket(self, ticket_id: TicketId) -> None:
        self.update_ticket(ticket_id, {"state": "closed"})

    def delete_ticket(self, ticket_id: TicketId) -> None:
        answer = self._send("DELETE", f"/tickets/{ticket_id}")
        if answer.status not in (200, 202, 204):
            raise _failure(answer)

    def download(self, ticket_id: TicketId, article_id: ArticleId, attachment_id: int) -> bytes:
        path = f"/ticket_attachment/{ticket_id}/{article_id}/{attachment_id}"
        answer = self._send("GET", path, seconds=DOWNLOAD_SECONDS, most_bytes=DOWNLOAD_BYTES)
        if answer.status == 404:
            raise AttachmentNotFound
        if answer.status != 200:
            raise _failure(answer)
        return answer.body

    def ticket(self, ticket_id: TicketId) -> Ticket:
        answer = self._call("GET", f"/tickets/{ticket_id}?expand=true")
        if not isinstance(answer, dict):
            raise HelpDeskUnavailable("The chat server's answer is not a ticket.")
        ids = answer.get("article_ids")
        known = None
        if isinstance(ids, list) and all(isinstance(i, int) for i in ids):
            known = frozenset(map(ArticleId, ids))
        automatic_answers = answer.get("automatic_answers")
        return Ticket(
            automatic_answers=automatic_answers if isinstance(automatic_answers, bool) else None,
            state=str(answer.get("state") or ""),
            article_ids=known,
        )

    def _login(self) -> str:
        """The bridge's own user, which tickets are created for."""
        known = (self._url, self._token)
        if known not in self._logins:
            answer = self._call("GET", "/users/me")
            login = answer.get("login") if isinstance(answer, dict) else None
            if not isinstance(login, str) or not login:
                raise HelpDeskUnavailable(
                    "The chat server does not say who we are.", maybe_done=False
                )
            self._logins[known] = login
        return self._logins[known]

    def _call(self, method: str, path: str, document: Any = None) -> Any:
        """The answer's JSON. Raises what the port promises, and nothing else."""
        answer = self._send(method, path, document)
        if answer.status not in (200, 201):
            raise _failure(answer)
        parsed = answer.document
        if parsed is None:
            raise HelpDeskUnavailable(
                "The chat server's answer is not JSON.", maybe_done=method != "GET"
            )
        return parsed

    def _send(
        self,
        method: str,
        path: str,
        document: Any = None,
        *,
        seconds: float | None = None,
        most_bytes: int = ANSWER_BYTES,
    ) -> HttpAnswer:
        headers = {"Authorization": f"Token token={self._token}"}
        allowed = min(seconds or self._call_seconds, self._seconds_left())
        if allowed < LEAST_SECONDS:
            raise HelpDeskUnavailable("There was no time left for the call.", maybe_done=False)
        try:
            url = f"{self._url}/api/v1{path}"
            return send(
                method,
                url,
                document,
                headers,
                seconds=allowed,
                most_bytes=most_bytes,
            )
        except NotReached as error:
            maybe_done = error.maybe_sent and method != "GET"
            raise HelpDeskUnavailable(maybe_done=maybe_done) from None
        except TooLate:
            raise HelpDeskUnavailable(maybe_done=method != "GET") from None


def _failure(answer: HttpAnswer) -> AppError:
    """A ticket is gone only if Zammad itself says so; a proxy's 404 says nothing about it.

    Maintenance passes, although Zammad tells of it by the status of a refusal.
    """
    status = answer.status
    document = answer.document if isinstance(answer.document, dict) else {}
    error = str(document.get("error"))
    if status == 404 and error.startswith("Couldn't find Ticket"):
        return TicketGone()
    if status == 404 or (status == 403 and error.startswith("Maintenance mode")):
        return HelpDeskUnavailable(maybe_done=False, status=status)
    if status == 429 or status >= 500:
        return HelpDeskUnavailable(maybe_done=status != 429, status=status)
    return HelpDeskRefused(status=status)
