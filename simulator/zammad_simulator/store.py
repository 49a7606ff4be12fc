"""Everything that moves in the simulated help desk: tickets and their articles, in memory behind
one lock.

Applies Zammad's rules for writing and tells a listener about each change, so that triggers can
run. Never talks HTTP.
"""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta

from zammad_simulator.assigning import Params, TicketChanges, read_changes, required
from zammad_simulator.casting import cast_boolean, cast_id
from zammad_simulator.directory import Directory
from zammad_simulator.drafting import ArticleDraft, draft_from_params, link_inline_images
from zammad_simulator.errors import Forbidden, NotFound
from zammad_simulator.model import (
    STATES,
    Article,
    Attachment,
    Change,
    Ticket,
    User,
)
from zammad_simulator.searching import SearchIndex
from zammad_simulator.settings import SimulatorSettings

_MERGED = next(number for number, name in STATES.items() if name == "merged")
_TYPES_THAT_COUNT_AS_CONTACT = frozenset({1, 2, 3, 4, 5, 11})


class Store:
    """Tickets and articles. Every public method takes the lock; `on_change` is called with the
    lock held.
    """

    def __init__(self, settings: SimulatorSettings, on_change: Callable[[Change], None]) -> None:
        self.settings = settings
        self.lock = threading.RLock()
        self.directory = Directory(settings, _now())
        self.index = SearchIndex(settings.search_lag)
        self._on_change = on_change
        self._tickets: dict[int, Ticket] = {}
        self._articles: dict[int, Article] = {}
        self._ids = {kind: itertools.count(1) for kind in ("ticket", "article", "attachment")}
        self._last = _now()

    def clear(self) -> None:
        """Forget all tickets and articles. Ids go on counting, so that an old id never names a new
        record.
        """
        with self.lock:
            self._tickets.clear()
            self._articles.clear()
            self.index.clear()

    def tickets(self) -> list[Ticket]:
        """All tickets, oldest first."""
        with self.lock:
            return list(self._tickets.values())

    def ticket(self, ticket_id: object) -> Ticket:
        """The ticket. Raises NotFound."""
        with self.lock:
            ticket = self._tickets.get(cast_id(ticket_id) or 0)
            if ticket is None:
                raise NotFound.record("Ticket", ticket_id)
            return ticket

    def article(self, article_id: object) -> Article:
        """The article. Raises NotFound."""
        with self.lock:
            article = self._articles.get(cast_id(article_id) or 0)
            if article is None:
                raise NotFound.record("Ticket::Article", article_id)
            return article

    def attachment(
        self, ticket_id: object, article_id: object, attachment_id: object
    ) -> Attachment:
        """A stored file. Raises NotFound for ticket or article, Forbidden when the three do not
        belong together.
        """
        with self.lock:
            ticket, article = self.ticket(ticket_id), self.article(article_id)
            if article.ticket_id != ticket.id:
                raise _forbidden("The article does not belong to the specified ticket.")
            for file in article.attachments:
                if file.id == cast_id(attachment_id):
                    return file
            raise _forbidden("The file does not belong to the specified article.")

    def create_ticket(self, params: Params, user: User) -> Ticket:
        """Store a ticket, with its article when one is given. Raises Unprocessable, then nothing
        is stored.
        """
        with self.lock:
            draft = self._draft(params.get("article"), user)
            changes, now = self._changes(params), self._tick()
            ticket = Ticket(
                id=0,
                title=required(changes.title, "title"),
                group=required(changes.group, "group_id"),
                customer=required(changes.customer, "customer_id"),
                owner=self.directory.system,
                creator=user,
                updated_by=user,
                created_at=now,
                updated_at=now,
            )
            ticket.id = next(self._ids["ticket"])
            defaults = self.settings.custom_attributes
            ticket.attributes = {entry.name: entry.default for entry in defaults}
            changes.apply(ticket, now)
            self._tickets[ticket.id] = ticket
            article = self._append(ticket, draft, user) if draft else None
            self._changed(ticket, article, created=True)
            self._welcome(ticket)
            return ticket

    def update_ticket(self, ticket_id: object, params: Params, user: User) -> Ticket:
        """Change only the given keys, add the article when one is given. Raises NotFound,
        Unprocessable.
        """
        with self.lock:
            ticket = self.ticket(ticket_id)
            draft = self._draft(params.get("article"), user)
            changed = self._changes(params).apply(ticket, self._tick())
            if changed or draft:
                ticket.updated_at, ticket.updated_by = self._tick(), user
                article = self._append(ticket, draft, user) if draft else None
                self._changed(ticket, article)
            return ticket

    def delete_ticket(self, ticket_id: object) -> None:
        """Remove a ticket with its articles. Raises NotFound."""
        with self.lock:
            ticket = self.ticket(ticket_id)
            del self._tickets[ticket.id]
            for article in ticket.articles:
                self._articles.pop(article.id, None)

    def merge_ticket(self, source_id: object, target_id: object, user: User) -> Ticket:
        """Move all articles to the target and leave a public one that says `merged`. Raises
        NotFound.
        """
        with self.lock:
            source, target = self.ticket(source_id), self.ticket(target_id)
            for article in source.articles:
                article.ticket_id = target.id
            moved = [*target.articles, *source.articles]
            target.articles, source.articles = sorted(moved, key=lambda one: one.id), []
            source.state_id, target.updated_at = _MERGED, self._tick()
            self.add_article(source.id, ArticleDraft(body="merged", sender_id=1, type_id=10), user)
            self._changed(target, None)
            return target

    def create_article(self, params: Params, user: User) -> Article:
        """Add an article to the ticket named by `ticket_id`. Raises NotFound, Unprocessable."""
        with self.lock:
            ticket = self.ticket(params.get("ticket_id"))
            return self.add_article(ticket.id, draft_from_params(params, user), user)

    def add_article(self, ticket_id: object, draft: ArticleDraft, user: User) -> Article:
        """Add a prepared article to a ticket. Raises NotFound."""
        with self.lock:
            ticket = self.ticket(ticket_id)
            article = self._append(ticket, draft, user)
            self._changed(ticket, article)
            return article

    def update_article(self, article_id: object, params: Params, user: User) -> Article:
        """Change the `internal` flag; Zammad lets nothing else of an article be changed. Raises
        NotFound.
        """
        with self.lock:
            article = self.article(article_id)
            internal = cast_boolean(params.get("internal"))
            if internal is not None:
                article.internal, article.updated_at, article.updated_by = (
                    internal,
                    self._tick(),
                    user,
                )
            return article

    def mark_read(self, ticket_id: object) -> None:
        """Take the unread mark off, as an adviser opening the ticket does. Raises NotFound."""
        with self.lock:
            self.ticket(ticket_id).unread = False

    def _draft(self, params: object, user: User) -> ArticleDraft | None:
        return draft_from_params(params, user) if isinstance(params, Mapping) and params else None

    def _changes(self, params: Params) -> TicketChanges:
        return read_changes(params, self.directory, self.settings.custom_attributes, self._tick())

    def _append(self, ticket: Ticket, draft: ArticleDraft, user: User) -> Article:
        now, article_id = self._tick(), next(self._ids["article"])
        article = Article(article_id, ticket.id, draft.type_id, draft.sender_id, user, now, now)
        article.subject, article.content_type, article.internal = (
            draft.subject,
            draft.content_type,
            draft.internal,
        )
        article.from_ = draft.from_ or user.name or None
        article.to = draft.to
        article.message_id = None if self.settings.drop_message_ids else draft.message_id
        article.preferences = dict(draft.preferences)
        article.body = link_inline_images(draft, article, lambda: next(self._ids["attachment"]))
        for filename, preferences, data in draft.files:
            article.attachments.append(
                Attachment(next(self._ids["attachment"]), filename, data, preferences)
            )
        ticket.articles.append(article)
        self._articles[article_id] = article
        if (
            draft.sender_id == 1
            and ticket.state == "new"
            and draft.type_id in _TYPES_THAT_COUNT_AS_CONTACT
        ):
            ticket.state_id = 2
        ticket.unread = ticket.unread or (draft.sender_id == 2 and not draft.internal)
        ticket.updated_at, ticket.updated_by = now, user
        return article

    def _changed(self, ticket: Ticket, article: Article | None, *, created: bool = False) -> None:
        self.index.put(ticket)
        if article is None and created:
            return
        subject = (article.subject or "") if article else ""
        self._on_change(Change(ticket.id, article.id if article else None, created, subject))

    def _welcome(self, ticket: Ticket) -> None:
        texts = self.settings.welcome_messages
        text = texts.get(str(ticket.attributes.get("language_slug")), texts.get("*"))
        if text:
            draft = ArticleDraft(body=text, content_type="text/html", sender_id=3, type_id=10)
            draft.subject, draft.from_ = self.settings.welcome_subject, "System"
            self.add_article(ticket.id, draft, self.directory.system)

    def _tick(self) -> datetime:
        """The time, one millisecond after the last write at the earliest, so that time sorts like
        ids do.
        """
        self._last = max(_now(), self._last + timedelta(milliseconds=1))
        return self._last


def _now() -> datetime:
    return datetime.now(UTC)


def _forbidden(text: str) -> Forbidden:
    return Forbidden(text, human=text)
