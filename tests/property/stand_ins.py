"""In place of the world around the handlers: a clock that obeys, and an answer service whose
answers tell what they are about."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

from tests.servers.answer_service import ANSWERS, TRANSLATIONS, AnswerService, reply
from tests.servers.openai_server import Reply

START_MS = 1_790_942_400_000


class VirtualClock:
    """Milliseconds since the epoch; time passes only when somebody says so."""

    def __init__(self) -> None:
        self.now = START_MS
        self._events: list[tuple[int, int, Callable[[], object]]] = []
        self._count = itertools.count()

    def advance(self, seconds: float) -> None:
        """What is to happen meanwhile happens, each at its time."""
        until = self.now + round(seconds * 1000)
        while self._events and min(self._events)[0] <= until:
            event = min(self._events)
            self._events.remove(event)
            self.now = max(self.now, event[0])
            event[2]()
        self.now = max(self.now, until)

    def after(self, seconds: float, happens: Callable[[], object]) -> None:
        self._events.append((self.now + round(seconds * 1000), next(self._count), happens))


class Bot(AnswerService):
    """Answers each question with its own words; translates by naming the language.

    `mood` is `well`, `human` (it hands over) or `broken`. `thinks` is done while it thinks.
    """

    mood = "well"
    thinks: Callable[[], object] | None = None

    def take(self, path: str, document: dict[str, Any]) -> Reply:
        if path == ANSWERS:
            self.asked.append(document)
            if self.thinks is not None:
                self.thinks()
            if self.mood == "broken":
                return reply(500)
            text = answer_to(document["messages"][-1]["content"])
            return reply(status="success", answer=text, automatic_answers=self.mood != "human")
        assert path == TRANSLATIONS
        self.translated.append(document)
        text = translated(document["message"], document["target_language"])
        return reply(translation=text, status="success")


def answer_to(text: str) -> str:
    return f"Antwort: {text}"


def translated(text: str, language: str) -> str:
    return f"[{language}] {text}"
