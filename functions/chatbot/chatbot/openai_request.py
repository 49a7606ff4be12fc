"""A request of the OpenAI chat-completions protocol, as far as a chatbot takes it.

The manifest decides what a client would tune: `model`, `temperature`, `max_tokens`, `stop` and
their like are ignored, as are system and developer messages. What would change the form of the
answer is refused by name instead: a client that waits for it would else break on the answer.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from chatbot.parsing import read_document, read_messages
from switchboard.api.http import Request
from switchboard.domain.conversation import ChatMessage
from switchboard.domain.errors import BadRequest


class UnsupportedParameter(BadRequest):
    code = "unsupported_parameter"


@dataclass(frozen=True, slots=True)
class ChatRequest:
    """`messages` end with the user's own; with `with_usage` a stream tells the usage at its end."""

    messages: tuple[ChatMessage, ...]
    streams: bool = False
    with_usage: bool = False


def read_chat_request(request: Request) -> ChatRequest:
    """Raises `BadRequest` whose `data["param"]` names the field, or `PayloadTooLarge`."""
    document = read_document(request)
    _refuse_other_forms(document)
    try:
        messages = read_messages(_plain(document))
    except BadRequest as error:
        error.data.setdefault("param", "messages")
        raise
    streams, options = document.get("stream"), document.get("stream_options")
    if streams is not None and not isinstance(streams, bool):
        raise BadRequest("`stream` must be true or false.", param="stream")
    if options is not None and not isinstance(options, dict):
        raise BadRequest("`stream_options` must be an object.", param="stream_options")
    return ChatRequest(messages, streams is True, (options or {}).get("include_usage") is True)


def _refuse_other_forms(document: dict[str, Any]) -> None:
    for name in ("tools", "functions"):
        if document.get(name):
            raise UnsupportedParameter(
                f"This chatbot runs its own tools; `{name}` of a client are not supported.",
                param=name,
            )
    if document.get("n") not in (None, 1):
        raise UnsupportedParameter("A chatbot gives one answer: `n` must be 1.", param="n")
    if document.get("response_format") not in (None, {"type": "text"}):
        raise UnsupportedParameter(
            "A chatbot answers in text; no other `response_format` is supported.",
            param="response_format",
        )
    if document.get("logprobs"):
        raise UnsupportedParameter("`logprobs` are not supported.", param="logprobs")
    if document.get("modalities") not in (None, ["text"]):
        raise UnsupportedParameter("A chatbot answers in text only.", param="modalities")


def _plain(document: dict[str, Any]) -> dict[str, Any]:
    """The messages as the chatbot's own protocol has them: one text, no role `developer`."""
    messages = document.get("messages")
    if not isinstance(messages, list):
        return document
    return {"messages": [_plain_message(entry, place) for place, entry in enumerate(messages)]}


def _plain_message(entry: Any, place: int) -> Any:
    if not isinstance(entry, dict):
        return entry
    message = dict(entry)
    if message.get("role") == "developer":
        message["role"] = "system"
    if message.get("role") == "assistant" and message.get("content") is None:
        message["content"] = ""
    if isinstance(message.get("content"), list):
        message["content"] = _text(message["content"], f"`messages[{place}]`")
    return message


def _text(parts: list[Any], where: str) -> str:
    """The texts of content parts, each on a line of its own, so that no two words become one."""
    texts = []
    for part in parts:
        kind = part.get("type") if isinstance(part, dict) else None
        text = part.get(kind) if kind in ("text", "refusal") else None
        if not isinstance(text, str):
            raise BadRequest(f"The `content` of {where} must be text or parts of the type text.")
        texts.append(text)
    return "\n".join(texts)
