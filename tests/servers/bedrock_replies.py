"""What Amazon Bedrock's Converse API answers, for the scripted server."""

from __future__ import annotations

import json
from typing import Any

from tests.servers.openai_server import Reply


def converse_text(text: str, stop: str = "end_turn", **usage: int) -> Reply:
    return converse_blocks({"text": text}, stop=stop, **usage)


def converse_tools(*calls: tuple[str, str, Any], **usage: int) -> Reply:
    """Calls as (id, name, input)."""
    uses = [
        {"toolUse": {"toolUseId": call_id, "name": name, "input": given}}
        for call_id, name, given in calls
    ]
    return converse_blocks(*uses, stop="tool_use", **usage)


def converse_blocks(*blocks: Any, stop: str = "end_turn", **usage: int) -> Reply:
    counted = {"inputTokens": 3, "outputTokens": 2, "totalTokens": 5, **usage}
    message = {"role": "assistant", "content": list(blocks)}
    document = {
        "output": {"message": message},
        "stopReason": stop,
        "usage": counted,
        "metrics": {"latencyMs": 1},
    }
    return Reply(body=json.dumps(document))


def converse_error(status: int, code: str, message: str = "No.", **headers: str) -> Reply:
    sent = {"Content-Type": "application/json", "x-amzn-ErrorType": code, **headers}
    return Reply(status, json.dumps({"message": message}), sent)
