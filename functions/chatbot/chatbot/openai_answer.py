"""Answers and errors in the form of the OpenAI API, so that its own clients understand them.

The chatbot is the model: its name is the one that `/v1/models` lists and that answers carry.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from chatbot.envelope import error_headers
from switchboard.api.http import Response, json_response
from switchboard.domain.chat_completions import usage_document
from switchboard.domain.directory import Chatbot
from switchboard.domain.errors import AppError, NotFound
from switchboard.domain.session import Answer

_ERROR_TYPES = {
    401: "authentication_error",
    402: "insufficient_quota",
    403: "permission_error",
    429: "rate_limit_error",
}
_FINISH_REASONS = ("stop", "length", "content_filter")


class ModelNotFound(NotFound):
    code = "model_not_found"
    detail = "The model does not exist."

    def __init__(self) -> None:
        super().__init__(param="model")


def completion_response(chatbot: Chatbot, answer: Answer, key: str, created: int) -> Response:
    """The answer in one piece; `created` in seconds."""
    choice = {
        "index": 0,
        "message": {"role": "assistant", "content": answer.text, "refusal": None},
        "logprobs": None,
        "finish_reason": _finish_reason(answer),
    }
    document = {
        **_frame(chatbot, key, created, "chat.completion"),
        "choices": [choice],
        "usage": usage_document(answer.usage),
    }
    return json_response(200, document, _request_id(key))


def stream_response(
    chatbot: Chatbot, answer: Answer, key: str, created: int, *, with_usage: bool
) -> Response:
    """The same as server-sent events, all of them at once: an HTTP API cannot stream.

    JSON in ASCII, because some clients take other characters for the end of a line.
    """
    frame = _frame(chatbot, key, created, "chat.completion.chunk")
    events = [
        json.dumps({**frame, **chunk}, separators=(",", ":"))
        for chunk in _chunks(answer, with_usage)
    ]
    body = "".join(f"data: {event}\n\n" for event in [*events, "[DONE]"])
    headers = {
        "Content-Type": "text/event-stream; charset=utf-8",
        "Cache-Control": "no-store",
        **_request_id(key),
    }
    return Response(200, body.encode(), headers)


def models_response(chatbot: Chatbot, key: str) -> Response:
    """The one model there is."""
    return json_response(200, {"object": "list", "data": [_model(chatbot)]}, _request_id(key))


def model_response(chatbot: Chatbot, key: str) -> Response:
    return json_response(200, _model(chatbot), _request_id(key))


def openai_error(error: AppError, key: str) -> Response:
    """An error in that protocol's shape, with the headers that every error has."""
    other = "invalid_request_error" if error.status < 500 else "server_error"
    document = {
        "error": {
            "message": error.detail,
            "type": _ERROR_TYPES.get(error.status, other),
            "param": error.data.get("param"),
            "code": "invalid_api_key" if error.status == 401 else error.code,
        }
    }
    return json_response(error.status, document, {**error_headers(error), **_request_id(key)})


def _model(chatbot: Chatbot) -> dict[str, Any]:
    return {"id": chatbot.name, "object": "model", "created": 0, "owned_by": "switchboard"}


def _chunks(answer: Answer, with_usage: bool) -> Iterator[dict[str, Any]]:
    usage = {"usage": None} if with_usage else {}
    for delta, finish_reason in (
        ({"role": "assistant", "content": ""}, None),
        ({"content": answer.text}, None),
        ({}, _finish_reason(answer)),
    ):
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish_reason}
        yield {"choices": [choice], **usage}
    if with_usage:
        yield {"choices": [], "usage": usage_document(answer.usage)}


def _finish_reason(answer: Answer) -> str:
    """The tool calls have run here: to the client every answer is an end."""
    return answer.finish_reason if answer.finish_reason in _FINISH_REASONS else "stop"


def _frame(chatbot: Chatbot, key: str, created: int, kind: str) -> dict[str, Any]:
    return {
        "id": f"chatcmpl-{key[:32]}",
        "object": kind,
        "created": created,
        "model": chatbot.name,
    }


def _request_id(key: str) -> dict[str, str]:
    """Under this name the clients of that API tell it to whoever reports an error."""
    return {"X-Request-Id": key}
