"""Chatbot sessions in memory."""

from __future__ import annotations

from switchboard.domain.session import TTL_SECONDS, Session, SessionId, Turn

NEWEST = 30


class InMemorySessions:
    """`SessionRepository`. `calls` names the operations in order."""

    def __init__(self) -> None:
        self.calls: list[str] = []
        self._turns: dict[SessionId, dict[tuple[int, str], Turn]] = {}

    def newest_turns(self, session: SessionId, now: int) -> Session:
        self.calls.append("read")
        stored = self._turns.get(session, {})
        newest = [stored[place] for place in sorted(stored)][-NEWEST:]
        alive = tuple(turn for turn in newest if turn.asked_at // 1000 + TTL_SECONDS > now // 1000)
        return Session(alive, newest[-1].asked_at if newest else 0)

    def add(self, session: SessionId, turn: Turn) -> None:
        self.calls.append("write")
        self._turns.setdefault(session, {}).setdefault((turn.asked_at, turn.key), turn)
