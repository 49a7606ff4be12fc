"""What the local stack saw happen: the last two hundred events, in the order of time.

`narration` finds the words, and lets no text and no device into them. Nothing is fetched or sorted
before somebody asks, so that a stack without onlookers does no work for them.
"""

from __future__ import annotations

import secrets
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable
from typing import Any

from switchboard_cli.local import narration
from switchboard_cli.local.events import HttpRequest, HttpResponse
from switchboard_cli.local.narration import Event

KEPT = 200
_SETTLING_SECONDS = 0.3
"""A request is told when it ends and counts from when it began; so events are not numbered at once.

One that took longer has a higher number than what happened meanwhile.
"""


class Activity:
    """`look` fetches what is not told by itself: events since it was called last.

    `name_of` gives a chatbot's name for its id.
    """

    def __init__(self, now: Callable[[], float] = time.time) -> None:
        self.look: Callable[[], Iterable[Event]] = tuple
        self.name_of: Callable[[str], str] = str
        self._now = now
        self._stack = secrets.token_hex(4)
        self._new: deque[Event] = deque(maxlen=KEPT)
        self._events: deque[tuple[int, Event]] = deque(maxlen=KEPT)
        self._last = 0
        self._polls = 0
        self._lock = threading.Lock()
        self._reading = threading.Lock()

    def request(
        self, function: str, request: HttpRequest, response: HttpResponse, seconds: float
    ) -> None:
        """A function, called by its short name, has answered a request."""
        if narration.is_poll(function, request, response):
            with self._lock:
                self._polls += 1
            return
        self._add(narration.of_request(self._now() - seconds, function, request, response, seconds))

    def job(self, body: str, is_done: bool, seconds: float) -> None:
        """A queue message was handed over to a function."""
        self._add(narration.of_job(self._now(), body, is_done, seconds))

    def line(self, line: str) -> None:
        """A function wrote this into its log."""
        self._add(narration.of_record(self._now(), line, self.name_of))

    def _add(self, event: Event | None) -> None:
        if event:
            with self._lock:
                self._new.append(event)

    def after(self, number: int) -> dict[str, Any]:
        """The events above this number, oldest first, as JSON shows them; `at` in milliseconds.

        `stack` is another one after a restart: numbers begin again at one.
        """
        with self._reading:
            settled = self._now() - _SETTLING_SECONDS
            found = list(self.look())
            with self._lock:
                self._number([*self._new, *found], settled)
                return {
                    "stack": self._stack,
                    "last": self._last,
                    "polls": self._polls,
                    "events": [_document(n, event) for n, event in self._events if n > number],
                }

    def _number(self, waiting: list[Event], settled: float) -> None:
        waiting.sort(key=lambda event: event.at)
        self._new.clear()
        for event in waiting:
            if event.at <= settled:
                self._last += 1
                self._events.append((self._last, event))
            else:
                self._new.append(event)


def _document(number: int, event: Event) -> dict[str, Any]:
    return {
        "number": number,
        "at": round(event.at * 1000),
        "kind": event.kind,
        "text": event.text,
        "detail": event.detail,
        "ticket": event.ticket,
    }
