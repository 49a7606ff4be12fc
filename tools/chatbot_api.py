"""What a chatbot's routes take and answer (contracts/chatbot.md): data for `tools.openapi`.

Paths are those below a chatbot's address, of which there are several: they are the servers.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from chatbot.addressing import MODEL_NAME
from chatbot.answer_service import TranslatorDown, Unsupported
from chatbot.openai_answer import ModelNotFound
from chatbot.openai_request import UnsupportedParameter
from switchboard.api.http import Response
from switchboard.api.router import Endpoint, Route
from switchboard.domain.errors import (
    AppError,
    BadRequest,
    BudgetSpent,
    ChatbotNotFound,
    Forbidden,
    ModelFailed,
    ModelRefused,
    ModelTimeout,
    PayloadTooLarge,
    RateLimited,
    Unauthorized,
)
from tools import chatbot_schemas, protocol_schemas
from tools.chatbot_schemas import SESSION_KEY
from tools.openapi import ERROR, RETRY_AFTER, Api, Json, Operation
from tools.userchat_api import NO_STORE, answer, header
from tools.userchat_schemas import ref

VARY = {"Vary": header("Answers to other origins differ.", {"const": "Origin"})}
HEADERS = {**NO_STORE, **VARY}
OPENAI_HEADERS = {**HEADERS, "X-Request-Id": header("What an operator finds the request by.")}
TAKING = (BadRequest, PayloadTooLarge)
ASKING = (*TAKING, BudgetSpent, RateLimited, ModelFailed, ModelRefused, ModelTimeout)
IN_QUERY = {
    "name": "session_key",
    "in": "query",
    "description": "Goes before the one in the body, unless it is empty.",
    "schema": {**SESSION_KEY, "pattern": "^([0-9A-Fa-f]{64})?$"},
}


def error_schema(raised: Sequence[type[AppError]]) -> Json:
    """Our own shape, with the codes and the names of the classes."""
    known: Json = {
        "code": {"enum": sorted({error.code for error in raised})},
        "errorClass": {"enum": sorted({error.__name__ for error in raised})},
        "status": {"const": raised[0].status},
    }
    return {"allOf": [ERROR, {"properties": {"error": {"properties": known}}}]}


def openai_error_schema(raised: Sequence[type[AppError]]) -> Json:
    """That of the OpenAI protocol, which has a code of its own for a wrong key."""
    codes = {"invalid_api_key" if error.status == 401 else error.code for error in raised}
    known = {"code": {"enum": sorted(codes)}}
    return {"allOf": [ref("OpenAiError"), {"properties": {"error": {"properties": known}}}]}


def service_error_schema(raised: Sequence[type[AppError]]) -> Json:
    codes = {"enum": sorted({error.code for error in raised})}
    return {"allOf": [ref("ServiceError"), {"properties": {"code": codes}}]}


def error_headers(status: int) -> Json:
    headers: Json = dict(HEADERS)
    if status == 401:
        headers["WWW-Authenticate"] = header("Bearer.")
    if status in (402, 429):
        headers["Retry-After"] = RETRY_AFTER
    return headers


def routes(edge: Any) -> Iterator[Route]:
    """The operations of a `ChatbotEdge`, as routes below the chatbot's address."""
    for tail, methods in edge.operations.items():
        endpoints = {
            method: _endpoint(operation, method if len(methods) > 1 else "")
            for method, operation in methods.items()
        }
        pattern = re.escape(tail).replace(r"\{model\}", MODEL_NAME)
        yield Route(f"{tail}/", re.compile(f"{pattern}/?", re.ASCII), endpoints)


def _endpoint(operation: Any, method: str) -> Endpoint:
    """Something of the operation's name, and of the method's where there are several."""

    def described(*_: object) -> Response:
        raise NotImplementedError

    inner = getattr(operation, "operation", operation)
    name = getattr(inner, "__name__", type(inner).__name__)
    words = re.findall(r"[A-Z]?[a-z]+", f"{method.capitalize()}_{name}")
    described.__name__ = "_".join(words).lower()
    return described


def sent(name: str, *, required: bool = True) -> Json:
    return {"required": required, "content": {"application/json": {"schema": ref(name)}}}


def server(url: str, description: str, **variables: str) -> Json:
    named: Mapping[str, Json] = {name: {"default": value} for name, value in variables.items()}
    return {"url": url, "description": description, "variables": named}


ANSWERED: Mapping[int, Json] = {200: answer("The turn, stored.", ref("Answer"), HEADERS)}
SHOWN: Mapping[int, Json] = {200: answer("Of this session only.", ref("Config"), HEADERS)}
NUMBER = "3141-5926-5359"

CHATBOT = Api(
    name="chatbot",
    info={
        "title": "Switchboard chatbots",
        "version": "1",
        "description": "A chatbot by any of its addresses. Every path works with and without its "
        "last slash and never redirects. Other methods: 405 with `Allow`. A public chatbot needs "
        "no key.",
    },
    functions={"chatbot": "/"},
    routes=routes,
    has_head=False,
    same_steps=0,
    path_values={"model": "The chatbot's name."},
    schemas={**chatbot_schemas.SCHEMAS, **protocol_schemas.SCHEMAS},
    common_errors=(Unauthorized, Forbidden, ChatbotNotFound, AppError),
    errors_of_preflight=(ChatbotNotFound, AppError),
    error_schema=error_schema,
    error_headers=error_headers,
    security_schemes={
        "bearer": {"type": "http", "scheme": "bearer"},
        "token": {
            "type": "apiKey",
            "in": "header",
            "name": "Authorization",
            "description": "`Token` and the key.",
        },
        "header": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
    },
    more={
        "servers": [
            server(
                "https://{chatbot}.{account}.api.example.com",
                "Its default host; with `--` in place of the first dot as well.",
                chatbot="customer-support",
                account=NUMBER,
            ),
            server("https://{host}", "A verified host of its own.", host="api.customer.org"),
            server(
                "https://platform.example.com/api/v1/chatbots/{id}",
                "By its id; `workbench` in place of `chatbots` does as well.",
                id="id",
            ),
            server(
                "https://platform.example.com/workbench/{name}",
                "By its name in the key's account.",
                name="customer_support",
            ),
        ],
        "security": [{"bearer": []}, {"token": []}, {"header": []}, {}],
    },
    preflight={
        "description": "The methods served here, and CORS headers for the manifest's origins.",
        "headers": {
            **VARY,
            "Allow": header("Methods, separated by commas."),
            "Access-Control-Allow-Methods": header("The same."),
            "Access-Control-Allow-Headers": header("Headers, in small letters."),
            "Access-Control-Max-Age": header("In seconds.", {"type": "integer"}),
        },
    },
    operations={
        "invoke": Operation(
            "One turn of a session.", ANSWERED, ASKING, (IN_QUERY,), sent("Question")
        ),
        "get_config": Operation(
            "What a web client shows of the chatbot and the session.",
            SHOWN,
            (BadRequest,),
            (IN_QUERY,),
        ),
        "post_config": Operation(
            "The same; the session key may be in the body.",
            SHOWN,
            TAKING,
            (IN_QUERY,),
            sent("SessionKey", required=False),
        ),
        "complete": Operation(
            "A completion in the OpenAI protocol; the client keeps the thread.",
            {
                200: {
                    "description": "The completion; with `stream`, server-sent events.",
                    "headers": OPENAI_HEADERS,
                    "content": {
                        "application/json": {"schema": ref("Completion")},
                        "text/event-stream": {},
                    },
                }
            },
            (*ASKING, UnsupportedParameter),
            (),
            sent("CompletionRequest"),
            openai_error_schema,
        ),
        "list_models": Operation(
            "The one model there is: the chatbot.",
            {200: answer("A list of one.", ref("Models"), OPENAI_HEADERS)},
            error_schema=openai_error_schema,
        ),
        "show_model": Operation(
            "The chatbot as a model.",
            {200: answer("The model.", ref("Model"), OPENAI_HEADERS)},
            (ModelNotFound,),
            error_schema=openai_error_schema,
        ),
        "extract_answer": Operation(
            "An answer as an answer service gives it; nothing is kept.",
            {200: answer("The answer.", ref("ServiceAnswer"), HEADERS)},
            ASKING,
            (),
            sent("ServiceQuestion"),
            service_error_schema,
        ),
        "translate_message": Operation(
            "A text in another language, by the chatbot's model.",
            {200: answer("The translation.", ref("Translated"), HEADERS)},
            (*TAKING, BudgetSpent, RateLimited, Unsupported, TranslatorDown),
            (),
            sent("Text"),
            service_error_schema,
        ),
    },
)
