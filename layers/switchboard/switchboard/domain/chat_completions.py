"""Messages and tools in the form of the chat-completions protocol.

Model servers are sent this form and clients read it in our answers. Fields without a value are
left out: some servers refuse a null.
"""

from __future__ import annotations

from typing import Any

from switchboard.domain.conversation import ChatMessage, Role, ToolOffer, Usage


def message_document(message: ChatMessage) -> dict[str, Any]:
    document: dict[str, Any] = {"role": message.role.value, "content": message.content}
    if message.role is Role.TOOL:
        document["tool_call_id"] = message.tool_call_id
    if message.tool_calls:
        document["tool_calls"] = [
            {
                "id": call.id,
                "type": "function",
                "function": {"name": call.name, "arguments": call.arguments},
            }
            for call in message.tool_calls
        ]
    return document


def tool_document(offer: ToolOffer) -> dict[str, Any]:
    function = {
        "name": offer.name,
        "description": offer.description,
        "parameters": offer.parameters,
    }
    return {"type": "function", "function": function}


def usage_document(usage: Usage) -> dict[str, int]:
    return {
        "prompt_tokens": usage.prompt_tokens,
        "completion_tokens": usage.completion_tokens,
        "total_tokens": usage.total_tokens,
    }
