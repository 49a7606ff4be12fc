"""POST to a chatbot: one turn of a session, answered in the journaled envelope."""

from __future__ import annotations

from dataclasses import dataclass

from chatbot.edge import Call
from chatbot.envelope import answer_response
from chatbot.parsing import read_document, read_messages, read_session_key
from switchboard.api.http import Response
from switchboard.api.router import Logger
from switchboard.domain.directory import Chatbot
from switchboard.domain.ids import SessionKey
from switchboard.domain.session import Answer, TurnRequest
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
    logger: Logger

    def __call__(self, call: Call, chatbot: Chatbot) -> Response:
        started_at = self.clock.now()
        document = read_document(call.request)
        session_key = read_session_key(call.request, document)
        request = TurnRequest(
            key=call.key,
            session_key=session_key or SessionKey(self.ids.token()),
            messages=read_messages(document),
            deadline=started_at + TURN_MS,
            begins=session_key is None,
        )
        answer = self.turns.take(self.sessions, chatbot, request)
        self._log(call, chatbot, answer)
        return answer_response(chatbot, request, answer, started_at)

    def _log(self, call: Call, chatbot: Chatbot, answer: Answer) -> None:
        """Names and numbers only: no text of anyone's, no session key."""
        self.logger.info(
            "turn",
            extra={
                "key": call.key,
                "chatbot": chatbot.id,
                "provider": chatbot.provider,
                "model": answer.model,
                "prompt_tokens": answer.usage.prompt_tokens,
                "completion_tokens": answer.usage.completion_tokens,
                "plugins": [name for name, _ in answer.plugins],
                "tools": [[use.plugin, use.error] for use in answer.tool_calls],
                "hands_off": answer.hands_off,
            },
        )
