"""One gateway event: which chatbot, what is wanted of it, by whom. Then one operation.

An operation belongs to the tails in `operations` and to HTTP methods; a chatbot is found before
its methods and its keys are looked at, so an unknown address is a 404 whatever else is wrong.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from chatbot.addressing import Address, ChatbotFinder, read_address
from chatbot.cors import cors_headers, preflight
from chatbot.envelope import error_response
from switchboard.api.http import Request, Response, request_from_event, response_to_event
from switchboard.api.turn_log import provider_status
from switchboard.domain.directory import ApiKey, Chatbot
from switchboard.domain.errors import AppError, ChatbotNotFound, MethodNotAllowed
from switchboard.domain.hostname import host_mode
from switchboard.domain.keys import authorise
from switchboard.domain.session import Answer
from switchboard.ports.clock import Clock, IdSource
from switchboard.ports.log import Logger


@dataclass(slots=True)
class Call:
    """One request on its way; `key` names it to operators. Filled in step by step.

    `answer` is what a turn came to; `is_stored` is set when a session's turn is the call's record
    in the journal; `is_anonymous` is cleared for the holder of a key.
    """

    key: str
    request: Request
    address: Address
    route: str = ""
    chatbot: Chatbot | None = None
    answer: Answer | None = None
    is_stored: bool = False
    is_anonymous: bool = True


Operation = Callable[[Call, Chatbot], Response]
Operations = Mapping[str, Mapping[str, Operation]]
"""By tail, then by method."""
ErrorShape = Callable[[AppError, str], Response]
"""Takes the error and the call's key."""


@dataclass(frozen=True, slots=True)
class ChatbotEdge:
    finder: ChatbotFinder
    operations: Operations
    clock: Clock
    ids: IdSource
    logger: Logger
    api_domain: str
    platform_domain: str
    error_shapes: Mapping[str, ErrorShape] = field(default_factory=dict)
    """By the first step of the tail, for protocols that have an error shape of their own."""

    def serve(self, event: Mapping[str, Any]) -> dict[str, Any]:
        """The gateway's answer. Whatever goes wrong, it is an answer in the contract's shape."""
        started = time.perf_counter()
        call = Call(self.ids.token(), Request(method="POST", path="/"), Address("", ""))
        failure: dict[str, object] = {"code": ""}
        try:
            call.request = request_from_event(event)
            call.address = read_address(call.request.host, call.request.path)
            response = self._answer(call)
        except AppError as error:
            failure = {"code": error.code, **provider_status(error)}
            response = self._error(error, call)
        except Exception:
            failure = {"code": AppError.code}
            self.logger.exception("request failed", extra={"key": call.key, "route": call.route})
            response = self._error(AppError(), call)
        self._log(call, response.status, failure, time.perf_counter() - started)
        headers = cors_headers(call.request, call.chatbot, self.platform_domain)
        answer = response.with_headers(headers)
        return response_to_event(answer, head=call.request.method == "HEAD")

    def _error(self, error: AppError, call: Call) -> Response:
        first_step = call.address.tail.removeprefix("/").partition("/")[0]
        return self.error_shapes.get(first_step, error_response)(error, call.key)

    def _log(self, call: Call, status: int, failure: Mapping[str, object], seconds: float) -> None:
        mode = host_mode(
            call.request.host,
            call.chatbot,
            api_domain=self.api_domain,
            platform_domain=self.platform_domain,
        )
        self.logger.info(
            "request",
            extra={
                "key": call.key,
                "request_id": call.request.request_id,
                "method": call.request.method,
                "route": call.route,
                "chatbot": call.chatbot.id if call.chatbot else "",
                "mode": mode.value,
                "status": status,
                **failure,
                "ms": round(seconds * 1000, 1),
            },
        )

    def _answer(self, call: Call) -> Response:
        request, address = call.request, call.address
        methods = self.operations.get(address.tail)
        if methods is None:
            raise ChatbotNotFound
        call.route = address.route
        operation = methods.get(request.method)
        key = presented_key(request)
        record: ApiKey | None = None
        if operation is not None or address.name is None:
            call.chatbot, record = self.finder.find(address, key)
        allow = ", ".join([*methods, "OPTIONS"])
        if request.method == "OPTIONS":
            return preflight(request, allow, call.chatbot, self.platform_domain)
        if operation is None or call.chatbot is None:
            raise MethodNotAllowed(f"Use {' or '.join(methods)} here.", allow=allow)
        call.is_anonymous = authorise(call.chatbot, key, record, self.clock.now()) is None
        return operation(call, call.chatbot)


def presented_key(request: Request) -> str:
    """From `Authorization: Token …` or `Bearer …`, else from `X-API-Key`; empty without one."""
    scheme, _, value = request.header("authorization").strip().partition(" ")
    if scheme.lower() in ("token", "bearer") and value.strip():
        return value.strip()
    return request.header("x-api-key").strip()
