"""The front door: the HTTP API's routes, function URLs by host name, and the chat page.

Host names are the real ones with `localhost` at their end. The chat page is shown only where no
host name was used; everything else goes where the template says.
"""

from __future__ import annotations

import ipaddress
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from switchboard_cli.local.deployment import Deployment
from switchboard_cli.local.events import (
    BadAnswer,
    HttpRequest,
    HttpResponse,
    function_url_event,
    gateway_error,
    gateway_event,
    response_from_answer,
)
from switchboard_cli.local.pool import FunctionPool, TooBusy
from switchboard_cli.local.routing import find_route
from switchboard_cli.runtime_api import PAYLOAD_LIMIT, FunctionError

_PAGES = Path(__file__).parent.parent / "pages"
_WIDGET = Path(__file__).parents[3] / "web" / "dist" / "switchboard-chat.js"
_ASSETS: Mapping[str, tuple[str | Path, str]] = {
    "/": ("index.html", "text/html; charset=utf-8"),
    "/chat.css": ("chat.css", "text/css; charset=utf-8"),
    "/chat.js": ("chat.js", "text/javascript; charset=utf-8"),
    "/rich_text.js": ("rich_text.js", "text/javascript; charset=utf-8"),
    "/switchboard-chat.js": (_WIDGET, "text/javascript; charset=utf-8"),
}
_PAGE_HEADERS = (
    ("cache-control", "no-store"),
    (
        "content-security-policy",
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
        "img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    ),
    ("referrer-policy", "no-referrer"),
    ("x-content-type-options", "nosniff"),
)


class Gateway:
    """`pools` are by the functions' logical ids; `page_settings` is what the chat page may know."""

    def __init__(
        self,
        deployment: Deployment,
        pools: Mapping[str, FunctionPool],
        *,
        page_settings: Mapping[str, object],
        note: Callable[[str], None],
    ) -> None:
        self._deployment = deployment
        self._pools = pools
        self._page_settings = page_settings
        self._note = note
        self._url_hosts = {
            function_url_host(deployment, url): function
            for url, function in deployment.function_urls.items()
        }

    def serve(self, request: HttpRequest) -> HttpResponse:
        if _is_plain(request.host) and request.method in ("GET", "HEAD"):
            page = self._page(request.raw_path)
            if page:
                return page
        function = self._url_hosts.get(request.host)
        if function:
            return self._call_url(function, request)
        match = find_route(self._deployment.routes, request.method, request.path)
        if match is None:
            return gateway_error(404, "Not Found")
        event = gateway_event(request, match.route.key, match.path_parameters)
        return self._call(match.route.function, event)

    def _page(self, path: str) -> HttpResponse | None:
        if path == "/local.json":
            body = json.dumps(self._page_settings).encode()
            return HttpResponse(200, body, (("content-type", "application/json"), *_PAGE_HEADERS))
        if path not in _ASSETS:
            return None
        name, kind = _ASSETS[path]
        body = (_PAGES / name).read_bytes()
        return HttpResponse(200, body, (("content-type", kind), *_PAGE_HEADERS))

    def _call(self, function: str, event: dict[str, Any]) -> HttpResponse:
        if _size(event) > PAYLOAD_LIMIT:
            return gateway_error(413, "Request Entity Too Large")
        try:
            response = response_from_answer(self._pools[function].invoke(event))
        except TooBusy:
            return gateway_error(503, "Service Unavailable")
        except (FunctionError, BadAnswer) as error:
            self._note(f"{self._name(function)} failed, the gateway answered 500: {error}")
            return gateway_error(500, "Internal Server Error")
        request_id = event["requestContext"]["requestId"]
        headers = (*response.headers, ("apigw-requestid", request_id))
        return HttpResponse(response.status, response.body, headers)

    def _call_url(self, function: str, request: HttpRequest) -> HttpResponse:
        event = function_url_event(request)
        if _size(event) > PAYLOAD_LIMIT:
            return gateway_error(413, "Request Entity Too Large")
        try:
            return response_from_answer(self._pools[function].invoke(event))
        except TooBusy:
            return gateway_error(429, "Too Many Requests")
        except (FunctionError, BadAnswer) as error:
            self._note(f"{self._name(function)} failed, its URL answered 502: {error}")
            return HttpResponse(502, b"Internal Server Error")

    def _name(self, function: str) -> str:
        return self._deployment.functions[function].name


def function_url_host(deployment: Deployment, url: str) -> str:
    """Where a function URL is: the function's name under `localhost`."""
    return f"{deployment.functions[deployment.function_urls[url]].name}.localhost"


def _is_plain(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return False
    return True


def _size(event: dict[str, Any]) -> int:
    return len(json.dumps(event, ensure_ascii=False).encode("utf-8", "surrogatepass"))
