"""A client's request body (contracts/chatbot.md, section Request). Each refusal names the problem.

What a client may not decide is dropped here: system messages, `model`, `temperature`, and the
roles that only Smarter's web client knows.
"""

from __future__ import annotations

from typing import Any

from switchboard.api.http import Request
from switchboard.domain.conversation import ChatMessage, Role, ToolCall, storable
from switchboard.domain.errors import BadRequest, PayloadTooLarge
from switchboard.domain.ids import SessionKey, is_session_key

BODY_BYTES = 1024 * 1024
MESSAGE_BYTES = 32 * 1024
"""What one user message may take: half of a prompt's budget."""
KNOWN_ROLES = ("system", "assistant", "user", "tool", "smarter", "smarter_error")
DROPPED_ROLES = ("system", "smarter", "smarter_error")


def read_document(request: Request) -> dict[str, Any]:
    """Raises `PayloadTooLarge`, or `BadRequest` if the body is not a JSON object."""
    if len(request.body) > BODY_BYTES:
        raise PayloadTooLarge(f"The request body is larger than {BODY_BYTES} bytes.")
    return request.json_object()


def read_session_key(request: Request, document: dict[str, Any]) -> SessionKey | None:
    """From the query, else the body. Raises `BadRequest` for what is none.

    None without one, or with an empty one, as Smarter's web client sends on a first visit.
    """
    for written in (request.query.get("session_key"), document.get("session_key")):
        if written is None or written == "":
            continue
        key = written.lower() if isinstance(written, str) else ""
        if not is_session_key(key):
            raise BadRequest("`session_key` must be 64 hexadecimal digits.")
        return SessionKey(key)
    return None


def read_messages(document: dict[str, Any]) -> tuple[ChatMessage, ...]:
    """The thread up to the user's last message, which is the question. Raises `BadRequest`."""
    listed = document.get("messages")
    if not isinstance(listed, list):
        raise BadRequest(
            "`messages` is missing." if listed is None else "`messages` must be a list."
        )
    read = [_message(entry, place) for place, entry in enumerate(listed)]
    thread = [message for message in read if message is not None]
    while thread and thread[-1].role is not Role.USER:
        thread.pop()
    if not thread:
        raise BadRequest("`messages` holds no message of the role user.")
    question = thread[-1].content
    if not question.strip():
        raise BadRequest("The last user message is empty.")
    if len(question.encode()) > MESSAGE_BYTES:
        raise PayloadTooLarge(f"The last user message is larger than {MESSAGE_BYTES} bytes.")
    return tuple(thread)


def _message(entry: Any, place: int) -> ChatMessage | None:
    """None for a message that is accepted but goes no further."""
    where = f"`messages[{place}]`"
    if not isinstance(entry, dict):
        raise BadRequest(f"{where} must be an object.")
    for name in ("role", "content"):
        if name not in entry:
            raise BadRequest(f"{where} has no `{name}`.")
    role, content = entry["role"], entry["content"]
    if not isinstance(role, str) or role not in KNOWN_ROLES:
        raise BadRequest(f"{where} has an unknown `role`; known are {', '.join(KNOWN_ROLES)}.")
    calls = _tool_calls(entry.get("tool_calls"), where) if role == Role.ASSISTANT else ()
    if content is None and (calls or role in DROPPED_ROLES):
        content = ""
    if not isinstance(content, str):
        raise BadRequest(f"The `content` of {where} must be text.")
    if role in DROPPED_ROLES:
        return None
    call_id = entry.get("tool_call_id") if role == Role.TOOL else ""
    return ChatMessage(
        Role(role), storable(content), calls, storable(call_id) if isinstance(call_id, str) else ""
    )


def _tool_calls(value: Any, where: str) -> tuple[ToolCall, ...]:
    if value is None:
        return ()
    try:
        return tuple(
            ToolCall(
                _text(call["id"]),
                _text(call["function"]["name"]),
                _text(call["function"]["arguments"]),
            )
            for call in value
        )
    except (TypeError, KeyError):
        raise BadRequest(
            f"`tool_calls` of {where} must be as in the chat-completions protocol."
        ) from None


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError
    return storable(value)
