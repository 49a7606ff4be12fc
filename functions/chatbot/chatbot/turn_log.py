"""The one log line of a turn, whatever protocol it was asked in."""

from __future__ import annotations

from chatbot.edge import Call
from switchboard.api.router import Logger
from switchboard.domain.directory import Chatbot
from switchboard.domain.session import Answer


def log_turn(logger: Logger, call: Call, chatbot: Chatbot, answer: Answer) -> None:
    """Names and numbers only: no text of anyone's, no session key. Notes the answer in the call."""
    call.answer = answer
    logger.info(
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
