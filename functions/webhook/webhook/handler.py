"""Wiring of Zammad's webhook: one route, on the function's own URL and behind the API."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from switchboard.api.http import Request, Response, json_response
from switchboard.api.router import HttpEdge, route
from switchboard.domain.errors import AppError
from switchboard.runtime import compose
from webhook.composition import build

reception = compose(build)


def receive(request: Request) -> Response:
    received = reception.receive(request)
    response = json_response(200, received.answer)
    if not received.reason:
        return response
    return replace(response, log={"region": received.region, "reason": received.reason})


def render_error(error: AppError, request: Request) -> Response:
    headers = {"Allow": error.data["allow"]} if "allow" in error.data else None
    return json_response(error.status, {"error": error.detail, "code": error.code}, headers)


edge = HttpEdge(
    (route("/", POST=receive), route("/api/v3/webhook/zammad/", POST=receive)),
    logger=reception.logger,
    render_error=render_error,
    headers=lambda request: {},
    preflight=lambda request, allow: Response(204, b"", {"Allow": allow}),
)


def handle(event: Mapping[str, Any], context: object) -> dict[str, Any]:
    """Entry point: one event of the function URL or the HTTP API in, its answer out."""
    return edge.serve(event)
