"""How often a model is asked again and how long is waited before: one policy for all providers.

Which failures are worth another attempt is the provider's to say. What a server wishes to be
waited for goes before our own pauses, and the deadline before both.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from switchboard.ports.clock import Clock

ATTEMPTS = 3
FIRST_PAUSE = 0.4
"""In seconds, give or take a half; each pause is twice the one before."""
LEAST_SECONDS = 1.0
"""No attempt begins with less than this left until the deadline."""


@dataclass(slots=True)
class Retries:
    """Of one question. `deadline` is in the clock's milliseconds; `jitter` gives 0 to 1."""

    clock: Clock
    deadline: int
    jitter: Callable[[], float]
    failures: int = 0

    def wait(self, wish: float | None = None) -> bool:
        """Waits after a failure for the next attempt; False at once if there is none to come.

        `wish` is how many seconds the server wants to be left alone; None without one.
        """
        pause = FIRST_PAUSE * 2**self.failures * (0.5 + self.jitter())
        self.failures += 1
        seconds = pause if wish is None else wish
        left = (self.deadline - self.clock.now()) / 1000
        if self.failures >= ATTEMPTS or left < seconds + LEAST_SECONDS:
            return False
        self.clock.sleep(seconds)
        return True
