"""Amazon Bedrock through its Converse API, the same for every model that is served there.

https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html. There is no key:
the function's role has to allow the model (template.yaml, BedrockModels). botocore repeats nothing
here, because it knows no deadline; a call that outlasts the deadline is left to its own time-out.
"""

from __future__ import annotations

import json
import random
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from switchboard.adapters.model_differences import LEARNED, Difference
from switchboard.adapters.model_refusals import provider_data
from switchboard.adapters.model_retries import Retries
from switchboard.adapters.models import Resources
from switchboard.domain.conversation import (
    ChatMessage,
    Completion,
    Role,
    ToolCall,
    ToolOffer,
    Usage,
    storable,
    without_tools,
)
from switchboard.domain.directory import Chatbot
from switchboard.domain.errors import AppError, ModelFailed, ModelRefused, ModelTimeout, RateLimited
from switchboard.ports.clock import Clock
from switchboard.ports.models import CompletionRequest

PROVIDER = "bedrock"
OPTIONS = {"connect_timeout": 3, "read_timeout": 30, "retries": {"total_max_attempts": 1}}
FINISH_REASONS = {
    "tool_use": "tool_calls",
    "max_tokens": "length",
    "model_context_window_exceeded": "length",
    "guardrail_intervened": "content_filter",
    "content_filtered": "content_filter",
}
"""Converse's words for why a model ended, in those of chat completions; all others are `stop`."""


def connect(chatbot: Chatbot, resources: Resources) -> BedrockModel:
    """The model named by `defaultModel`: a model id, or the ARN of an inference profile."""
    if not chatbot.model:
        raise ModelRefused("Amazon Bedrock needs a defaultModel.")
    if resources.aws is None:
        raise ModelRefused("Amazon Bedrock is not within reach here.")
    settings = {"maxTokens": chatbot.max_tokens, "temperature": chatbot.temperature}
    return BedrockModel(resources.aws, chatbot.model, settings, resources.clock)


@dataclass(frozen=True, slots=True)
class BedrockModel:
    """`ModelGateway`. `aws` makes clients; the one for Bedrock is made once and shared."""

    aws: Any
    model: str
    settings: Mapping[str, Any]
    clock: Clock
    jitter: Callable[[], float] = random.random

    def complete(self, request: CompletionRequest) -> Completion:
        retries = Retries(self.clock, request.deadline, self.jitter)
        while True:
            try:
                return self._converse(request)
            except _Refusal as refusal:
                sent = {Difference.NO_TEMPERATURE}
                if request.tools:
                    sent.add(Difference.NO_TOOLS)
                if not LEARNED.learn(PROVIDER, self.model, str(refusal), sent):
                    raise ModelRefused(**refusal.told) from None
            except _Passing as passing:
                if not retries.wait(passing.wish or None):
                    raise passing.error from None

    def _converse(self, request: CompletionRequest) -> Completion:
        seconds = self._seconds_left(request.deadline)
        if seconds <= 0:
            raise ModelTimeout
        call = _Call(self.aws, self._document(request))
        thread = threading.Thread(target=call.run, daemon=True)
        thread.start()
        thread.join(seconds)
        if thread.is_alive():
            raise ModelTimeout
        if call.error is not None:
            raise _failure(call.error) from None
        return _completion(call.answer, self.model)

    def _document(self, request: CompletionRequest) -> dict[str, Any]:
        known = LEARNED.of(PROVIDER, self.model)
        offers = () if Difference.NO_TOOLS in known else request.tools
        settings = dict(self.settings)
        if Difference.NO_TEMPERATURE in known:
            del settings["temperature"]
        # Converse refuses tool calls in a thread for which no tools are offered.
        messages = request.messages if offers else without_tools(request.messages)
        system = [{"text": m.content} for m in messages if m.role is Role.SYSTEM and m.content]
        document = {
            "modelId": self.model,
            "messages": _thread(messages),
            "inferenceConfig": settings,
        }
        if system:
            document["system"] = system
        if offers:
            document["toolConfig"] = {"tools": [_tool(offer) for offer in offers]}
        return document

    def _seconds_left(self, deadline: int) -> float:
        return (deadline - self.clock.now()) / 1000


@dataclass(slots=True)
class _Call:
    """One request on its way; whoever waits for it may lose patience."""

    aws: Any
    document: Mapping[str, Any]
    answer: Any = None
    error: Exception | None = None

    def run(self) -> None:
        try:
            self.answer = _bedrock(self.aws).converse(**self.document)
        except Exception as error:  # noqa: BLE001 - told apart by whoever waits
            self.error = error


@lru_cache(maxsize=1)
def _bedrock(aws: Any) -> Any:
    return aws.client("bedrock-runtime", **OPTIONS)


class _Passing(Exception):
    """Worth another attempt after `wish` seconds; `error` is what it is if that fails as well."""

    def __init__(self, error: AppError, wish: int = 0) -> None:
        super().__init__()
        self.error = error
        self.wish = wish


class _Refusal(Exception):
    """The text is Bedrock's, for nobody's eyes; `told` is what operators may read of it."""

    def __init__(self, text: str, told: dict[str, Any]) -> None:
        super().__init__(text)
        self.told = told


def _failure(error: Exception) -> Exception:
    """What an exception of botocore means here."""
    from botocore.exceptions import (
        BotoCoreError,
        ClientError,
        HTTPClientError,
        NoCredentialsError,
        ParamValidationError,
        ReadTimeoutError,
    )
    from botocore.exceptions import ConnectionError as NotConnected

    if isinstance(error, ClientError):
        return _answered(error.response)
    if isinstance(error, ReadTimeoutError):
        return ModelTimeout()
    if isinstance(error, (HTTPClientError, NotConnected)):
        return _Passing(ModelFailed("The language model could not be reached."))
    if isinstance(error, (NoCredentialsError, ParamValidationError)):
        return ModelRefused()
    if isinstance(error, BotoCoreError):
        return ModelFailed()
    return ModelFailed("The language model's answer could not be understood.")


def _answered(response: Mapping[str, Any]) -> Exception:
    """An error that Bedrock itself answers, by its status and code."""
    about, told = response.get("ResponseMetadata", {}), response.get("Error", {})
    status, code = about.get("HTTPStatusCode", 0), told.get("Code", "")
    text = str(told.get("Message", ""))
    data = provider_data(status, f"{code}: {text}")
    if code == "ModelTimeoutException":
        return ModelTimeout()
    if status == 429 or code == "ThrottlingException":
        written = str(about.get("HTTPHeaders", {}).get("retry-after", ""))
        wish = int(written) if written.isdecimal() else 0
        full = "The language model is out of capacity."
        return _Passing(RateLimited(full, retry_after=max(wish, 1), **data), wish)
    if code == "ModelErrorException":
        return ModelFailed(**data)
    if status >= 500:
        return _Passing(ModelFailed(**data))
    return _Refusal(text, data) if status >= 400 else ModelFailed(**data)


def _thread(messages: tuple[ChatMessage, ...]) -> list[dict[str, Any]]:
    """User and assistant in turn, beginning with the user; results of tools are the user's.

    Calls are numbered anew: ids of other providers may be repeated, or be none to Bedrock.
    """
    thread: list[dict[str, Any]] = []
    ids: dict[str, str] = {}
    count = 0
    for message in messages:
        if message.role is Role.SYSTEM:
            continue
        content: list[dict[str, Any]] = []
        if message.role is Role.TOOL:
            result = [{"text": message.content if message.content.strip() else "(nothing)"}]
            used = ids.get(message.tool_call_id, "")
            content.append({"toolResult": {"toolUseId": used, "content": result}})
        elif message.content.strip():
            content.append({"text": message.content})
        for call in message.tool_calls:
            count += 1
            ids[call.id] = f"call_{count}"
            use = {"toolUseId": ids[call.id], "name": call.name, "input": _input(call.arguments)}
            content.append({"toolUse": use})
        role = "assistant" if message.role is Role.ASSISTANT else "user"
        if not content or (not thread and role == "assistant"):
            continue
        if thread and thread[-1]["role"] == role:
            thread[-1]["content"] += content
        else:
            thread.append({"role": role, "content": content})
    return thread


def _input(arguments: str) -> dict[str, Any]:
    try:
        value = json.loads(arguments or "{}")
    except (ValueError, RecursionError):
        value = None
    return value if isinstance(value, dict) else {}


def _tool(offer: ToolOffer) -> dict[str, Any]:
    schema = offer.parameters or {"type": "object", "properties": {}}
    tool: dict[str, Any] = {"name": offer.name, "inputSchema": {"json": schema}}
    if offer.description.strip():
        tool["description"] = offer.description
    return {"toolSpec": tool}


def _completion(answer: Any, model: str) -> Completion:
    """Raises `ModelFailed` for an answer without a message."""
    message = (answer.get("output") or {}).get("message") or {}
    blocks = message.get("content")
    if not isinstance(blocks, list):
        raise ModelFailed("The language model's answer could not be understood.")
    uses = [block["toolUse"] for block in blocks if (block.get("toolUse") or {}).get("name")]
    usage = answer.get("usage") or {}
    read, written = usage.get("inputTokens", 0), usage.get("outputTokens", 0)
    return Completion(
        text=storable("".join(block.get("text") or "" for block in blocks)),
        tool_calls=tuple(
            ToolCall(
                storable(use.get("toolUseId", "")),
                storable(use["name"]),
                json.dumps(use.get("input") or {}, ensure_ascii=True),
            )
            for use in uses
        ),
        usage=Usage(read, written, usage.get("totalTokens") or read + written),
        model=model,
        finish_reason=FINISH_REASONS.get(answer.get("stopReason", ""), "stop"),
        provider=PROVIDER,
    )
