"""A queue in memory that keeps what was sent, without the real one's de-duplication."""

from __future__ import annotations

from collections.abc import Callable

from switchboard.domain.jobs import Job


class ListQueue:
    def __init__(self) -> None:
        self.jobs: list[Job] = []
        self.before_send: Callable[[str], None] = lambda call: None

    def send(self, job: Job, attempt: str = "") -> None:
        self.before_send("send")
        self.jobs.append(job)
