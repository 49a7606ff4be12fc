"""A queue in memory: it drops what it was sent less than five minutes ago, as the real one."""

from __future__ import annotations

from collections.abc import Callable

from switchboard.domain.errors import QueueUnavailable
from switchboard.domain.jobs import Job
from switchboard.ports.clock import Clock

REMEMBERED_MS = 300_000


class ListQueue:
    """`jobs` are those to be done; whoever does one takes it out. `is_down` lets sending fail."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.jobs: list[Job] = []
        self.is_down = False
        self.before_call: Callable[[str], None] = lambda call: None
        self._sent_at: dict[tuple[Job, str], int] = {}

    def send(self, job: Job, attempt: str = "") -> None:
        self.before_call("send")
        if self.is_down:
            raise QueueUnavailable
        now = self.clock.now()
        sent_at = self._sent_at.get((job, attempt))
        if sent_at is None or now - sent_at >= REMEMBERED_MS:
            self._sent_at[job, attempt] = now
            self.jobs.append(job)
