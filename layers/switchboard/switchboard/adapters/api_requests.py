"""A plugin's request to a service: built from the manifest, sent, and its answer made readable.

Arguments are data wherever they go: they change neither host nor path nor headers beyond their
place. Neither the address nor a secret goes into an error, because the model reads those.
Imports `requests`: only what sends a request imports this module.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from switchboard.adapters.outgoing import HttpAnswer, NotReached, TooLate, send
from switchboard.adapters.plugin_kinds import Resources
from switchboard.domain.parameters import PLACEHOLDER, WrongArgument, placeholders
from switchboard.domain.plugins import ToolFailed

SECONDS = 10.0
"""What a request may take where the connection's manifest does not say."""
ANSWER_BYTES = 1_000_000
FAILURE_LENGTH = 500
"""Characters of a failure's text that the model is told."""
BODILESS = ("GET", "DELETE")
READABLE = ("text/", "application/xml", "application/javascript", "application/yaml")
HIDDEN = "[hidden]"


def call(
    data: Mapping[str, Any], values: Mapping[str, Any], resources: Resources, until: int
) -> str:
    """The service's answer as text. Raises `ToolFailed` or `WrongArgument`."""
    connection = data["connection"]
    allowed = bool(connection.get("allowPrivateAddresses"))
    base = urlsplit(str(connection["baseUrl"]))
    if base.scheme != "https" and not allowed:
        raise ToolFailed("The service is not addressed by https.")
    method = str(data.get("method") or "GET")
    secret = resources.secret(connection.get("apiKey"), "key of the service")
    headers = {**_headers(data, values), **_authorization(connection, secret)}
    seconds = min(float(connection.get("timeout") or SECONDS), resources.seconds_left(until))
    if seconds <= 0:
        raise ToolFailed("There was no time left to ask the service.")
    try:
        answer = send(
            method,
            f"{base.scheme}://{base.netloc}{_path(base.path, data, values)}{_query(data, values)}",
            None if method in BODILESS else _body(data, values),
            headers,
            seconds=seconds,
            most_bytes=ANSWER_BYTES,
            public_only=not allowed,
        )
    except TooLate:
        raise ToolFailed("The service did not answer in time.") from None
    except NotReached:
        raise ToolFailed(
            "The service was not reached: it is not there, its address is not a public one, or its"
            " answer is too large."
        ) from None
    text = _without(secret, connection, _readable(answer, data.get("limit")))
    return _told(answer, text)


def _authorization(connection: Mapping[str, Any], secret: str) -> dict[str, str]:
    match connection.get("authMethod"):
        case "bearer" | "token":
            return {"Authorization": f"Bearer {secret}"}
        case "basic":
            return {"Authorization": f"Basic {_basic(connection, secret)}"}
        case "apiKey":
            return {str(connection.get("headerName") or "X-API-Key"): secret}
    return {}


def _basic(connection: Mapping[str, Any], secret: str) -> str:
    return base64.b64encode(f"{connection.get('username') or ''}:{secret}".encode()).decode()


def _path(base: str, data: Mapping[str, Any], values: Mapping[str, Any]) -> str:
    """Each argument stays within its segment of the path."""
    segments = []
    for template in str(data["endpoint"]).split("/")[1:]:
        segment = template
        for name in placeholders(template):
            text = _as_text(values[name])
            if re.search(r"[/\\]", text):
                raise WrongArgument(f"{name} may not have a slash")
            segment = segment.replace(f"{{{name}}}", quote(text, safe=""), 1)
        if segment != template and segment in ("", ".", ".."):
            raise WrongArgument(f"{', '.join(placeholders(template))} may not be empty or dots")
        segments.append(segment)
    return f"{base.rstrip('/')}/{'/'.join(segments)}"


def _query(data: Mapping[str, Any], values: Mapping[str, Any]) -> str:
    pairs = [(item["name"], item["value"]) for item in data.get("urlParams") or ()]
    filled = [(name, _filled(template, values)) for name, template in pairs]
    if str(data.get("method") or "GET") in BODILESS:
        filled += _unplaced(data, values).items()
    query = urlencode([(name, _as_text(value)) for name, value in filled if value is not None])
    return f"?{query}" if query else ""


def _headers(data: Mapping[str, Any], values: Mapping[str, Any]) -> dict[str, str]:
    headers = {}
    for item in data.get("headers") or ():
        value = _filled(item["value"], values)
        if value is None:
            continue
        text = _as_text(value)
        if not re.fullmatch(r"[\x20-\x7e]*", text):
            names = ", ".join(placeholders(item["value"]))
            raise WrongArgument(f"{names} may have nothing but ASCII characters on one line")
        headers[str(item["name"])] = text.strip()
    return headers


def _body(data: Mapping[str, Any], values: Mapping[str, Any]) -> Any:
    body = _filled(data.get("body") or {}, values)
    return {**body, **_unplaced(data, values)} if isinstance(body, dict) else body


def _unplaced(data: Mapping[str, Any], values: Mapping[str, Any]) -> dict[str, Any]:
    """Arguments that no placeholder asks for: they go along under their own names."""
    fields = ("endpoint", "urlParams", "headers", "body")
    placed = {name for field in fields for name in placeholders(data.get(field))}
    return {n: value for n, value in values.items() if n not in placed and value is not None}


def _filled(template: Any, values: Mapping[str, Any]) -> Any:
    """The template with arguments; `{name}` alone keeps the argument's type, None included."""
    match template:
        case str():
            alone = PLACEHOLDER.fullmatch(template)
            if alone:
                return values[alone[1]]
            return PLACEHOLDER.sub(lambda found: _as_text(values[found[1]]), template)
        case Mapping():
            filled = {name: _filled(value, values) for name, value in template.items()}
            return {name: value for name, value in filled.items() if value is not None}
        case list() | tuple():
            return [_filled(value, values) for value in template]
    return template


def _as_text(value: Any) -> str:
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _told(answer: HttpAnswer, text: str) -> str:
    """What the model is told of an answer. Raises `ToolFailed` for any but a success."""
    if 200 <= answer.status < 300:
        return text
    if 300 <= answer.status < 400:
        raise ToolFailed("The service answered with a redirect, which is not followed.")
    status = f"The service answered with the status {answer.status}"
    raise ToolFailed(f"{status}: {text[:FAILURE_LENGTH]}" if answer.body else f"{status}.")


def _readable(answer: HttpAnswer, limit: Any) -> str:
    content_type = answer.headers.get("content-type", "").lower()
    if not answer.body:
        return "The service answered without content."
    document = answer.document
    if document is not None:
        return json.dumps(_cut(document, int(limit)) if limit else document, ensure_ascii=False)
    charset = re.search(r"charset=\"?([-\w]+)", content_type)
    if not content_type or content_type.startswith(READABLE) or "json" in content_type:
        try:
            return answer.body.decode(charset[1] if charset else "utf-8", "replace")
        except LookupError:
            return answer.body.decode("utf-8", "replace")
    kind = re.sub(r"[^-+./\w]", "", content_type.partition(";")[0])[:100]
    return f"The service answered with {len(answer.body)} bytes of {kind}, which is no text."


def _cut(document: Any, limit: int) -> Any:
    """Lists at the top, or one below it, with at most `limit` items."""
    match document:
        case list():
            return document[:limit]
        case dict():
            return {n: v[:limit] if isinstance(v, list) else v for n, v in document.items()}
    return document


def _without(secret: str, connection: Mapping[str, Any], text: str) -> str:
    """A service may repeat what it was sent; the model need not know it."""
    for hidden in (secret, _basic(connection, secret)) if secret else ():
        text = text.replace(hidden, HIDDEN)
    return text
