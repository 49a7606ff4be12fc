"""A help desk in memory: tickets and articles, an index that lags, and faults on demand."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import NamedTuple, TypeVar

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
from tests.fakes.clock import HandClock

T = TypeVar("T")
BRIDGE = "chat-bridge@example.org"
ADVISER = "ayla@example.org"


class Fault(StrEnum):
    NOT_SENT = "no connection"
    LOST_REQUEST = "sent, never arrived, no answer"
    LOST_ANSWER = "done, no answer"
    REFUSED = "403"
    REJECTED = "422: this article cannot be; 403 where none is written"


class Late(NamedTuple):
    """No answer; a write takes effect after so many seconds all the same."""

    seconds: float


@dataclass
class FakeTicket:
    """`is_foreign` if it is not the bridge's: one that an adviser has merged another into."""

    draft: TicketDraft
    created_at: int
    articles: list[Article] = field(default_factory=list)
    automatic_answers: bool = True
    deleted: bool = False
    deleted_at: int = 0
    changes: dict[str, object] = field(default_factory=dict)
    state: str = "open"
    is_foreign: bool = False

    @property
    def closed(self) -> bool:
        return self.state == "closed"


class FakeZammad:
    """Connector and gateway in one. `faults` are taken one by one by the calls that follow, then
    `write_faults` by the writes.

    Each call takes effect at once and `seconds_per_call` to answer. `before_call` runs before
    each, so that a test can let others act in between. Without `tells_article_ids` a ticket does
    not say which articles it has.
    """

    def __init__(
        self, clock: HandClock, *, search_lag: float = 0, drops_message_ids: bool = False
    ) -> None:
        self.clock = clock
        self.search_lag_ms = search_lag * 1000
        self.drops_message_ids = drops_message_ids
        self.tells_article_ids = True
        self.seconds_per_call: float = 0
        self.has_token = True
        self.tickets: dict[TicketId, FakeTicket] = {}
        self.files: dict[int, bytes] = {}
        self.faults: list[Fault | Late | None] = []
        self.write_faults: list[Fault | Late | None] = []
        self.calls: list[str] = []
        self.before_call: Callable[[str], None] = lambda call: None
        self._next_article = 9000

    def for_region(self, region: Region) -> FakeZammad:
        if not self.has_token:
            raise HelpDeskRefused
        return self

    def create_ticket(self, ticket: TicketDraft, article: ArticleDraft) -> TicketId:
        def opened() -> TicketId:
            number = self._open(ticket)
            self._add(number, article, BRIDGE)
            return number

        return self._call("create_ticket", opened, writes=True)

    def create_article(self, ticket_id: TicketId, article: ArticleDraft) -> Article:
        """Opens no closed ticket, and goes into one that was merged away."""
        return self._call(
            "create_article", lambda: self._add(ticket_id, article, BRIDGE), writes=True
        )

    def articles(self, ticket_id: TicketId) -> Sequence[Article]:
        return self._call("articles", lambda: tuple(self._ticket(ticket_id).articles))

    def find_tickets(self, pseudonym: str) -> Sequence[TicketId]:
        return self._call("find_tickets", lambda: self._indexed(pseudonym))

    def update_ticket(self, ticket_id: TicketId, changes: Mapping[str, object]) -> None:
        """Late, it has no effect on a ticket merged away meanwhile: see ADR 29."""
        began_at = self.clock.now()

        def updated() -> None:
            ticket = self._ticket(ticket_id)
            if ticket.state == "merged" and self.clock.now() > began_at:
                return
            ticket.changes.update(changes)
            ticket.state = str(changes.get("state", ticket.state))
            switched = changes.get("automatic_answers", ticket.automatic_answers)
            ticket.automatic_answers = bool(switched)

        self._call("update_ticket", updated, writes=True)

    def close_ticket(self, ticket_id: TicketId) -> None:
        self._call("close_ticket", lambda: self.close(ticket_id), writes=True)

    def delete_ticket(self, ticket_id: TicketId) -> None:
        def deleted() -> None:
            self._ticket(ticket_id)
            self.delete(ticket_id)

        self._call("delete_ticket", deleted, writes=True)

    def download(self, ticket_id: TicketId, article_id: ArticleId, attachment_id: int) -> bytes:
        def downloaded() -> bytes:
            self._ticket(ticket_id)
            if attachment_id not in self.files:
                raise AttachmentNotFound
            return self.files[attachment_id]

        return self._call("download", downloaded)

    def ticket(self, ticket_id: TicketId) -> Ticket:
        def read() -> Ticket:
            found = self._ticket(ticket_id)
            ids = frozenset(article.id for article in found.articles)
            told = ids if self.tells_article_ids else None
            return Ticket(found.automatic_answers, found.state, told)

        return self._call("ticket", read)

    def advise(self, ticket_id: TicketId, text: str, *, internal: bool = False) -> Article:
        """An adviser writes; takes no fault and counts as no call, as all that advisers do."""
        return self._add(ticket_id, ArticleDraft(Sender.AGENT, "", text, "", internal), ADVISER)

    def set_internal(self, ticket_id: TicketId, article_id: ArticleId, internal: bool) -> None:
        """An adviser hides an article from the user, or shows it."""
        articles = self.tickets[ticket_id].articles
        articles[:] = [replace(a, internal=internal) if a.id == article_id else a for a in articles]

    def close(self, ticket_id: TicketId) -> None:
        self._ticket(ticket_id).state = "closed"

    def merge(self, ticket_id: TicketId) -> TicketId:
        """Moves the articles to a ticket of somebody else's and leaves a remark."""
        merged = self._ticket(ticket_id)
        target = self._open(replace(merged.draft, title="Somebody else's"))
        self.tickets[target].is_foreign = True
        moved, merged.articles, merged.state = merged.articles, [], "merged"
        self.tickets[target].articles = [replace(a, ticket_id=target) for a in moved]
        self.advise(ticket_id, "merged")
        return target

    def delete(self, ticket_id: TicketId) -> None:
        ticket = self.tickets[ticket_id]
        ticket.deleted, ticket.deleted_at = True, self.clock.now()

    @property
    def alive(self) -> list[TicketId]:
        """The bridge's tickets that are neither deleted nor merged away, oldest first."""
        return [
            number
            for number, ticket in sorted(self.tickets.items())
            if not ticket.deleted and not ticket.is_foreign and ticket.state != "merged"
        ]

    def bodies(self, ticket_id: TicketId, subject: str | None = None) -> list[str]:
        """The public articles' bodies, oldest first."""
        return [
            a.body
            for a in self.tickets[ticket_id].articles
            if not a.internal and (subject is None or a.subject == subject)
        ]

    def _call(self, name: str, effect: Callable[[], T], *, writes: bool = False) -> T:
        """Takes the next fault, and the time that a call takes."""
        self.calls.append(name)
        self.before_call(name)
        faults = self.faults or (self.write_faults if writes else [])
        fault = faults.pop(0) if faults else None
        if fault is Fault.NOT_SENT:
            raise HelpDeskUnavailable(maybe_done=False)
        if fault is Fault.REJECTED and name == "create_article":
            raise HelpDeskRefused(status=422)
        if fault in (Fault.REFUSED, Fault.REJECTED):
            raise HelpDeskRefused(status=403)
        if isinstance(fault, Late) and writes:
            self.clock.after(fault.seconds, lambda: _unless_gone(effect))
        if isinstance(fault, Late) or fault is Fault.LOST_REQUEST:
            self.clock.advance(self.seconds_per_call)
            raise HelpDeskUnavailable(maybe_done=writes)
        answer = effect()
        self.clock.advance(self.seconds_per_call)
        if fault is Fault.LOST_ANSWER:
            raise HelpDeskUnavailable(maybe_done=writes)
        return answer

    def _indexed(self, pseudonym: str) -> Sequence[TicketId]:
        """What the index knows, newest first: the tickets as they were `search_lag` ago."""
        moment = self.clock.now() - self.search_lag_ms
        return [
            number
            for number, ticket in sorted(self.tickets.items(), reverse=True)
            if pseudonym in ticket.draft.title
            and ticket.created_at <= moment
            and (not ticket.deleted or ticket.deleted_at > moment)
        ]

    def _ticket(self, ticket_id: TicketId) -> FakeTicket:
        ticket = self.tickets.get(ticket_id)
        if ticket is None or ticket.deleted:
            raise TicketGone
        return ticket

    def _open(self, draft: TicketDraft) -> TicketId:
        number = TicketId(4711 + len(self.tickets))
        automatic = draft.automatic_answers
        self.tickets[number] = FakeTicket(draft, self.clock.now(), automatic_answers=automatic)
        return number

    def _add(self, ticket_id: TicketId, draft: ArticleDraft, author: str) -> Article:
        ticket = self._ticket(ticket_id)
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
            message_id="" if self.drops_message_ids else draft.message_id,
            attachments=tuple(
                self._attach(upload.filename, upload.content_type, upload.data)
                for upload in draft.attachments
            ),
        )
        ticket.articles.append(article)
        return article

    def _attach(self, filename: str, content_type: str, data: bytes) -> ArticleAttachment:
        number = 300 + len(self.files)
        self.files[number] = data
        return ArticleAttachment(number, filename, str(len(data)), content_type)


def _unless_gone(effect: Callable[[], object]) -> None:
    with suppress(TicketGone):
        effect()
