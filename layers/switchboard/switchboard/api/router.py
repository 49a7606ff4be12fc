"""From a request to its route, and from an error to its answer.

A route serves its path with and without the trailing slash and never redirects. HEAD is GET
without a body, OPTIONS has no side effects, any other method is a 405 that lists what is allowed.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from switchboard.api.http import Request, Response, request_from_event, response_to_event
from switchboard.domain.errors import AppError, MethodNotAllowed, NotFound
from switchboard.ports.log import Logger

Endpoint = Callable[..., Response]
"""Called with the request, and the values of the path by name."""


@dataclass(frozen=True, slots=True)
class Route:
    """`template` is what logs show in place of the path, which may name a device."""

    template: str
    pattern: re.Pattern[str]
    endpoints: Mapping[str, Endpoint]

    @property
    def allow(self) -> str:
        methods = set(self.endpoints) | {"OPTIONS"}
        if "GET" in methods:
            methods.add("HEAD")
        return ", ".join(sorted(methods))


def route(template: str, **endpoints: Endpoint) -> Route:
    """`route("/a/{b}/", GET=read)`: a value matches what contracts/userchat.md allows in a path."""
    pattern = re.sub(
        r"\\{(\w+)\\}", r"(?P<\1>[-A-Za-z0-9_]{1,200})", re.escape(template.rstrip("/"))
    )
    return Route(template, re.compile(pattern + "/?", re.ASCII), endpoints)


class HttpEdge:
    """Serves gateway events from `routes`.

    `render_error(error, request)` gives the answer for an `AppError`; anything else that is
    raised is logged and rendered as a plain `AppError`. `headers(request)` is added to every
    answer: CORS, mostly. `preflight(request, allow)` answers OPTIONS.
    """

    def __init__(
        self,
        routes: tuple[Route, ...],
        *,
        logger: Logger,
        render_error: Callable[[AppError, Request], Response],
        headers: Callable[[Request], Mapping[str, str]],
        preflight: Callable[[Request, str], Response],
    ) -> None:
        self.routes = routes
        self._logger = logger
        self._render_error = render_error
        self._headers = headers
        self._preflight = preflight

    def serve(self, event: Mapping[str, Any]) -> dict[str, Any]:
        started = time.perf_counter()
        request = Request(method="GET", path="/")
        template = ""
        failure: dict[str, object] = {}
        try:
            request = request_from_event(event)
            found, values = self._find(request)
            template = found.template
            response = self._call(found, values, request)
        except AppError as error:
            failure = {"code": error.code, **_reason(error)}
            response = self._render_error(error, request)
        except Exception:
            self._logger.exception("request failed", extra={"route": template})
            response = self._render_error(AppError(), request)
        self._logger.info(
            "request",
            extra={
                "request_id": request.request_id,
                "method": request.method,
                "route": template,
                "status": response.status,
                "ms": round((time.perf_counter() - started) * 1000, 1),
                **response.log,
                **failure,
            },
        )
        answer = response.with_headers(self._headers(request))
        return response_to_event(answer, head=request.method == "HEAD")

    def _find(self, request: Request) -> tuple[Route, dict[str, str]]:
        for candidate in self.routes:
            match = candidate.pattern.fullmatch(request.path)
            if match:
                return candidate, match.groupdict()
        raise NotFound

    def _call(self, found: Route, values: Mapping[str, str], request: Request) -> Response:
        method = "GET" if request.method == "HEAD" else request.method
        if method == "OPTIONS":
            return self._preflight(request, found.allow)
        endpoint = found.endpoints.get(method)
        if endpoint is None:
            raise MethodNotAllowed(allow=found.allow)
        return endpoint(request, **values)


def _reason(error: AppError) -> dict[str, object]:
    """What the operator may read of an error, and the client may not."""
    reason = error.data.get("reason")
    return {"reason": reason} if reason else {}
