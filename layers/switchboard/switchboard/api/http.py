"""Neutral requests and responses, and their form at the gateway (payload format 2.0).

The only place that knows the event's shape. A function URL and an HTTP API send the same one.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from switchboard.domain.errors import BadRequest

TEXT_TYPES = ("text/", "application/json", "application/javascript", "image/svg+xml")


@dataclass(frozen=True, slots=True)
class Request:
    """`host` is lower-case and has no port; header names are lower-case; `path` starts with `/`."""

    method: str
    path: str
    host: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    source_address: str = ""
    request_id: str = ""

    def header(self, name: str) -> str:
        return self.headers.get(name, "")

    def json_object(self) -> dict[str, Any]:
        """The body as a JSON object. Raises `BadRequest` that says what is wrong with it."""
        try:
            document = json.loads(self.body)
        except (ValueError, RecursionError):
            raise BadRequest("The request body is not valid JSON.") from None
        if not isinstance(document, dict):
            raise BadRequest("The request body must be a JSON object.")
        return document


@dataclass(frozen=True, slots=True)
class Response:
    """`log` is what the request's log line says of it, and the client never reads."""

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    log: Mapping[str, object] = field(default_factory=dict)

    def with_headers(self, headers: Mapping[str, str]) -> Response:
        """The same response with these headers added; its own win."""
        return replace(self, headers={**headers, **self.headers})


def json_response(status: int, document: Any, headers: Mapping[str, str] | None = None) -> Response:
    """JSON that no cache keeps, unless `headers` say otherwise."""
    body = json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()
    base = {"Content-Type": "application/json; charset=utf-8", "Cache-Control": "no-store"}
    return Response(status, body, {**base, **(headers or {})})


def request_from_event(event: Mapping[str, Any]) -> Request:
    """A payload-2.0 event as a request. Raises `BadRequest` on a body that is not its base64."""
    context = event["requestContext"]
    body = event.get("body") or ""
    if event.get("isBase64Encoded"):
        try:
            raw = base64.b64decode(body, validate=True)
        except (binascii.Error, ValueError):
            raise BadRequest("The request body is not valid base64.") from None
    else:
        raw = body.encode("utf-8", "surrogatepass")
    return Request(
        method=context["http"]["method"].upper(),
        path=_path(event["rawPath"], context.get("stage", "$default")),
        host=context["domainName"].lower().partition(":")[0].rstrip("."),
        headers={name.lower(): value for name, value in event.get("headers", {}).items()},
        query=event.get("queryStringParameters") or {},
        body=raw,
        source_address=context["http"].get("sourceIp", ""),
        request_id=context.get("requestId", ""),
    )


def response_to_event(response: Response, *, head: bool = False) -> dict[str, Any]:
    """The answer as the gateway wants it; with `head` the body is left out, its length is told."""
    content_type = response.headers.get("Content-Type", "")
    answer: dict[str, Any] = {"statusCode": response.status, "headers": dict(response.headers)}
    if head:
        answer["body"] = ""
        if response.body:
            answer["headers"]["Content-Length"] = str(len(response.body))
    elif not response.body or (
        content_type.startswith(TEXT_TYPES)
        # A download goes byte by byte, whatever it says of itself.
        and "Content-Disposition" not in response.headers
    ):
        answer["body"] = response.body.decode()
    else:
        answer["body"] = base64.b64encode(response.body).decode()
        answer["isBase64Encoded"] = True
    return answer


def _path(raw_path: str, stage: str) -> str:
    """The path without the stage, which the gateway leaves in front of it on its own host name."""
    prefix = f"/{stage}"
    if stage != "$default" and (raw_path == prefix or raw_path.startswith(prefix + "/")):
        raw_path = raw_path[len(prefix) :]
    return raw_path or "/"
