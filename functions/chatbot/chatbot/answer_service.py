"""The chatbot as an answer service (contracts/userchat.md, end of "The worker").

What it says here is what an external service would: `switchboard.adapters.answer_service` is the
other side. Failures have their own HTTP status, and `status: error` in the body.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from chatbot.edge import Call
from chatbot.envelope import error_headers
from chatbot.invoke import TURN_MS
from chatbot.parsing import MESSAGE_BYTES, read_document, read_messages
from switchboard.adapters.models import LOCAL, provider_of, without_local_fallback
from switchboard.api.http import Response, json_response
from switchboard.domain.conversation import storable
from switchboard.domain.directory import Chatbot
from switchboard.domain.errors import AppError, BadRequest, ModelFailed, PayloadTooLarge
from switchboard.domain.session import Answer
from switchboard.ports.clock import Clock
from switchboard.usecases.take_turn import Turns
from switchboard.usecases.translate import Translation

_LANGUAGE = re.compile(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8}){0,3}", re.ASCII)
_ELEMENT = re.compile(r"</?[a-z][^<>]*>", re.IGNORECASE)


class Unsupported(AppError):
    code = "unsupported_language"
    status = 422
    detail = "This chatbot does not translate between these languages."


class TranslatorDown(ModelFailed):
    code = "translation_failed"
    status = 503
    detail = "There is no translation at the moment."


def service_error(error: AppError, key: str) -> Response:
    """An error as that protocol writes it; `key` is what an operator finds the request by."""
    document = {"status": "error", "message": error.detail, "code": error.code, "key": key}
    return json_response(error.status, document, error_headers(error))


@dataclass(frozen=True, slots=True)
class ExtractAnswer:
    """POST /chatanswers/extract_answer/. The region is its caller's business and ignored."""

    turns: Turns
    clock: Clock

    def __call__(self, call: Call, chatbot: Chatbot) -> Response:
        deadline = self.clock.now() + TURN_MS
        document = read_document(call.request)
        messages, language = read_messages(document), document.get("language") or ""
        if language and not _is_language(language):
            raise BadRequest("`language` must be a language code.")
        answer = self.turns.reply(chatbot, messages, deadline=deadline, language=language)
        call.answer = answer
        return json_response(200, _answer_document(answer))


@dataclass(frozen=True, slots=True)
class TranslateMessage:
    """POST /translate/message/, by the chatbot's own model."""

    translation: Translation
    clock: Clock

    def __call__(self, call: Call, chatbot: Chatbot) -> Response:
        deadline = self.clock.now() + TURN_MS
        text, source, target = _read_translation(read_document(call.request))
        if not (_is_language(source) and _is_language(target)) or provider_of(chatbot) == LOCAL:
            raise Unsupported
        try:
            completion = self.translation.translate(
                without_local_fallback(chatbot),
                text,
                source=source,
                target=target,
                deadline=deadline,
                is_html=_ELEMENT.search(text) is not None,
            )
        except ModelFailed as failure:
            raise TranslatorDown(**failure.data) from None
        call.answer = Answer(
            completion.text,
            (),
            usage=completion.usage,
            model=completion.model,
            provider=completion.provider,
        )
        return json_response(200, {"translation": completion.text, "status": "success"})


def _answer_document(answer: Answer) -> dict[str, Any]:
    """New clients read `details`, older ones `sources`."""
    return {
        "status": "success",
        "answer": answer.text,
        "automatic_answers": not answer.hands_off,
        "details": [
            {"source": source.url, "title": source.title, "included_in_answer": True}
            for source in answer.sources
        ],
        "sources": [source.url for source in answer.sources],
    }


def _read_translation(document: dict[str, Any]) -> tuple[str, str, str]:
    """Raises `BadRequest`, or `PayloadTooLarge`."""
    read = []
    for name in ("message", "source_language", "target_language"):
        value = document.get(name)
        if not isinstance(value, str) or not value.strip():
            raise BadRequest(f"`{name}` must be a text.")
        read.append(value)
    text, source, target = read
    if len(text.encode("utf-8", "replace")) > MESSAGE_BYTES:
        raise PayloadTooLarge(f"`message` is larger than {MESSAGE_BYTES} bytes.")
    return storable(text), source, target


def _is_language(value: Any) -> bool:
    """True for what may be a language code; it goes into a prompt, so nothing else may."""
    return isinstance(value, str) and _LANGUAGE.fullmatch(value) is not None
