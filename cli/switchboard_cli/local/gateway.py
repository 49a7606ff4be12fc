"""The front door: the HTTP API's routes, function URLs by host name, and the start page.

Host names are the real ones with `localhost` at their end. The start page is shown only where no
host name was used; everything else goes where the template says.
"""

from __future__ import annotations

import ipaddress
import json
import time
from collections.abc import Callable, Mapping
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
from switchboard_cli.local.start_page import StartPage
from switchboard_cli.runtime_api import PAYLOAD_LIMIT, FunctionError

Observe = Callable[[str, HttpRequest, HttpResponse, float], None]
"""Hears of each request that a function answered: its short name, and the seconds it took."""


class Gateway:
    """`pools` are by the functions' logical ids."""

    def __init__(
        self,
        deployment: Deployment,
        pools: Mapping[str, FunctionPool],
        *,
        start_page: StartPage,
        observe: Observe,
        note: Callable[[str], None],
    ) -> None:
        self._deployment = deployment
        self._pools = pools
        self._start_page = start_page
        self._observe = observe
        self._note = note
        self._url_hosts = {
            function_url_host(deployment, url): function
            for url, function in deployment.function_urls.items()
        }

    def serve(self, request: HttpRequest) -> HttpResponse:
        if _is_plain(request.host) and request.method in ("GET", "HEAD"):
            page = self._start_page.answer(request)
            if page:
                return page
        began = time.perf_counter()
        function, response = self._pass_on(request)
        if function:
            self._observe(self._name(function), request, response, time.perf_counter() - began)
        return response

    def _pass_on(self, request: HttpRequest) -> tuple[str, HttpResponse]:
        """The function that answered, and what it said."""
        function = self._url_hosts.get(request.host)
        if function:
            return function, self._call_url(function, request)
        match = find_route(self._deployment.routes, request.method, request.path)
        if match is None:
            return "", gateway_error(404, "Not Found")
        event = gateway_event(request, match.route.key, match.path_parameters)
        return match.route.function, self._call(match.route.function, event)

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
