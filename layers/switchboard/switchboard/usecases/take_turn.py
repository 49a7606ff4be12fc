"""A chatbot's turn: plugins selected, the model asked, its tool calls run, the answer stored.

`answer` and `reply` keep nothing and serve callers that hold the conversation themselves, such
as the worker. `take` is a turn of a stored session. All are the same turn (contracts/chatbot.md).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import chain

from switchboard.domain.conversation import ChatMessage, Role, trimmed, turns_of, well_formed
from switchboard.domain.directory import Chatbot
from switchboard.domain.errors import BadRequest
from switchboard.domain.plugins import (
    STATIC_KINDS,
    TOOL_NAME_LENGTH,
    Functions,
    PluginKinds,
    Tool,
    functions_of,
    plugins_called,
    selected,
    system_text,
    tools_of,
)
from switchboard.domain.session import (
    Answer,
    Session,
    SessionId,
    Turn,
    TurnRequest,
    fit_to_store,
)
from switchboard.ports.clock import Clock
from switchboard.ports.models import ModelConnector
from switchboard.ports.sessions import SessionRepository
from switchboard.usecases.tool_rounds import PROMPT_TOKENS, ToolRounds


@dataclass(frozen=True, slots=True)
class Turns:
    """Takes turns as any chatbot. `plugin_kinds` and `functions` are what there are for tools."""

    models: ModelConnector
    clock: Clock
    plugin_kinds: PluginKinds = field(default_factory=lambda: STATIC_KINDS)
    functions: Functions = field(default_factory=dict[str, Tool])

    def answer(
        self, chatbot: Chatbot, texts: Sequence[str], *, deadline: int, language: str = ""
    ) -> Answer:
        """Answers the last of the user's `texts`; the others are what they asked before.

        `deadline` is in the clock's milliseconds, `language` a code such as `de`; without it the
        bot answers as it sees fit. Raises `ModelTimeout`, `RateLimited`, `ModelFailed`, or
        `BadRequest` if there is nothing to answer.
        """
        if not texts or not texts[-1].strip():
            raise BadRequest("There is no question to answer.")
        asked = [ChatMessage(Role.USER, text) for text in texts]
        return self.reply(chatbot, asked, deadline=deadline, language=language)

    def reply(
        self,
        chatbot: Chatbot,
        thread: Sequence[ChatMessage],
        *,
        deadline: int,
        language: str = "",
    ) -> Answer:
        """Answers the last message of the thread, which is the user's. Raises as `answer` does."""
        said = {message.content for message in thread if message.role is Role.USER}
        called = plugins_called(chatbot.plugins, said)
        return self._answer(chatbot, thread, called, deadline, language)

    def take(self, sessions: SessionRepository, chatbot: Chatbot, request: TurnRequest) -> Answer:
        """One turn of a session, stored before this returns.

        From the second turn on only the request's last message counts: the stored thread is the
        truth. The answer always has a text. Raises as `answer` does; then nothing is stored and
        the session stays as it was.
        """
        session_id = SessionId(chatbot.id, request.session_key)
        asked_at = self.clock.now()
        session = Session() if request.begins else sessions.newest_turns(session_id, asked_at)
        question = request.messages[-1]
        if session.turns:
            older = chain.from_iterable(turn.messages for turn in session.turns)
            own: tuple[ChatMessage, ...] = (question,)
            new = {question.content}
        else:
            older = chain(request.messages[:-1])
            own = _newest(request.messages)
            new = {m.content for m in request.messages if m.role is Role.USER}
        called = (
            *chain.from_iterable(turn.terms_matched for turn in session.turns),
            *plugins_called(chatbot.plugins, new),
        )
        answer = self._answer(chatbot, [*older, question], called, request.deadline)
        answer = answer.with_closing_word()
        turn = Turn(
            key=request.key,
            asked_at=session.next_time(asked_at),
            messages=(*own, *answer.messages),
            usage=answer.usage,
            plugins=tuple(name for name, _ in answer.plugins),
            terms_matched=answer.terms_matched,
            model=answer.model,
            ms=self.clock.now() - asked_at,
            tools=tuple((use.function[:TOOL_NAME_LENGTH], use.error) for use in answer.tool_calls),
        )
        sessions.add(session_id, fit_to_store(turn))
        return answer

    def _answer(
        self,
        chatbot: Chatbot,
        messages: Sequence[ChatMessage],
        called: Sequence[str],
        deadline: int,
        language: str = "",
    ) -> Answer:
        """`messages` end with the question; `called` are plugins a term has called, now or once."""
        *older, question = messages
        called = tuple(dict.fromkeys(called))
        plugins = selected(chatbot.plugins, called)
        rounds = ToolRounds(
            gateway=self.models.for_chatbot(chatbot),
            clock=self.clock,
            tools=tools_of(
                plugins, self.plugin_kinds, functions_of(chatbot.functions, self.functions)
            ),
            limit=chatbot.max_iterations,
            deadline=deadline,
            language=language,
            keeps_requests=chatbot.diagnostics,
        )
        system = system_text(chatbot.system_role, plugins, language)
        return rounds.run(
            system,
            turns_of(well_formed(older)),
            question,
            plugins=tuple((plugin.name, plugin.plugin_class) for plugin in plugins),
            terms_matched=called,
        )


def _newest(messages: Sequence[ChatMessage]) -> tuple[ChatMessage, ...]:
    """What a client brought along, as far as a model would see it, and its question."""
    *older, question = messages
    kept = trimmed(turns_of(well_formed(older)), PROMPT_TOKENS)
    return (*chain.from_iterable(kept), question)
