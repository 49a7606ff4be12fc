"""The OpenAI protocol: one turn of a thread that the client keeps, and the list of models."""

from __future__ import annotations

from dataclasses import dataclass

from chatbot.edge import Call
from chatbot.invoke import TURN_MS
from chatbot.openai_answer import (
    ModelNotFound,
    completion_response,
    model_response,
    models_response,
    stream_response,
)
from chatbot.openai_request import read_chat_request
from switchboard.api.http import Response
from switchboard.domain.directory import Chatbot
from switchboard.domain.ids import chatbot_name
from switchboard.ports.clock import Clock
from switchboard.usecases.take_turn import Turns


@dataclass(frozen=True, slots=True)
class Complete:
    turns: Turns
    clock: Clock

    def __call__(self, call: Call, chatbot: Chatbot) -> Response:
        started_at = self.clock.now()
        asked = read_chat_request(call.request)
        answer = self.turns.reply(chatbot, asked.messages, deadline=started_at + TURN_MS)
        answer = answer.with_closing_word()
        call.answer = answer
        created = started_at // 1000
        if asked.streams:
            return stream_response(chatbot, answer, call.key, created, with_usage=asked.with_usage)
        return completion_response(chatbot, answer, call.key, created)


def list_models(call: Call, chatbot: Chatbot) -> Response:
    return models_response(chatbot, call.key)


def show_model(call: Call, chatbot: Chatbot) -> Response:
    """Raises `ModelNotFound` for any model but the chatbot itself."""
    if chatbot_name(call.address.model) != chatbot.name:
        raise ModelNotFound
    return model_response(chatbot, call.key)
