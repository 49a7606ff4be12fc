"""Any server that speaks OpenAI chat completions (https://platform.openai.com/docs/api-reference/chat).

Servers differ: fields are left out rather than null, and nothing in an answer is taken for
granted. The key goes into one header and nowhere else.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from email.utils import parsedate_to_datetime
from typing import Any, NoReturn

from switchboard.adapters.model_differences import LEARNED, Difference
from switchboard.adapters.model_refusals import provider_data
from switchboard.adapters.model_retries import Retries
from switchboard.adapters.models import BASE_URLS, OPENAI, Resources
from switchboard.adapters.outgoing import HttpAnswer, NotReached, TooLate, send
from switchboard.domain.chat_completions import message_document, tool_document
from switchboard.domain.conversation import (
    ChatMessage,
    Completion,
    Role,
    ToolCall,
    Usage,
    message_tokens,
    prompt_tokens,
    storable,
    without_tools,
)
from switchboard.domain.directory import Chatbot
from switchboard.domain.errors import (
    Misconfigured,
    ModelFailed,
    ModelRefused,
    ModelTimeout,
    RateLimited,
)
from switchboard.ports.clock import Clock
from switchboard.ports.models import CompletionRequest

RETRIED = frozenset({429, 500, 502, 503, 504, 529})
"""529 is what Anthropic answers when it is overloaded."""
REFUSALS = frozenset({400, 404, 422, 501})
"""How servers answer a request that holds something they do not know."""
LIMITS = ("max_tokens", "max_completion_tokens")
"""Models of OpenAI's that reason know the second name only, most other servers the first only."""


def connect(chatbot: Chatbot, resources: Resources) -> OpenAiModel:
    """The server of the manifest's `baseUrl`, else the provider's own."""
    base_url = chatbot.base_url or BASE_URLS.get(chatbot.provider)
    if not base_url:
        raise ModelRefused(f"The provider {chatbot.provider!r} is not known and has no baseUrl.")
    try:
        key = resources.secrets.get(chatbot.model_key) if chatbot.model_key else ""
    except Misconfigured:
        raise ModelRefused("The key of the language model is not configured.") from None
    return OpenAiModel(
        url=base_url.rstrip("/") + "/chat/completions",
        key=key,
        settings=_settings(chatbot, at_openai=base_url == BASE_URLS[OPENAI]),
        clock=resources.clock,
        provider=chatbot.provider,
    )


@dataclass(frozen=True, slots=True)
class OpenAiModel:
    """`ModelGateway`. `settings` go into every request; `jitter` is between 0 and 1."""

    url: str
    key: str
    settings: Mapping[str, Any]
    clock: Clock
    provider: str = OPENAI
    jitter: Callable[[], float] = random.random

    def complete(self, request: CompletionRequest) -> Completion:
        retries = Retries(self.clock, request.deadline, self.jitter)
        while True:
            document = self._document(request)
            answer = self._post(document, request.deadline)
            if answer is not None and self._learn(answer, document):
                continue
            if answer is not None and answer.status == 200:
                return self._named(_counted(_completion(answer), request))
            if answer is not None and answer.status not in RETRIED:
                kind = ModelRefused if 400 <= answer.status < 500 else ModelFailed
                raise kind(**provider_data(answer.status, _refusal(answer), self.key))
            wish = None if answer is None else self._retry_after(answer)
            if not retries.wait(wish):
                _give_up(answer, wish, self.key)

    def _document(self, request: CompletionRequest) -> dict[str, Any]:
        """The request, without what this server is known not to know."""
        known = LEARNED.of(self.url, self.settings.get("model", ""))
        document = dict(self.settings)
        if Difference.NO_TEMPERATURE in known:
            document.pop("temperature", None)
        if Difference.OTHER_LIMIT in known:
            old, new = LIMITS if LIMITS[0] in document else LIMITS[::-1]
            document[new] = document.pop(old)
        offers, messages = request.tools, request.messages
        if Difference.NO_TOOLS in known:
            offers, messages = (), without_tools(messages)
        document["messages"] = [message_document(_with_json(message)) for message in messages]
        if offers:
            document["tools"] = [tool_document(offer) for offer in offers]
        return document

    def _learn(self, answer: HttpAnswer, document: Mapping[str, Any]) -> bool:
        """True if the server refused what can be left out: then it is worth asking again."""
        if answer.status not in REFUSALS:
            return False
        sent = {Difference.OTHER_LIMIT}
        if "temperature" in document:
            sent.add(Difference.NO_TEMPERATURE)
        if "tools" in document or any("tool_calls" in m for m in document["messages"]):
            sent.add(Difference.NO_TOOLS)
        return LEARNED.learn(self.url, self.settings.get("model", ""), _refusal(answer), sent)

    def _named(self, completion: Completion) -> Completion:
        """With the names of what answered: the model's own as far as it tells one."""
        model = completion.model or self.settings.get("model", "")
        return replace(completion, provider=self.provider, model=model)

    def _post(self, document: Any, deadline: int) -> HttpAnswer | None:
        """None if the server was not reached."""
        headers = {"Authorization": f"Bearer {self.key}"} if self.key else {}
        seconds = self._seconds_left(deadline)
        if seconds <= 0:
            raise ModelTimeout
        try:
            return send("POST", self.url, document, headers, seconds=seconds)
        except TooLate:
            raise ModelTimeout from None
        except NotReached:
            return None

    def _seconds_left(self, deadline: int) -> float:
        return (deadline - self.clock.now()) / 1000

    def _retry_after(self, answer: HttpAnswer) -> float | None:
        """Seconds to wait as the server wishes, in either form of RFC 9110, section 10.2.3."""
        wish = answer.headers.get("retry-after", "").strip()
        try:
            if wish.isdigit():
                return float(wish)
            until = parsedate_to_datetime(wish).timestamp()
        except (ValueError, OverflowError):
            return None
        return max(until - self.clock.now() / 1000, 0.0)


def _settings(chatbot: Chatbot, *, at_openai: bool) -> dict[str, Any]:
    """Only OpenAI itself has renamed the limit; others know the old name, some only that."""
    limit = "max_completion_tokens" if at_openai else "max_tokens"
    settings: dict[str, Any] = {"temperature": chatbot.temperature, limit: chatbot.max_tokens}
    if chatbot.model:
        settings["model"] = chatbot.model
    return settings


def _give_up(answer: HttpAnswer | None, retry_after: float | None, key: str) -> NoReturn:
    if answer is None:
        raise ModelFailed("The language model could not be reached.")
    told = provider_data(answer.status, _refusal(answer), key)
    if answer.status == 429:
        wait = max(int(retry_after or 0), 1)
        raise RateLimited("The language model is out of capacity.", retry_after=wait, **told)
    raise ModelFailed(**told)


def _completion(answer: HttpAnswer) -> Completion:
    document = _object(answer.document)
    choices = document.get("choices")
    choice = _object(choices[0]) if isinstance(choices, list) and choices else {}
    message = _object(choice.get("message"))
    if not message:
        raise ModelFailed("The language model's answer could not be understood.")
    return Completion(
        text=_text(message.get("content")) or _text(message.get("refusal")),
        tool_calls=_tool_calls(message.get("tool_calls")),
        usage=_usage(_object(document.get("usage"))),
        model=_text(document.get("model")),
        finish_reason=_text(choice.get("finish_reason")) or "stop",
    )


def _counted(completion: Completion, request: CompletionRequest) -> Completion:
    """With an estimate where the server does not say what was used."""
    if completion.usage.total_tokens:
        return completion
    prompt = prompt_tokens(request.messages, request.tools)
    said = message_tokens(ChatMessage(Role.ASSISTANT, completion.text, completion.tool_calls))
    return replace(completion, usage=Usage(prompt, said, prompt + said))


def _refusal(answer: HttpAnswer) -> str:
    """The server's own words, without what of our request it repeats."""
    document = _object(answer.document)
    error = (
        document.get("error")
        or document.get("detail")
        or document
        or answer.body.decode(errors="replace")
    )
    if isinstance(error, list):  # as FastAPI tells of fields
        return " ".join(f"{_object(one).get('loc')} {_object(one).get('msg')}" for one in error)
    if isinstance(error, dict):
        told = [str(error[name]) for name in ("message", "param") if error.get(name)]
        return " ".join(told) or str(error)[:1000]
    return str(error)[:1000]


def _with_json(message: ChatMessage) -> ChatMessage:
    """Its calls with JSON objects as arguments, whatever a model wrote: servers parse them."""
    if not message.tool_calls:
        return message
    calls = (
        call if _is_json_object(call.arguments) else replace(call, arguments="{}")
        for call in message.tool_calls
    )
    return replace(message, tool_calls=tuple(calls))


def _is_json_object(text: str) -> bool:
    try:
        return isinstance(json.loads(text), dict)
    except (ValueError, RecursionError):
        return False


def _object(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _text(value: Any) -> str:
    """Text, or the texts of a list of content parts."""
    if isinstance(value, list):
        return "".join(_text(_object(part).get("text")) for part in value)
    return storable(value) if isinstance(value, str) else ""


def _tool_calls(value: Any) -> tuple[ToolCall, ...]:
    """The calls that name a function, each with an id of its own, as results refer to it."""
    calls: dict[str, ToolCall] = {}
    for number, entry in enumerate(value if isinstance(value, list) else ()):
        function = _object(_object(entry).get("function"))
        name, arguments = _text(function.get("name")), function.get("arguments")
        if not name:
            continue
        written = _text(arguments) if isinstance(arguments, str) else json.dumps(arguments or {})
        call_id = _text(entry.get("id"))
        if not call_id or call_id in calls:
            call_id = f"call_{number}"
        calls[call_id] = ToolCall(call_id, name, written)
    return tuple(calls.values())


def _usage(usage: Mapping[str, Any]) -> Usage:
    prompt, completion, total = (
        value if isinstance(value, int) and value > 0 else 0
        for value in map(usage.get, ("prompt_tokens", "completion_tokens", "total_tokens"))
    )
    return Usage(prompt, completion, total or prompt + completion)
