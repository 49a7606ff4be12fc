"""A help desk in memory: tickets and articles, an index that lags, and faults on demand."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum

from switchboard.domain.chat import Sender
from switchboard.domain.directory import Region
from switchboard.domain.errors import (
    AttachmentNotFound,
    HelpDeskRefused,
    HelpDeskUnavailable,
    TicketGone,
)
from switchboard.domain.ids import ArticleId, TicketId
from switchboard.domain.ticket import (
    Article,
    ArticleAttachment,
    ArticleDraft,
    Ticket,
    TicketDraft,
)
from switchboard.ports.clock import Clock


class Fault(StrEnum):
    NOT_SENT = "no connection"
    LOST_REQUEST = "sent, never arrived, no answer"
    LOST_ANSWER = "done, no answer"
    REFUSED = "refused"


@dataclass
class FakeTicket:
    draft: TicketDraft
    created_at: int
    articles: list[Article] = field(default_factory=list)
    automatic_answers: bool = True
    deleted: bool = False
    changes: dict[str, object] = field(default_factory=dict)
    state: str = "open"
    closed: bool = False


class FakeZammad:
    """Connector and gateway in one. `faults` are taken one by one by the calls that follow.

    `before_call` runs before each call, so that a test can let others act in between.
    """

    def __init__(self, clock: Clock, *, search_lag: float = 0, drops_message_ids: bool = False):
        self.clock = clock
        self.search_lag_ms = search_lag * 1000
        self.drops_message_ids = drops_message_ids
        self.tickets: dict[TicketId, FakeTicket] = {}
        self.faults: list[Fault | None] = []
        self.calls: list[str] = []
        self.before_call: Callable[[str], None] = lambda call: None
        self.files: dict[int, bytes] = {}
        self._next_article = 9000

    def for_region(self, region: Region) -> FakeZammad:
        return self

    def create_ticket(self, ticket: TicketDraft, article: ArticleDraft) -> TicketId:
        lost = self._enter("create_ticket")
        number = TicketId(4711 + len(self.tickets))
        self.tickets[number] = FakeTicket(ticket, self.clock.now())
        self._add(number, article, "chat-bridge@example.org")
        self._leave(lost)
        return number

    def create_article(self, ticket_id: TicketId, article: ArticleDraft) -> Article:
        lost = self._enter("create_article")
        self._ticket(ticket_id)
        created = self._add(ticket_id, article, "chat-bridge@example.org")
        self._leave(lost)
        return created

    def articles(self, ticket_id: TicketId) -> Sequence[Article]:
        self._leave(self._enter("articles"))
        return list(self._ticket(ticket_id).articles)

    def find_tickets(self, pseudonym: str) -> Sequence[TicketId]:
        self._leave(self._enter("find_tickets"))
        return [
            number
            for number, ticket in sorted(self.tickets.items(), reverse=True)
            if pseudonym in ticket.draft.title
            and not ticket.deleted
            and self.clock.now() - ticket.created_at >= self.search_lag_ms
        ]

    def update_ticket(self, ticket_id: TicketId, changes: Mapping[str, object]) -> None:
        lost = self._enter("update_ticket")
        ticket = self._ticket(ticket_id)
        ticket.changes.update(changes)
        ticket.state = str(changes.get("state", ticket.state))
        ticket.automatic_answers = bool(changes.get("automatic_answers", ticket.automatic_answers))
        self._leave(lost)

    def download(self, ticket_id: TicketId, article_id: ArticleId, attachment_id: int) -> bytes:
        self._leave(self._enter("download"))
        self._ticket(ticket_id)
        if attachment_id not in self.files:
            raise AttachmentNotFound
        return self.files[attachment_id]

    def ticket(self, ticket_id: TicketId) -> Ticket:
        self._leave(self._enter("ticket"))
        found = self._ticket(ticket_id)
        ids = frozenset(article.id for article in found.articles)
        return Ticket(found.automatic_answers, found.state, ids)

    def close_ticket(self, ticket_id: TicketId) -> None:
        lost = self._enter("close_ticket")
        self._ticket(ticket_id).closed = True
        self._leave(lost)

    def delete_ticket(self, ticket_id: TicketId) -> None:
        lost = self._enter("delete_ticket")
        self._ticket(ticket_id).deleted = True
        self._leave(lost)

    def advise(self, ticket_id: TicketId, text: str, *, internal: bool = False) -> Article:
        """An adviser writes; takes no fault and counts as no call."""
        draft = ArticleDraft(Sender.AGENT, "", text, "", internal)
        return self._add(ticket_id, draft, "ayla@example.org")

    def bodies(self, ticket_id: TicketId, subject: str | None = None) -> list[str]:
        """The public articles' bodies, oldest first."""
        return [
            a.body
            for a in self.tickets[ticket_id].articles
            if not a.internal and (subject is None or a.subject == subject)
        ]

    def _ticket(self, ticket_id: TicketId) -> FakeTicket:
        ticket = self.tickets.get(ticket_id)
        if ticket is None or ticket.deleted:
            raise TicketGone
        return ticket

    def _add(self, ticket_id: TicketId, draft: ArticleDraft, author: str) -> Article:
        self._next_article += 1
        article = Article(
            id=ArticleId(self._next_article),
            ticket_id=ticket_id,
            sender=draft.sender,
            subject=draft.subject,
            body=draft.body,
            internal=draft.internal,
            created_by=author,
            created_at=self.clock.now(),
            message_id=draft.message_id,
            attachments=tuple(
                self._attach(upload.filename, upload.content_type, upload.data)
                for upload in draft.attachments
            ),
        )
        if self.drops_message_ids:
            article = replace(article, message_id="")
        self.tickets[ticket_id].articles.append(article)
        return article

    def _attach(self, filename: str, content_type: str, data: bytes) -> ArticleAttachment:
        number = 300 + len(self.files)
        self.files[number] = data
        return ArticleAttachment(number, filename, str(len(data)), content_type)

    def _enter(self, call: str) -> bool:
        """Counts the call and takes its fault; True if the answer is to be lost."""
        self.calls.append(call)
        self.before_call(call)
        fault = self.faults.pop(0) if self.faults else None
        if fault is Fault.NOT_SENT:
            raise HelpDeskUnavailable(maybe_done=False)
        if fault is Fault.LOST_REQUEST:
            raise HelpDeskUnavailable
        if fault is Fault.REFUSED:
            raise HelpDeskRefused(status=403)
        return fault is Fault.LOST_ANSWER

    def _leave(self, lost: bool) -> None:
        if lost:
            raise HelpDeskUnavailable
