"""Who acts on the desk, and what may go wrong while they do.

Each act is done under a `Trouble`, and somebody else may act between any two of its calls.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

from switchboard.domain.chat import Chat, Message, Sender
from switchboard.domain.errors import (
    ChatNotFound,
    Conflict,
    FilesUnavailable,
    HelpDeskRefused,
    QueueUnavailable,
)
from switchboard.domain.ids import ArticleId, TicketId
from switchboard.domain.incoming import REPEAT_MS
from switchboard.domain.jobs import Job, MessageJob
from switchboard.domain.ticket import USER_SUBJECT
from tests.property.troubles import CALM, Crash, Intruder, Setting, Trouble
from tests.property.watched import WatchedZammad
from tests.unit.conversation import DeskInMemory


@dataclass
class Sent:
    """A message the user has typed. Doubtful: the client was told no success and gave up."""

    text: str
    fields: dict[str, object]
    doubtful: bool = True
    concurrent: set[str] = field(default_factory=set)


class Actors:
    """The desk and its people. `sent` are the user's messages by text, in the order typed.

    `closings` are tickets with the article that an adviser has closed each with, and whether
    Zammad has told of that.
    """

    def __init__(self, setting: Setting, make_desk: Callable[..., DeskInMemory]) -> None:
        self.desk = setting.desk(make_desk)
        self.sent: dict[str, Sent] = {}
        self.switched_off: set[TicketId] = set()
        self.closings: dict[TicketId, tuple[ArticleId, bool]] = {}
        self.files_failed = False
        self._humans = 0
        self._sending: Sent | None = None

    @property
    def zammad(self) -> WatchedZammad:
        assert isinstance(self.desk.zammad, WatchedZammad)
        return self.desk.zammad

    @property
    def ticket(self) -> TicketId | None:
        """The newest ticket of the bridge's, if it is neither deleted nor merged away."""
        own = [number for number, t in self.zammad.tickets.items() if not t.is_foreign]
        newest = max(own, default=None)
        return newest if newest in self.zammad.alive else None

    def user_sends(
        self, trouble: Trouble, *, repeats: bool, key: bool = False, force_new: bool = False
    ) -> None:
        """With `repeats` a client that got no answer asks again."""
        text = f"text {len(self.sent) + 1}"
        fields: dict[str, object] = {"force_new": force_new}
        if key:
            fields["idempotency_key"] = f"key of {text}"
        sent = self.sent[text] = Sent(text, fields)
        if self._sending is not None:
            sent.concurrent.add(self._sending.text)
            self._sending.concurrent.add(text)
        outer, self._sending = self._sending, sent
        try:
            sent.doubtful = not self._asks(sent, trouble)
            if sent.doubtful and repeats and self._is_a_repeat(sent):
                sent.doubtful = not self._asks(sent, CALM)
        finally:
            self._sending = outer

    def user_repeats(self, sent: Sent, trouble: Trouble) -> None:
        """The client asks again, much later and without having to."""
        self._asks(sent, trouble)

    def user_reads(self, trouble: Trouble) -> None:
        with suppress(Crash, ChatNotFound), self._under(trouble):
            self.desk.read()

    def worker_runs(self, job: Job, trouble: Trouble, *, keep: bool = False) -> None:
        """A job that fails or whose worker dies stays queued; with `keep` one that is done, too."""
        with suppress(Crash):
            with self._under(trouble):
                error = self.desk.run(job)
            if not keep:
                self.desk.file(job, error)

    def adviser_writes(self, webhooks: int, *, internal: bool = False) -> None:
        if self.ticket is None:
            return
        ticket, self._humans = self.ticket, self._humans + 1
        article = self.zammad.advise(ticket, f"human {self._humans}", internal=internal)
        for _ in range(webhooks):
            self.zammad_tells(ticket, article.id, CALM)

    def adviser_switches(self, on: bool, *, webhook: bool) -> None:
        """Switches automatic answers; if Zammad tells, then of the ticket alone."""
        if self.ticket is not None:
            self.zammad.tickets[self.ticket].automatic_answers = on
            if not on:
                self.switched_off.add(self.ticket)
            if webhook:
                self.zammad_tells(self.ticket, None, CALM)

    def adviser_closes(self, *, webhook: bool) -> None:
        """With an answer, of which Zammad tells when both are saved."""
        if self.ticket is not None:
            ticket = self.ticket
            self.zammad.close(ticket)
            self.adviser_writes(webhooks=int(webhook))
            is_known = any(c.ticket_id == ticket for c in self.desk.chats.stored.values())
            last = self.zammad.tickets[ticket].articles[-1].id
            self.closings[ticket] = (last, webhook and is_known)

    def zammad_tells(self, ticket: TicketId, article: ArticleId | None, trouble: Trouble) -> None:
        """Posts a webhook, and again when it fails; without an article, of the ticket alone."""
        found = [a for a in self.zammad.tickets[ticket].articles if a.id == article]
        if article is not None and not found:
            return
        told = found[0] if found else None
        try:
            with self._under(trouble):
                self.desk.webhook(ticket, told)
        except (Crash, QueueUnavailable):
            self.desk.webhook(ticket, told)

    def zammad_tells_of_mergers(self) -> None:
        """Of the remark that each has left."""
        for number, ticket in self.zammad.tickets.items():
            remarks = [a.id for a in ticket.articles if a.body == "merged"]
            if ticket.state == "merged" and remarks:
                self.zammad_tells(number, remarks[0], CALM)

    def holders(self, text: str) -> list[tuple[Chat, Message]]:
        """The stored chats that hold the user's message, each with the message."""
        return [
            (chat, message)
            for chat in self.desk.chats.stored.values()
            for message in chat.messages
            if message.content == text and message.sender is Sender.CUSTOMER
        ]

    def is_doubtful(self, message: Message) -> bool:
        """The user's own, of which the client was told no success."""
        return message.content in self.sent and self.sent[message.content].doubtful

    def delivered(self, ticket: TicketId) -> list[str]:
        """The user's messages in a ticket, oldest first."""
        return self.zammad.bodies(ticket, USER_SUBJECT)

    def _asks(self, sent: Sent, trouble: Trouble) -> bool:
        """Whether the message was accepted, as far as the client can know."""
        try:
            with self._under(trouble):
                self.desk.send(sent.text, **sent.fields)
        except HelpDeskRefused:
            return True
        except (Crash, QueueUnavailable, FilesUnavailable, Conflict):
            return False
        return True

    def _is_a_repeat(self, sent: Sent) -> bool:
        """A second request for the same message would be taken for one."""
        now = self.desk.clock.now()
        return "idempotency_key" in sent.fields or all(
            now - message.created_at < REPEAT_MS for _, message in self.holders(sent.text)
        )

    @contextmanager
    def _under(self, trouble: Trouble) -> Iterator[None]:
        steps = 0

        def step(call: str) -> None:
            nonlocal steps
            steps += 1
            if trouble.intruder is Intruder.CRASH and steps >= trouble.step:
                raise Crash
            if call == "answer":
                self.zammad.forget()
            if trouble.intruder is not None and steps == trouble.step:
                self._intrudes(trouble.intruder)

        before = self.desk.chats.before_call
        self.desk.before_call(step)
        try:
            with self._ailing(trouble), self.zammad.other_eyes():
                yield
                if trouble.intruder is Intruder.CRASH:
                    raise Crash
        finally:
            self.desk.before_call(before)

    @contextmanager
    def _ailing(self, trouble: Trouble) -> Iterator[None]:
        zammad, queue, files = self.zammad, self.desk.queue, self.desk.files
        faults, slowness = (zammad.faults, zammad.write_faults), zammad.seconds_per_call
        down = queue.is_down, files.broken
        zammad.faults, zammad.write_faults = list(trouble.faults), list(trouble.write_faults)
        zammad.seconds_per_call = trouble.seconds_per_call
        queue.is_down, files.broken = trouble.queue_is_down, trouble.files_are_down
        self.files_failed |= trouble.files_are_down
        try:
            yield
        finally:
            (zammad.faults, zammad.write_faults), zammad.seconds_per_call = faults, slowness
            queue.is_down, files.broken = down

    def _intrudes(self, intruder: Intruder) -> None:
        """Acts at once, with Zammad well; then the interrupted process goes on."""
        match intruder:
            case Intruder.WORKER | Intruder.ARTICLE_WORKER:
                wanted = intruder is Intruder.WORKER
                for job in list(self.desk.queue.jobs):
                    if isinstance(job, MessageJob) is wanted:
                        self.worker_runs(job, CALM)
            case Intruder.POLLER:
                self.user_reads(CALM)
            case Intruder.USER:
                self.user_sends(CALM, repeats=False)
            case Intruder.ADVISER:
                self.adviser_writes(webhooks=1)
            case Intruder.SWITCH:
                self.adviser_switches(on=False, webhook=False)
            case Intruder.DELETION if self.ticket is not None:
                self.zammad.delete(self.ticket)
            case Intruder.CLOSING:
                self.adviser_closes(webhook=True)
            case Intruder.MERGER if self.ticket is not None:
                self.zammad.merge(self.ticket)


def over(chat: Chat, zammad: WatchedZammad) -> bool:
    """The chat has ended, or will as soon as anybody looks."""
    return chat.ended or (chat.ticket_id is not None and chat.ticket_id not in zammad.alive)
