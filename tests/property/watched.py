"""A help desk that watches the bot: what had the worker seen when it spoke?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from switchboard.domain.chat import Sender
from switchboard.domain.errors import HelpDeskRefused
from switchboard.domain.ids import ArticleId, TicketId
from switchboard.domain.ticket import AUTOMATIC_SUBJECT, Article, ArticleDraft, Ticket
from tests.fakes.clock import HandClock
from tests.fakes.zammad import FakeZammad


class WatchedZammad(FakeZammad):
    """`offences` says what should not have been written, given the writer's own last look.

    `marks` holds the marker that each article was written with, also where a server drops it.
    `rejected` are the bodies that were refused at least once: they may come later than others.
    """

    def __init__(self, clock: HandClock, *, drops_message_ids: bool = False) -> None:
        super().__init__(clock, drops_message_ids=drops_message_ids)
        self.offences: list[str] = []
        self.marks: dict[ArticleId, str] = {}
        self.rejected: set[str] = set()
        self._seen: dict[TicketId, Sequence[Article]] = {}
        self._automatic: dict[TicketId, bool] = {}

    @contextmanager
    def other_eyes(self) -> Iterator[None]:
        """Whoever acts in this block has seen nothing yet, and nobody else sees what they see."""
        seen = self._seen, self._automatic
        self.forget()
        try:
            yield
        finally:
            self._seen, self._automatic = seen

    def forget(self) -> None:
        """What was seen before counts no more: it is too old."""
        self._seen, self._automatic = {}, {}

    def create_article(self, ticket_id: TicketId, article: ArticleDraft) -> Article:
        if article.message_id.startswith("<answer."):
            self.offences += self._judge(ticket_id, article)
        try:
            return super().create_article(ticket_id, article)
        except HelpDeskRefused:
            self.rejected.add(article.body.partition("<br>[")[0])
            raise

    def articles(self, ticket_id: TicketId) -> Sequence[Article]:
        self._seen[ticket_id] = found = super().articles(ticket_id)
        return found

    def ticket(self, ticket_id: TicketId) -> Ticket:
        """The ids that it tells are a look at the articles, too: what is new can be read."""
        found = super().ticket(ticket_id)
        self._automatic[ticket_id] = found.automatic_answers is not False and not found.is_merged
        if found.article_ids is not None:
            self._seen[ticket_id] = tuple(self.tickets[ticket_id].articles)
        return found

    def _add(self, ticket_id: TicketId, draft: ArticleDraft, author: str) -> Article:
        article = super()._add(ticket_id, draft, author)
        self.marks[article.id] = draft.message_id
        return article

    def _judge(self, ticket_id: TicketId, draft: ArticleDraft) -> Iterator[str]:
        question = draft.message_id.replace("<answer.", "<user.")
        seen = self._seen.get(ticket_id, ())
        asked = [a.id for a in seen if self.marks[a.id] == question]
        if not self._automatic.get(ticket_id, False):
            yield f"{draft.body!r}: the bot may not speak in this ticket, or nobody looked"
        if not asked:
            yield f"{draft.body!r}: the question was not seen in the ticket"
        elif any(_is_human(a) and a.id > asked[0] for a in seen):
            yield f"{draft.body!r}: a human had answered"


def _is_human(article: Article) -> bool:
    is_automatic = article.subject == AUTOMATIC_SUBJECT
    return article.sender is Sender.AGENT and not article.internal and not is_automatic
