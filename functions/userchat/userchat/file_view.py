"""A file as the app gets it (contracts/userchat.md, "Attachments")."""

from __future__ import annotations

import re

from switchboard.api.http import Response
from switchboard.api.router import Endpoint, Route, route
from userchat.read_attachment import Download

CHAT = "/api/v3/{region}/{language}/chat/{device_id}"


def file_response(download: Download) -> Response:
    """200 with the bytes, never to be run or shown as a page; 303 to where they are."""
    if download.address:
        return Response(303, b"", {"Location": download.address, "Cache-Control": "no-store"})
    headers = {
        "Content-Type": download.content_type,
        "Content-Disposition": download.disposition,
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "private",
    }
    if download.size:
        headers["Content-Length"] = download.size
    return Response(200, download.data, headers)


def attachment_route(**endpoints: Endpoint) -> Route:
    """The route of files. An id may be anything: what is none gets the answer for all others."""
    chat = route(CHAT, **endpoints)
    pattern = chat.pattern.pattern.removesuffix("/?") + "/(?P<attachment_id>[^/]+)/?"
    return Route(f"{CHAT}/{{attachment_id}}/", re.compile(pattern, re.ASCII), endpoints)
