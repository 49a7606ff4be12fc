"""Answers with what it was given; paths under /things ask it to misbehave."""

from __future__ import annotations

import base64
import importlib.util
import os
import time
from typing import Any

from shared import WORD  # type: ignore[import-not-found]

STARTED = time.time_ns()


def handle(event: dict[str, Any], context: Any) -> Any:
    path = event.get("rawPath", "")
    if path.endswith("/raise"):
        raise RuntimeError("asked to")
    if path.endswith("/exit"):
        os._exit(3)
    if path.endswith("/sleep"):
        time.sleep(30)
    if path.endswith("/foreign"):
        return {"found": importlib.util.find_spec("jobs") is not None}
    if path.endswith("/plain"):
        return {"inferred": True}
    if path.endswith("/binary"):
        body = base64.b64encode(bytes(range(256))).decode()
        headers = {"Content-Type": "application/octet-stream"}
        return {"statusCode": 201, "headers": headers, "body": body, "isBase64Encoded": True}
    if path.endswith("/cookies"):
        return {"statusCode": 200, "cookies": ["a=1", "b=2; Path=/"], "headers": {"X-Count": 2}}
    if path.endswith("/empty"):
        return {"statusCode": 204}
    if path.endswith("/wrong"):
        return {"statusCode": 200, "body": {"not": "text"}}
    if path.endswith("/huge"):
        return {"statusCode": 200, "body": "x" * (6 * 1024 * 1024 + 1)}
    return {
        "event": event,
        "environment": dict(os.environ),
        "word": WORD,
        "process": [os.getpid(), STARTED],
        "remaining": context.get_remaining_time_in_millis(),
        "function": context.function_name,
    }
