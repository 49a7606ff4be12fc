"""Storing chatbot sessions."""

from __future__ import annotations

from typing import Protocol

from switchboard.domain.session import Session, SessionId, Turn


class SessionRepository(Protocol):
    def newest_turns(self, session: SessionId, now: int) -> Session:
        """The session's newest turns that have not expired, in one strongly consistent read.

        An unknown session is an empty one. `now` is in milliseconds.
        """
        ...

    def add(self, session: SessionId, turn: Turn) -> None:
        """Stores the turn in one write. Nothing stored before is touched, so none can be lost.

        A turn of the same time and key that is there already stays as it is: it is this one,
        stored by a request whose answer was lost.
        """
        ...
