"""The promises of a conversation, with Hypothesis choosing the order of events.

User, advisers, workers, pollers and webhooks act in any order, and between any two calls of each
other; processes die there. Calls to Zammad fail before, during and after their effect, which may
come late. Webhooks are lost and repeated, also those that an operator's trigger should have kept
back; jobs are given up; tickets are closed, merged and deleted; time passes.

`HYPOTHESIS_PROFILE=deep` looks at many more conversations, other ones each time.
"""

from __future__ import annotations

import os
from typing import ClassVar

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from tests.property.actors import Actors, over
from tests.property.promises import Promises
from tests.property.troubles import CALM, SETTINGS, TROUBLES, Intruder, Setting, Trouble
from tests.unit.conversation import DeskInMemory
from worker.phrases import apology

settings.register_profile("moderate", max_examples=500, derandomize=True)
settings.register_profile("deep", max_examples=10_000, print_blob=True)
PROFILE = os.environ.get("HYPOTHESIS_PROFILE", "moderate")

SELDOM = st.sampled_from([False] * 6 + [True])
ANY = st.integers(0, 50)


class Conversation(RuleBasedStateMachine):
    MAKE_DESK: ClassVar[type[DeskInMemory]] = DeskInMemory

    @initialize(setting=SETTINGS, trouble=TROUBLES)
    def begin(self, setting: Setting, trouble: Trouble) -> None:
        """A user sends a first message: before that there is nothing to go wrong."""
        self.actors = Actors(setting, self.MAKE_DESK)
        self.promises = Promises(self.actors)
        self.desk, self.zammad = self.actors.desk, self.actors.zammad
        self.actors.user_sends(trouble, repeats=True)

    @rule(trouble=TROUBLES, repeats=st.booleans(), key=st.booleans(), force_new=SELDOM)
    def user_sends(self, trouble: Trouble, repeats: bool, key: bool, force_new: bool) -> None:
        self.actors.user_sends(trouble, repeats=repeats, key=key, force_new=force_new)

    @rule(which=ANY, trouble=TROUBLES)
    def user_repeats_a_request(self, which: int, trouble: Trouble) -> None:
        """One with a key, for a message of the current chat: a key means nothing beyond that."""
        here = {m.content for m in self.desk.chat().messages}
        keyed = [
            sent
            for sent in self.actors.sent.values()
            if "idempotency_key" in sent.fields
            and not sent.fields["force_new"]
            and sent.text in here
            and not over(self.desk.chat(), self.zammad)
            and trouble.intruder not in (Intruder.DELETION, Intruder.MERGER, Intruder.USER)
        ]
        if keyed:
            self.actors.user_repeats(keyed[which % len(keyed)], trouble)

    @rule(trouble=TROUBLES)
    def user_reads(self, trouble: Trouble) -> None:
        self.actors.user_reads(trouble)

    @precondition(lambda self: self.desk.queue.jobs)
    @rule(which=ANY, trouble=TROUBLES, keep=SELDOM)
    def worker_runs_any_job(self, which: int, trouble: Trouble, keep: bool) -> None:
        jobs = self.desk.queue.jobs
        self.actors.worker_runs(jobs[which % len(jobs)], trouble, keep=keep)

    @precondition(lambda self: self.desk.queue.jobs)
    @rule(trouble=TROUBLES)
    def worker_runs_the_next_job(self, trouble: Trouble) -> None:
        self.actors.worker_runs(self.desk.queue.jobs[0], trouble)

    @precondition(lambda self: self.desk.queue.jobs)
    @rule(which=ANY, really=SELDOM)
    def queue_gives_a_job_up(self, which: int, really: bool) -> None:
        """It has failed too often, whatever the reason."""
        jobs = self.desk.queue.jobs
        if really:
            self.desk.parked.append(jobs.pop(which % len(jobs)))

    @precondition(lambda self: self.desk.parked)
    @rule()
    def operator_tries_again(self) -> None:
        self.desk.redrive()

    @precondition(lambda self: self.zammad.alive)
    @rule(webhooks=st.integers(0, 2), internal=SELDOM)
    def adviser_writes(self, webhooks: int, internal: bool) -> None:
        self.actors.adviser_writes(webhooks, internal=internal)

    @precondition(lambda self: self.zammad.alive)
    @rule(on=st.sampled_from([True, True, False]), webhook=st.booleans())
    def adviser_switches_automatic_answers(self, on: bool, webhook: bool) -> None:
        self.actors.adviser_switches(on, webhook=webhook)

    @precondition(lambda self: self.zammad.alive)
    @rule(really=SELDOM, webhook=st.booleans())
    def adviser_closes_the_ticket(self, really: bool, webhook: bool) -> None:
        if really:
            self.actors.adviser_closes(webhook=webhook)

    @precondition(lambda self: self.zammad.alive)
    @rule(which=ANY, internal=st.booleans())
    def adviser_hides_or_shows_an_article(self, which: int, internal: bool) -> None:
        """An adviser's, or one that the bridge has written for the user."""
        ticket = self.zammad.alive[-1]
        shown = ("human ", "echo: ", "[de] ", apology("de"))
        articles = self.zammad.tickets[ticket].articles
        found = [a.id for a in articles if a.body.startswith(shown)]
        if found:
            self.zammad.set_internal(ticket, found[which % len(found)], internal)

    @precondition(lambda self: self.zammad.alive)
    @rule(really=SELDOM, merges=st.booleans())
    def adviser_deletes_or_merges_the_ticket(self, really: bool, merges: bool) -> None:
        if really:
            (self.zammad.merge if merges else self.zammad.delete)(self.zammad.alive[-1])

    @precondition(lambda self: self.zammad.tickets)
    @rule(which=ANY, trouble=TROUBLES)
    def webhook_comes(self, which: int, trouble: Trouble) -> None:
        """For any article, whoever wrote it: late, once more, of a ticket that is gone."""
        articles = [(t, a.id) for t, ticket in self.zammad.tickets.items() for a in ticket.articles]
        self.actors.zammad_tells(*articles[which % len(articles)], trouble)

    @rule(
        seconds=st.sampled_from([1, 10, 24, 24, 70, 300]),
        bot_is_broken=st.booleans(),
        bot_hands_off=SELDOM,
    )
    def time_passes(self, seconds: int, bot_is_broken: bool, bot_hands_off: bool) -> None:
        self.desk.clock.advance(seconds)
        self.desk.bot.broken, self.desk.bot.hands_off = bot_is_broken, bot_hands_off

    @invariant()
    def promises_are_kept(self) -> None:
        self.promises.kept_at_any_time()

    def teardown(self) -> None:
        """In the end, with everything well again, the promises are kept.

        What the user still looks at comes right without an operator and without a webhook; the
        rest with an operator, and once Zammad has told of mergers.
        """
        if not hasattr(self, "zammad"):
            return
        self.desk.bot.broken = False
        for seconds in (130, 130, 130, 300, 1_000, 4_000, 16_000):
            self._all_goes_well(seconds)
        self.promises.the_current_chat_waits_for_nobody()
        self.actors.zammad_tells_of_mergers()
        for _ in range(4):
            self.desk.redrive()
            self._all_goes_well(130)
        self.promises.kept_in_the_end()

    def _all_goes_well(self, seconds: int) -> None:
        self.desk.clock.advance(seconds)
        self.actors.user_reads(CALM)
        self.desk.work_until_done()


TestConversation = Conversation.TestCase
TestConversation.settings = settings(
    settings.get_profile(PROFILE),
    stateful_step_count=40,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
