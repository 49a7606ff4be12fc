"""HTTP requests as events, and functions' answers as HTTP responses (payload format 2.0).

As the API Gateway developer guide describes the Lambda integration of an HTTP API, and the Lambda
guide the function URL. The two differ in the path (an HTTP API decodes it) and in the errors.
"""

from __future__ import annotations

import base64
import json
import secrets
import time
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, unquote

from switchboard_cli.local.names import ACCOUNT

API_ID = "local"
_TEXT_TYPES = ("application/json", "application/xml", "application/javascript")


class BadAnswer(Exception):
    """The function's answer is not one that the gateway can pass on."""


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """A request as it came in: `target` is not decoded, `headers` keep order and duplicates."""

    method: str
    target: str
    headers: tuple[tuple[str, str], ...]
    body: bytes = b""
    source_address: str = "127.0.0.1"
    protocol: str = "HTTP/1.1"
    port: int = 80

    def header(self, name: str) -> str:
        return next((value for key, value in self.headers if key.lower() == name), "")

    @property
    def host(self) -> str:
        """Lower-case, without port."""
        host = self.header("host").lower()
        return host.partition("]")[0] + "]" if host.startswith("[") else host.partition(":")[0]

    @property
    def raw_path(self) -> str:
        return self.target.partition("?")[0] or "/"

    @property
    def path(self) -> str:
        return unquote(self.raw_path)


@dataclass(frozen=True, slots=True)
class HttpResponse:
    status: int
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = field(default_factory=tuple)


def gateway_event(
    request: HttpRequest, route_key: str, path_parameters: Mapping[str, str]
) -> dict[str, Any]:
    """The event of an HTTP API with the stage `$default`."""
    path = request.path.partition("?")[0]
    event = _event(request, route_key, path, secrets.token_urlsafe(11) + "=")
    if path_parameters:
        event["pathParameters"] = dict(path_parameters)
    return event


def function_url_event(request: HttpRequest) -> dict[str, Any]:
    """The event of a function URL."""
    event = _event(request, "$default", request.raw_path, str(uuid.uuid4()))
    event["requestContext"]["accountId"] = "anonymous"
    return event


def _event(request: HttpRequest, route_key: str, path: str, request_id: str) -> dict[str, Any]:
    query = request.target.partition("?")[2]
    cookies = [value for name, value in request.headers if name.lower() == "cookie"]
    now = time.time()
    event: dict[str, Any] = {
        "version": "2.0",
        "routeKey": route_key,
        "rawPath": path,
        "rawQueryString": query,
        "headers": _headers(request, int(now)),
        "requestContext": {
            "accountId": ACCOUNT,
            "apiId": API_ID,
            "domainName": request.host,
            "domainPrefix": request.host.partition(".")[0],
            "http": {
                "method": request.method,
                "path": path,
                "protocol": request.protocol,
                "sourceIp": request.source_address,
                "userAgent": request.header("user-agent"),
            },
            "requestId": request_id,
            "routeKey": route_key,
            "stage": "$default",
            "time": time.strftime("%d/%b/%Y:%H:%M:%S +0000", time.gmtime(now)),
            "timeEpoch": int(now * 1000),
        },
        "isBase64Encoded": False,
    }
    if cookies:
        event["cookies"] = [part.strip() for value in cookies for part in value.split(";")]
    if query:
        event["queryStringParameters"] = _joined(parse_qsl(query, keep_blank_values=True))
    if request.body:
        event["body"], event["isBase64Encoded"] = _event_body(request)
    return event


def _joined(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    values: dict[str, str] = {}
    for name, value in pairs:
        values[name] = f"{values[name]},{value}" if name in values else value
    return values


def _headers(request: HttpRequest, now: int) -> dict[str, str]:
    given = ((name.lower(), value) for name, value in request.headers)
    headers = _joined((name, value) for name, value in given if name != "cookie")
    forwarded = headers.get("x-forwarded-for")
    headers["x-forwarded-for"] = ", ".join(filter(None, (forwarded, request.source_address)))
    headers["x-forwarded-port"] = str(request.port)
    headers["x-forwarded-proto"] = "http"
    headers["x-amzn-trace-id"] = f"Root=1-{now:08x}-{secrets.token_hex(12)}"
    return headers


def _event_body(request: HttpRequest) -> tuple[str, bool]:
    kind = request.header("content-type").partition(";")[0].strip().lower()
    if kind.startswith("text/") or kind in _TEXT_TYPES or kind.endswith(("+json", "+xml")):
        try:
            return request.body.decode(), False
        except UnicodeDecodeError:
            pass
    return base64.b64encode(request.body).decode(), True


def response_from_answer(answer: Any) -> HttpResponse:
    """The response of format 2.0; without `statusCode` it is inferred. Raises `BadAnswer`."""
    if not isinstance(answer, dict) or "statusCode" not in answer:
        text = answer if isinstance(answer, str) else json.dumps(answer, ensure_ascii=False)
        return HttpResponse(200, text.encode(), (("content-type", "application/json"),))
    try:
        status = int(answer["statusCode"])
        headers = [
            (str(name).lower(), _text(value))
            for name, value in (answer.get("headers") or {}).items()
        ]
        headers += [("set-cookie", str(cookie)) for cookie in answer.get("cookies") or []]
        body = answer.get("body")
        if body is not None and not isinstance(body, str):
            raise BadAnswer("`body` is not a string")
        encoded = bool(answer.get("isBase64Encoded"))
        content = base64.b64decode(body or "", validate=True) if encoded else (body or "").encode()
    except (TypeError, ValueError, AttributeError) as error:
        raise BadAnswer(str(error)) from error
    if not 200 <= status <= 599:
        raise BadAnswer(f"`statusCode` is {status}")
    if any("\n" in value or "\r" in value for _, value in headers):
        raise BadAnswer("a header has a line break")
    if content and "content-type" not in dict(headers):
        headers.append(("content-type", "text/plain;charset=UTF-8"))
    return HttpResponse(status, content, tuple(headers))


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def gateway_error(status: int, message: str) -> HttpResponse:
    """What API Gateway says itself."""
    body = json.dumps({"message": message}, separators=(",", ":")).encode()
    return HttpResponse(status, body, (("content-type", "application/json"),))
