"""Which web pages may use a region's chat (contracts/userchat.md, "Routes"). Never credentials."""

from __future__ import annotations

import re
from collections.abc import Mapping

from switchboard.api.http import Request, Response
from switchboard.domain.directory import Region

EXPOSED = {"Access-Control-Expose-Headers": "Content-Disposition, ETag, Retry-After"}
ANY_ORIGIN = {"Access-Control-Allow-Origin": "*", **EXPOSED}
KEPT_SECONDS = "86400"
_REGION = re.compile(r"/api/v3/(?!regions/?$|regions/)([-A-Za-z0-9_]{1,200})/.", re.ASCII)


def region_in(path: str) -> str | None:
    """The slug of the region whose chat the path is about; region lists are about none."""
    match = _REGION.match(path)
    return match.group(1) if match else None


def cors_headers(request: Request, region: Region | None) -> Mapping[str, str]:
    """For every answer: any origin, unless the region lists its own; then exactly these."""
    if region is None or not region.allowed_origins or "*" in region.allowed_origins:
        return ANY_ORIGIN
    origin = request.header("origin")
    if origin in region.allowed_origins:
        return {"Access-Control-Allow-Origin": origin, "Vary": "Origin", **EXPOSED}
    return {"Vary": "Origin"}


def preflight(request: Request, allow: str) -> Response:
    """The answer to OPTIONS; `cors_headers` decides whether a browser takes it for a yes."""
    allowed = {
        "Access-Control-Allow-Methods": allow,
        "Access-Control-Allow-Headers": "content-type, idempotency-key, if-none-match",
        "Access-Control-Max-Age": KEPT_SECONDS,
    }
    return Response(204, b"", {"Allow": allow, "Cache-Control": "no-store", **allowed})
