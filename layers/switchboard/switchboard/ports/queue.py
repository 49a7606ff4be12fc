"""The way to the worker."""

from __future__ import annotations

from typing import Protocol

from switchboard.domain.jobs import Job


class JobQueue(Protocol):
    def send(self, job: Job, attempt: str = "") -> None:
        """Queues the job. The same job with the same `attempt` within five minutes is queued once."""
        ...
