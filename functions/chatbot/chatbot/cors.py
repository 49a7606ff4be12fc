"""Which web pages may call a chatbot (contracts/chatbot.md, section Methods)."""

from __future__ import annotations

from collections.abc import Mapping

from switchboard.api.http import Request, Response
from switchboard.domain.directory import Authentication, Chatbot

ALLOWED_HEADERS = "authorization, content-type, x-api-key, idempotency-key"
KEPT_SECONDS = "600"


def cors_headers(
    request: Request, chatbot: Chatbot | None, platform_domain: str
) -> Mapping[str, str]:
    """For every answer. Without a chatbot the platform's own pages may read it."""
    headers = {"Vary": "Origin"}
    origin = request.header("origin")
    if origin and _is_allowed(origin, chatbot, platform_domain):
        headers["Access-Control-Allow-Origin"] = origin
        headers["Access-Control-Expose-Headers"] = "Retry-After, WWW-Authenticate"
    return headers


def preflight(allow: str) -> Response:
    """The answer to OPTIONS; `cors_headers` decides whether a browser takes it for a yes."""
    return Response(
        204,
        b"",
        {
            "Allow": allow,
            "Access-Control-Allow-Methods": allow,
            "Access-Control-Allow-Headers": ALLOWED_HEADERS,
            "Access-Control-Max-Age": KEPT_SECONDS,
        },
    )


def _is_allowed(origin: str, chatbot: Chatbot | None, platform_domain: str) -> bool:
    allowed = chatbot.allowed_origins if chatbot else ()
    if not allowed:
        return bool(platform_domain) and origin == f"https://{platform_domain}"
    if "*" in allowed and chatbot and chatbot.authentication is Authentication.PUBLIC:
        return True
    return origin in {listed.rstrip("/").lower() for listed in allowed}
