"""The promises of a conversation, with Hypothesis choosing the order of events.

User, advisers, two workers, pollers and webhooks act in any order; calls to Zammad fail before,
during and after their effect; workers and requests die between any two calls; webhooks are lost
and repeated; time passes.
"""

from __future__ import annotations

from collections import Counter

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from switchboard.domain.chat import Chat
from switchboard.domain.errors import ChatNotFound
from switchboard.domain.ids import ArticleId, TicketId
from switchboard.domain.jobs import ArticleJob
from switchboard.domain.ticket import AUTOMATIC_SUBJECT, USER_SUBJECT, Article
from tests.fakes.zammad import Fault
from tests.unit.conversation import DeskInMemory

FAULTS = st.lists(
    st.sampled_from([None, *(f for f in Fault if f is not Fault.REFUSED)]), max_size=3
)


class Crash(BaseException):
    """The process ends here, between two calls: nothing of it is run any more."""


class Conversation(RuleBasedStateMachine):
    @initialize(drops_message_ids=st.booleans(), search_lag=st.sampled_from([0, 5]))
    def begin(self, drops_message_ids: bool, search_lag: int) -> None:
        self.desk = DeskInMemory(drops_message_ids=drops_message_ids)
        self.desk.zammad.search_lag_ms = search_lag * 1000
        self.sent: list[str] = []
        self.lost_jobs: list[object] = []
        self.told: list[ArticleJob] = []

    @rule(faults=FAULTS, crash_at=st.none() | st.integers(0, 4))
    def user_sends(self, faults: list[Fault | None], crash_at: int | None) -> None:
        text = f"text {len(self.sent) + 1}"
        self._set(faults, crash_at)
        try:
            self.desk.send(text)
        except Crash:
            if not any(
                m.content == text for c in self.desk.chats.stored.values() for m in c.messages
            ):
                return
            self._calm()
            self.desk.send(text)
        finally:
            self._calm()
        self.sent.append(text)

    @precondition(lambda self: self.sent)
    @rule()
    def user_repeats_the_last_request(self) -> None:
        chat = self._chat()
        recent = any(
            m.content == self.sent[-1] and self.desk.clock.now() - m.created_at < 30_000
            for m in chat.messages
        )
        if recent:
            self.desk.send(self.sent[-1])

    @precondition(lambda self: self.desk.zammad.tickets)
    @rule(webhook=st.sampled_from(["arrives", "is lost", "comes twice"]), internal=st.booleans())
    def adviser_writes(self, webhook: str, internal: bool) -> None:
        ticket = self._ticket()
        article = self.desk.zammad.advise(ticket, "from a human", internal=internal)
        if webhook != "is lost" and not internal:
            self._tell(ticket, article)
        if webhook == "comes twice" and not internal:
            self._tell(ticket, article)

    @rule(
        which=st.integers(0, 50),
        faults=FAULTS,
        crash_at=st.none() | st.integers(0, 6),
        keep=st.booleans(),
    )
    def worker_runs_a_job(
        self, which: int, faults: list[Fault | None], crash_at: int | None, keep: bool
    ) -> None:
        """Any job of the queue; one that fails or dies stays there, one that is done may, too."""
        jobs = self.desk.queue.jobs
        if not jobs:
            return
        job = jobs[which % len(jobs)]
        self._set(faults, crash_at)
        try:
            done = self.desk.run(job) is None
        except Crash:
            done = False
        finally:
            self._calm()
        if done and not keep:
            jobs.remove(job)

    @rule(which=st.integers(0, 50))
    def a_second_worker_comes_in_between(self, which: int) -> None:
        """Two workers on the same job: one starts while the other waits for Zammad."""
        jobs = list(self.desk.queue.jobs)
        if not jobs:
            return
        job = jobs[which % len(jobs)]
        entered: list[str] = []

        def other(call: str) -> None:
            if not entered:
                entered.append(call)
                self.desk.run(job)

        self.desk.zammad.before_call = other
        self.desk.run(job)
        self._calm()

    @precondition(lambda self: self.desk.zammad.tickets)
    @rule(moment=st.sampled_from(["articles", "create_article"]))
    def adviser_writes_while_the_bot_thinks(self, moment: str) -> None:
        """A human's answer arrives in Zammad while a worker is at work on the question."""
        if not self.desk.queue.jobs:
            return
        ticket = self._ticket()
        self.desk.bot.before_answer = lambda: self.desk.zammad.advise(ticket, "from a human")
        self.desk.run(self.desk.queue.jobs[0])
        self.desk.bot.before_answer = None

    @rule(faults=FAULTS)
    def user_reads(self, faults: list[Fault | None]) -> None:
        self._set(faults, None)
        try:
            self.desk.read()
        except ChatNotFound:
            assert not self.sent
        finally:
            self._calm()

    @rule(seconds=st.sampled_from([1, 10, 31, 70, 300]), broken=st.booleans())
    def time_passes(self, seconds: int, broken: bool) -> None:
        self.desk.clock.advance(seconds)
        self.desk.bot.broken = broken

    @invariant()
    def nothing_is_there_twice(self) -> None:
        """No user message and no answer stands in the tickets twice."""
        for ticket in self.desk.zammad.tickets:
            users = Counter(self.desk.zammad.bodies(ticket, USER_SUBJECT))
            assert all(count == 1 for count in users.values()), users
        markers = Counter(
            a.message_id or a.body
            for t in self.desk.zammad.tickets.values()
            for a in t.articles
            if a.subject == AUTOMATIC_SUBJECT and (a.message_id or a.body.startswith("echo"))
        )
        assert all(count == 1 for count in markers.values()), markers

    @invariant()
    def no_bot_text_over_a_human(self) -> None:
        """No answer was posted to a question that a human had answered in the ticket."""
        for ticket in self.desk.zammad.tickets.values():
            human_after: dict[str, int] = {}
            for article in ticket.articles:
                if article.subject == USER_SUBJECT:
                    human_after[article.body] = 0
                elif article.subject == "" and not article.internal:
                    human_after = dict.fromkeys(human_after, 1)
                elif article.body.startswith("echo: "):
                    assert human_after.get(article.body.removeprefix("echo: ")) == 0

    @invariant()
    def what_was_accepted_is_shown(self) -> None:
        """Every accepted message stands in the user's chat, in the order it was sent."""
        if self.sent:
            chat = self._chat()
            shown = [m.content for m in chat.messages if m.content.startswith("text")]
            assert shown == self.sent

    def teardown(self) -> None:
        """In the end, with Zammad well again, everything is delivered, answered and shown."""
        if not hasattr(self, "desk") or not self.sent:
            return
        self._calm()
        self.desk.bot.broken = False
        for _ in range(6):
            self.desk.clock.advance(130)
            self.desk.read()
            self.desk.work_until_done()
        assert len(self.desk.zammad.tickets) == 1
        ticket = self._ticket()
        assert self.desk.zammad.bodies(ticket, USER_SUBJECT) == self.sent
        public = [a.id for a in self.desk.zammad.tickets[ticket].articles if not a.internal]
        self.desk.clock.advance(61)
        chat = self.desk.read()
        assert sorted(m.shown_id for m in chat.messages) == public
        self._nobody_is_left_waiting(chat)
        self.nothing_is_there_twice()
        self.no_bot_text_over_a_human()

    def _nobody_is_left_waiting(self, chat: Chat) -> None:
        """Each question has a bot's answer, an apology, or a human's answer after it."""
        for message in chat.messages:
            if message.question is not None:
                assert not message.question.is_owed

    def _set(self, faults: list[Fault | None], crash_at: int | None) -> None:
        self.desk.zammad.faults = list(faults)
        steps = [0]

        def count(call: str) -> None:
            steps[0] += 1
            if crash_at is not None and steps[0] > crash_at:
                raise Crash

        self.desk.zammad.before_call = count
        self.desk.chats_hook(count)

    def _calm(self) -> None:
        self.desk.zammad.faults = []
        self.desk.zammad.before_call = lambda call: None
        self.desk.chats_hook(lambda call: None)

    def _tell(self, ticket: TicketId, article: Article) -> None:
        key = self._chat().key
        self.desk.queue.jobs.append(ArticleJob(key, ticket, ArticleId(article.id), True))

    def _ticket(self) -> TicketId:
        return max(self.desk.zammad.tickets)

    def _chat(self) -> Chat:
        return max(self.desk.chats.stored.values(), key=lambda c: c.key.sequence)


TestConversation = Conversation.TestCase
TestConversation.settings = settings(
    max_examples=300,
    stateful_step_count=40,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
