"""Which web pages may call a chatbot (contracts/chatbot.md, section Methods).

Browsers may send cookies along, because some clients insist on it; none is ever read (ADR 49).
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from switchboard.api.http import Request, Response
from switchboard.domain.directory import Authentication, Chatbot

ALLOWED_HEADERS = "authorization, content-type, x-api-key, idempotency-key"
CLIENTS_HEADERS = re.compile(
    r"x-(?:smarter|stainless)-[a-z0-9-]{1,40}|x-csrftoken|openai-(?:organization|project)|user-agent"
)
"""What Smarter's web client and OpenAI's JavaScript library send of their own; not read here."""
EXPOSED_HEADERS = "Retry-After, WWW-Authenticate, X-Request-Id"
KEPT_SECONDS = "600"


def cors_headers(
    request: Request, chatbot: Chatbot | None, platform_domain: str
) -> Mapping[str, str]:
    """For every answer. Without a chatbot the platform's own pages may read it."""
    headers = {"Vary": "Origin"}
    origin = request.header("origin")
    if origin and _is_allowed(origin, chatbot, platform_domain):
        headers["Access-Control-Allow-Origin"] = origin
        headers["Access-Control-Allow-Credentials"] = "true"
        headers["Access-Control-Expose-Headers"] = EXPOSED_HEADERS
    return headers


def preflight(
    request: Request, allow: str, chatbot: Chatbot | None, platform_domain: str
) -> Response:
    """The answer to OPTIONS; `cors_headers` decides whether a browser takes it for a yes.

    Only an allowed origin is told which headers of its own client it may send.
    """
    allowed = [ALLOWED_HEADERS]
    if _is_allowed(request.header("origin"), chatbot, platform_domain):
        wanted = request.header("access-control-request-headers").lower().split(",")
        allowed += [name for name in map(str.strip, wanted) if CLIENTS_HEADERS.fullmatch(name)]
    return Response(
        204,
        b"",
        {
            "Allow": allow,
            "Access-Control-Allow-Methods": allow,
            "Access-Control-Allow-Headers": ", ".join(dict.fromkeys(allowed)),
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
