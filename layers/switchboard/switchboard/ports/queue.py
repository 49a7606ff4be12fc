"""The way to the worker."""

from __future__ import annotations

from typing import Protocol

from switchboard.domain.jobs import Job


class JobQueue(Protocol):
    def send(self, job: Job, attempt: str = "") -> None:
        """Queues the job, once if it comes with the same `attempt` twice in five minutes.

        Raises `QueueUnavailable`.
        """
        ...
