"""Every invocation leaves a record and a log line (contracts/chatbot.md, "Journal and limits")."""

from __future__ import annotations

from dataclasses import dataclass

from chatbot.edge import Call, Operation
from switchboard.api.http import Response
from switchboard.api.turn_log import log_turn
from switchboard.domain.conversation import Usage
from switchboard.domain.directory import Chatbot
from switchboard.domain.errors import AppError
from switchboard.domain.journal import Entry, redacted
from switchboard.ports.clock import Clock
from switchboard.ports.journal import Journal
from switchboard.ports.log import Logger


@dataclass(frozen=True, slots=True)
class Journaled:
    """The operation, with an entry in the journal for each call that no session stores.

    A turn is logged with its metrics. A refused key leaves no entry, nor does what a public
    chatbot refuses to somebody without one: strangers must not be able to fill the table.
    """

    operation: Operation
    journal: Journal
    clock: Clock
    logger: Logger

    def __call__(self, call: Call, chatbot: Chatbot) -> Response:
        began_at = self.clock.now()
        try:
            response = self.operation(call, chatbot)
        except AppError as error:
            if error.status >= 500 or not call.is_anonymous:
                self._add(call, chatbot, began_at, error.status, error.detail, error)
            raise
        except Exception:
            self._add(call, chatbot, began_at, 500, AppError.detail, AppError())
            raise
        if call.answer is not None:
            now = self.clock.now()
            log_turn(self.logger, chatbot, call.answer, began_at, now, key=call.key)
        if not call.is_stored:
            text = response.body.decode("utf-8", "replace")
            self._add(call, chatbot, began_at, response.status, text)
        return response

    def _add(
        self,
        call: Call,
        chatbot: Chatbot,
        began_at: int,
        status: int,
        text: str,
        error: AppError | None = None,
    ) -> None:
        """What keeps the entry from being stored does not keep the answer from its reader."""
        answer = call.answer
        entry = Entry(
            key=call.key,
            at=began_at,
            chatbot=chatbot.id,
            route=call.route,
            status=status,
            ms=self.clock.now() - began_at,
            request=redacted(call.request.body.decode("utf-8", "replace")),
            response=redacted(text),
            code=error.code if error else "",
            reason=_reason(error) if error else "",
            model=answer.model if answer else "",
            usage=answer.usage if answer else Usage(),
            plugins=tuple(name for name, _ in answer.plugins) if answer else (),
            tools=tuple((use.function, use.error) for use in answer.tool_calls) if answer else (),
        )
        try:
            self.journal.add(entry)
        except Exception:
            self.logger.exception("the journal has no entry", extra={"key": call.key})


def _reason(error: AppError) -> str:
    """What the model's server said, after the status it answered with."""
    told = (error.data.get("provider_status"), error.data.get("provider_words"))
    return " ".join(str(part) for part in told if part)
