"""The promises with the real handlers, and Hypothesis choosing what happens when.

Several devices in three regions on two Zammads, two workers, an adviser, webhooks that come, come
twice, in any order or never; processes die and calls fail at any I/O call; others run in between.
`HYPOTHESIS_PROFILE=deep` tries more.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from tests.property.interruptions import LATE_SECONDS, Fault, Process
from tests.property.real_desk import REGIONS, RealDesk
from tests.property.real_desk_stage import real_desk
from tests.property.talk import Talk, settle

IS_DEEP = os.environ.get("HYPOTHESIS_PROFILE") == "deep"
CLOSED = 4
KEYLESS_MS = 20_000
"""So long a request without a key is surely taken for a repeated one."""
TALKS = st.integers(0, 3)
ANY = st.integers(0, 30)
PROCESSES = st.one_of(
    st.builds(Process),
    st.builds(Process, st.integers(0, 20), st.sampled_from(Fault)),
)


class RealConversations(RuleBasedStateMachine):
    """The first two devices are of one region; two more have the name of the first elsewhere."""

    desk: RealDesk

    @initialize()
    def begin(self) -> None:
        self.desk.fresh()
        one, other = self.desk.device(), self.desk.device(language="de")
        devices = one, other, *(replace(one, region=region) for region in REGIONS[1:])
        self.talks = [Talk(self.desk, device) for device in devices]
        self.count = 0
        self.last_sent: dict[str, int] = {}
        self.is_late = False

    @rule(talk=TALKS, process=PROCESSES, keyed=st.booleans(), insists=st.booleans())
    def user_sends(self, talk: int, process: Process, keyed: bool, insists: bool) -> None:
        self._send(self.talks[talk], process, keyed, insists)

    @rule(talk=TALKS, process=PROCESSES)
    def user_asks_for_a_new_chat(self, talk: int, process: Process) -> None:
        """Once all is delivered, so that the newest ticket is the newest chat's."""
        talk_ = self.talks[talk]
        if talk_.is_delivered:
            self._send(talk_, process, keyed=True, insists=True, force_new=True)

    @rule(talk=TALKS, process=PROCESSES)
    def user_repeats_the_last_request(self, talk: int, process: Process) -> None:
        talk_ = self.talks[talk]
        is_recent = self.desk.clock.now - self.last_sent.get(talk_.prefix, 0) < KEYLESS_MS
        if talk_.said and (is_recent or talk_.said[-1].fields["key"]):
            talk_.repeat(process)
            self._note(process)

    @rule(talk=TALKS, process=PROCESSES)
    def app_polls(self, talk: int, process: Process) -> None:
        shown = self.desk.read(self.talks[talk].device, process)
        self.talks[talk].assert_all_own(shown or [])

    @rule(talk=TALKS, internal=st.booleans())
    def adviser_writes(self, talk: int, internal: bool) -> None:
        """Not while an answer is on its way that nobody can call back."""
        if self.is_late:
            self.time_passes(LATE_SECONDS + 1, "well")
        if self.talks[talk].tickets:
            self.count += 1
            self.talks[talk].advise(f"advice {self.count}", internal=internal)

    @rule(talk=TALKS, change=st.sampled_from(["bot on", "bot off", "closed"]))
    def adviser_changes_the_ticket(self, talk: int, change: str) -> None:
        talk_ = self.talks[talk]
        if not talk_.tickets:
            return
        changes: dict[str, object] = {"state": "closed"}
        if change != "closed":
            changes, talk_.is_switched = {"automatic_answers": change == "bot on"}, True
        simulator = self.desk.simulators[talk_.device.region]
        simulator.update_ticket(talk_.tickets[-1]["id"], **changes)

    @rule(talk=TALKS)
    def adviser_writes_while_the_bot_thinks(self, talk: int) -> None:
        talk_ = self.talks[talk]
        if talk_.tickets and not self.is_late:
            self.desk.bot.thinks = lambda: self.adviser_writes(talk, False)
            self.desk.work()
            self.desk.bot.thinks = None

    @rule(which=ANY, process=PROCESSES, retried=st.booleans())
    def webhook_comes(self, which: int, process: Process, retried: bool) -> None:
        """Any of them. Zammad tries again what was not answered, or not."""
        waiting = self.desk.collect()
        if waiting:
            delivery = waiting.pop(which % len(waiting))
            answer = self.desk.deliver(delivery, process)
            if retried:
                waiting.append(delivery)
            assert answer is None or answer.status == 200 or process.at is not None, answer.body

    @rule(which=ANY)
    def webhook_is_lost(self, which: int) -> None:
        waiting = self.desk.collect()
        if waiting:
            waiting.pop(which % len(waiting))

    @rule(process=PROCESSES, worker=st.sampled_from(["worker", "second"]))
    def worker_runs_a_job(self, process: Process, worker: str) -> None:
        self.desk.work(process, worker)
        self._note(process)

    @rule(at=st.integers(0, 20), what=st.sampled_from(["job", "poll", "webhook", "send"]), who=ANY)
    def something_happens_while_a_worker_runs(self, at: int, what: str, who: int) -> None:
        def happens() -> None:
            if what == "job":
                self.desk.work_on_the_same()
                self.desk.work(worker="second")
            elif what == "poll":
                self.desk.clock.advance(8)
                self.app_polls(who % 4, Process())
            elif what == "webhook":
                self.webhook_comes(who, Process(), True)
            else:
                self.user_sends(who % 4, Process(), True, True)

        self.desk.work(Process(at, meanwhile=happens))

    @rule(talk=TALKS, process=PROCESSES)
    def device_is_erased(self, talk: int, process: Process) -> None:
        self.talks[talk].erase(process)

    @rule(
        seconds=st.sampled_from([1, 10, 31, 70, 300]),
        mood=st.sampled_from(["well", "well", "human", "broken"]),
    )
    def time_passes(self, seconds: int, mood: str) -> None:
        self.desk.clock.advance(seconds)
        self.desk.bot.mood = mood
        self.is_late = self.is_late and seconds < LATE_SECONDS

    @invariant()
    def promises_are_kept(self) -> None:
        for talk in self.talks:
            talk.assert_promises()

    def teardown(self) -> None:
        if not hasattr(self, "talks"):
            return
        self.desk.bot.mood = "well"
        settle(self.desk, [talk.device for talk in self.talks])
        for talk in self.talks:
            talk.assert_kept()
            gone = [t for t in self.desk.tickets(talk.device) if t not in talk.tickets]
            assert all(ticket["state_id"] == CLOSED for ticket in gone)

    def _send(
        self, talk: Talk, process: Process, keyed: bool, insists: bool, **fields: object
    ) -> None:
        self.count += 1
        self.last_sent[talk.prefix] = self.desk.clock.now
        key = f"key {self.count}" if keyed else ""
        talk.say(f"text {self.count}", process, key=key, **fields)
        if insists:
            talk.insist()
        self._note(process)

    def _note(self, process: Process) -> None:
        struck = process.at is not None and process.at < len(process.calls)
        self.is_late = self.is_late or (struck and process.fault is Fault.LATE)


@pytest.fixture(scope="module", autouse=True)
def desk() -> Iterator[None]:
    """One for all runs: each begins with empty Zammads and devices of its own."""
    with real_desk() as running:
        RealConversations.desk = running
        yield


TestRealConversations = RealConversations.TestCase
TestRealConversations.settings = settings(
    max_examples=int(os.environ.get("HYPOTHESIS_EXAMPLES", "300")) if IS_DEEP else 12,
    stateful_step_count=40 if IS_DEEP else 25,
    deadline=None,
    derandomize=not IS_DEEP,
    database=None,
    suppress_health_check=list(HealthCheck),
)
