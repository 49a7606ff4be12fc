"""POST to a chatbot: one turn of a session, answered in the journaled envelope."""

from __future__ import annotations

from dataclasses import dataclass

from chatbot.edge import Call
from chatbot.envelope import answer_response
from chatbot.parsing import read_document, read_messages, read_session_key
from switchboard.api.http import Response
from switchboard.domain.directory import Chatbot
from switchboard.domain.ids import SessionKey
from switchboard.domain.session import SessionId, TurnRequest
from switchboard.ports.clock import Clock, IdSource
from switchboard.ports.sessions import SessionRepository
from switchboard.usecases.take_turn import Turns

TURN_MS = 25_000
"""The gateway gives up after 30 seconds; the rest is for storing and answering."""


@dataclass(frozen=True, slots=True)
class Invoke:
    turns: Turns
    sessions: SessionRepository
    clock: Clock
    ids: IdSource

    def __call__(self, call: Call, chatbot: Chatbot) -> Response:
        started_at = self.clock.now()
        document = read_document(call.request)
        given = read_session_key(call.request, document)
        session_key = given or SessionKey(self.ids.token())
        call.key = SessionId(chatbot.id, session_key).turn_key(call.key)
        request = TurnRequest(
            key=call.key,
            session_key=session_key,
            messages=read_messages(document),
            deadline=started_at + TURN_MS,
            begins=given is None,
        )
        answer = self.turns.take(self.sessions, chatbot, request)
        call.is_stored = True
        call.answer = answer
        return answer_response(chatbot, request, answer, started_at)
