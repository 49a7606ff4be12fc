"""Answers and errors as clients read them (contracts/chatbot.md, section Response)."""

from __future__ import annotations

import json
from typing import Any

from switchboard.api.http import Response, json_response
from switchboard.domain.chat_completions import message_document, tool_document, usage_document
from switchboard.domain.directory import Chatbot
from switchboard.domain.errors import AppError
from switchboard.domain.session import Answer, ToolUse, TurnRequest

API = "switchboard/v1"


def answer_response(
    chatbot: Chatbot, request: TurnRequest, answer: Answer, created_at: int
) -> Response:
    """`created_at` in milliseconds."""
    body = json.dumps(
        _completion(chatbot, request, answer, created_at), ensure_ascii=False, separators=(",", ":")
    )
    document = {
        "data": {
            "isBase64Encoded": False,
            "statusCode": 200,
            "headers": {"Content-Type": "application/json"},
            "body": body,
        },
        "api": API,
        "thing": "Chatbot",
        "metadata": {
            "command": "chat",
            "thing": "Chatbot",
            "key": request.key,
            "session_key": request.session_key,
        },
    }
    return json_response(200, document)


def error_response(error: AppError, key: str) -> Response:
    """The shape of errors in our own protocol. `key` is what an operator finds the request by."""
    document = {
        "error": {
            "errorClass": type(error).__name__,
            "code": error.code,
            "description": error.detail,
            "status": error.status,
        },
        "api": API,
        "thing": "Chatbot",
        "metadata": {"command": "chat", "key": key},
    }
    return json_response(error.status, document, error_headers(error))


def error_headers(error: AppError) -> dict[str, str]:
    """The headers of an error, whatever shape its body has."""
    headers = {}
    if error.status == 401:
        headers["WWW-Authenticate"] = 'Bearer realm="switchboard"'
    if "allow" in error.data:
        headers["Allow"] = str(error.data["allow"])
    if "retry_after" in error.data:
        headers["Retry-After"] = str(error.data["retry_after"])
    return headers


def _completion(
    chatbot: Chatbot, request: TurnRequest, answer: Answer, created_at: int
) -> dict[str, Any]:
    model = answer.model or chatbot.model
    choice = {
        "index": 0,
        "message": {"role": "assistant", "content": answer.text},
        "finish_reason": answer.finish_reason,
    }
    return {
        "id": f"chatcmpl-{request.key[:32]}",
        "object": "chat.completion",
        "created": created_at // 1000,
        "model": model,
        "choices": [choice],
        "usage": usage_document(answer.usage),
        "metadata": {
            "tool_calls": [_tool_use(use) for use in answer.tool_calls] or None,
            "model": model,
            "temperature": chatbot.temperature,
            "max_completion_tokens": chatbot.max_tokens,
            "input_text": request.messages[-1].content,
            "session_key": request.session_key,
            **({"hands_off": True} if answer.hands_off else {}),
        },
        "smarter": _smarter(answer),
    }


def _smarter(answer: Answer) -> dict[str, Any]:
    """What Smarter's web client shows of a turn: all its messages but the user's.

    Prompts are among it if the manifest asks for diagnostics; otherwise the answer has none.
    """
    section: dict[str, Any] = {
        "messages": [
            {**message_document(message), "smarter_is_new": True} for message in answer.messages
        ],
        "plugins": [
            {"name": name, "pluginClass": plugin_class} for name, plugin_class in answer.plugins
        ],
        "tools": [tool_document(offer) for offer in answer.tools],
    }
    if answer.requests:
        section["requests"] = [
            [message_document(message) for message in prompt] for prompt in answer.requests
        ]
    return section


def _tool_use(use: ToolUse) -> dict[str, Any]:
    plugin = {"name": use.plugin, "pluginClass": use.plugin_class} if use.plugin else None
    return {
        "function_name": use.function,
        "function_args": use.arguments,
        "smarter_plugin": plugin,
    }
