"""What Bedrock's Converse is sent and how its failures are told, without a network."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import (
    ClientError,
    ConnectionClosedError,
    ConnectTimeoutError,
    EndpointConnectionError,
    NoCredentialsError,
    ParamValidationError,
    ReadTimeoutError,
)

from switchboard.adapters.bedrock_model import BedrockModel
from switchboard.adapters.model_differences import LEARNED
from switchboard.domain.conversation import ChatMessage, Completion, Role, ToolCall, ToolOffer
from switchboard.domain.errors import (
    AppError,
    ModelFailed,
    ModelRefused,
    ModelTimeout,
    RateLimited,
)
from switchboard.ports.models import CompletionRequest
from tests.fakes.clock import HandClock

USER, ASSISTANT, TOOL = Role.USER, Role.ASSISTANT, Role.TOOL
QUESTION = ChatMessage(USER, "Hello")
OFFER = ToolOffer("hours", "When it is open", {"type": "object", "properties": {}})
SAID: dict[str, Any] = {
    "output": {"message": {"content": [{"text": "Hi."}]}},
    "usage": {"inputTokens": 3, "outputTokens": 2},
    "stopReason": "end_turn",
}


class Bedrock:
    """Stands in for botocore's client and for what makes it.

    `answers` are given or raised in turn, the last one again and again.
    """

    def __init__(self, *answers: Any) -> None:
        self.answers = list(answers or (SAID,))
        self.sent: list[dict[str, Any]] = []
        self.made = 0

    def client(self, service: str, **options: Any) -> Bedrock:
        self.made += 1
        return self

    def converse(self, **document: Any) -> Any:
        self.sent.append(document)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer

    def ask(self, *messages: ChatMessage, tools: tuple[ToolOffer, ...] = (OFFER,)) -> Completion:
        clock = HandClock()
        model = BedrockModel(self, "m", {"maxTokens": 9, "temperature": 0.0}, clock, lambda: 0.5)
        return model.complete(CompletionRequest(messages, clock.now() + 25_000, tools))


def call(arguments: str, call_id: str = "c") -> ToolCall:
    return ToolCall(call_id, "hours", arguments)


def test_the_thread_begins_with_the_user() -> None:
    """Converse refuses one that begins with the assistant, and messages without content."""
    bedrock = Bedrock()
    bedrock.ask(
        ChatMessage(ASSISTANT, "Welcome!"),
        ChatMessage(USER, "One"),
        ChatMessage(ASSISTANT, "  "),
        ChatMessage(USER, "Two"),
    )
    (sent,) = bedrock.sent
    assert sent["messages"] == [{"role": "user", "content": [{"text": "One"}, {"text": "Two"}]}]
    assert "system" not in sent


@pytest.mark.parametrize("arguments", ["{broken", "[1]", '"text"', "", "null"])
def test_arguments_are_objects_and_results_have_a_text(arguments: str) -> None:
    """Whatever another provider's model wrote; blank texts are left out: Converse refuses them."""
    bedrock = Bedrock()
    bedrock.ask(
        QUESTION,
        ChatMessage(ASSISTANT, " ", (call(arguments),)),
        ChatMessage(TOOL, " ", tool_call_id="c"),
    )
    _, use, result = bedrock.sent[0]["messages"]
    assert use["content"] == [{"toolUse": {"toolUseId": "call_1", "name": "hours", "input": {}}}]
    (block,) = result["content"]
    assert block["toolResult"] == {"toolUseId": "call_1", "content": [{"text": "(nothing)"}]}


def test_one_id_in_two_rounds_is_two_calls() -> None:
    """Other servers begin to count anew with each answer; each result keeps its own call."""
    bedrock = Bedrock()
    rounds = [
        message
        for text in ("first", "second")
        for message in (
            ChatMessage(ASSISTANT, "", (call("{}"),)),
            ChatMessage(TOOL, text, tool_call_id="c"),
        )
    ]
    bedrock.ask(QUESTION, *rounds)
    blocks = [block for message in bedrock.sent[0]["messages"] for block in message["content"]]
    uses = [block["toolUse"]["toolUseId"] for block in blocks if "toolUse" in block]
    results = {
        block["toolResult"]["toolUseId"]: block["toolResult"]["content"][0]["text"]
        for block in blocks
        if "toolResult" in block
    }
    assert results == dict(zip(uses, ("first", "second"), strict=True))


def test_a_tool_without_a_description_or_parameters() -> None:
    """An empty description is refused by Converse, and a schema is required."""
    bedrock = Bedrock()
    bedrock.ask(QUESTION, tools=(ToolOffer("request_human", " "),))
    (tool,) = bedrock.sent[0]["toolConfig"]["tools"]
    assert tool["toolSpec"] == {
        "name": "request_human",
        "inputSchema": {"json": {"type": "object", "properties": {}}},
    }


def test_an_odd_answer_is_understood() -> None:
    """Blocks of other kinds, uses without a name, half characters, usage without a sum."""
    blocks = [
        {"reasoningContent": {"reasoningText": {"text": "Hm."}}},
        {"text": "Hi \ud83d"},
        {"text": None},
        {"toolUse": {"toolUseId": "x", "name": ""}},
        {"toolUse": None},
        {"toolUse": {"toolUseId": "y", "name": "hours"}},
    ]
    completion = Bedrock({**SAID, "output": {"message": {"content": blocks}}}).ask(QUESTION)
    assert completion.text == "Hi ?"
    assert completion.tool_calls == (ToolCall("y", "hours", "{}"),)
    assert completion.usage.total_tokens == 5


@pytest.mark.parametrize(
    ("stop", "reason"),
    [
        ("model_context_window_exceeded", "length"),
        ("content_filtered", "content_filter"),
        ("something_new", "stop"),
    ],
)
def test_every_reason_to_end_has_a_word(stop: str, reason: str) -> None:
    """Those that Converse knows besides, and those to come."""
    assert Bedrock({**SAID, "stopReason": stop}).ask(QUESTION).finish_reason == reason


def answered(status: int, code: str, told: str = "No.", **headers: str) -> ClientError:
    response: Any = {
        "Error": {"Code": code, "Message": told},
        "ResponseMetadata": {"HTTPStatusCode": status, "HTTPHeaders": headers},
    }
    return ClientError(response, "Converse")


@pytest.mark.parametrize(
    ("raised", "kind", "asked"),
    [
        (lambda: answered(400, "ThrottlingException"), RateLimited, 3),
        (lambda: answered(429, "ServiceQuotaExceededException"), RateLimited, 3),
        (lambda: answered(429, "Busy", **{"retry-after": "soon"}), RateLimited, 3),
        (lambda: answered(429, "Busy", **{"retry-after": "60"}), RateLimited, 1),
        (lambda: answered(408, "ModelTimeoutException"), ModelTimeout, 1),
        (lambda: answered(424, "ModelErrorException"), ModelFailed, 1),
        (lambda: answered(503, "ServiceUnavailableException"), ModelFailed, 3),
        (lambda: answered(403, "AccessDeniedException"), ModelRefused, 1),
        (lambda: ReadTimeoutError(endpoint_url="secret"), ModelTimeout, 1),
        (lambda: EndpointConnectionError(endpoint_url="secret"), ModelFailed, 3),
        (lambda: ConnectTimeoutError(endpoint_url="secret"), ModelFailed, 3),
        (lambda: ConnectionClosedError(endpoint_url="secret"), ModelFailed, 3),
        (NoCredentialsError, ModelRefused, 1),
        (lambda: ParamValidationError(report="secret"), ModelRefused, 1),
        (lambda: KeyError("secret"), ModelFailed, 1),
    ],
)
def test_each_failure_is_one_of_ours(
    raised: Callable[[], Exception], kind: type[AppError], asked: int
) -> None:
    """What passes is asked three times, anything else once; nothing of theirs is told."""
    bedrock = Bedrock(raised())
    with pytest.raises(AppError) as caught:
        bedrock.ask(QUESTION)
    assert type(caught.value) is kind
    assert len(bedrock.sent) == asked
    assert bedrock.made == 1, "a client costs more than a question"
    assert "secret" not in str(caught.value)


def test_what_a_model_does_not_know_is_left_out_from_then_on() -> None:
    """One refusal after the other is followed, of the temperature too; the next question is
    asked right at once, and without tools the thread has none either."""
    refusals = (
        answered(400, "ValidationException", "temperature is deprecated for this model"),
        answered(400, "ValidationException", "This model doesn't support tool use."),
    )
    bedrock = Bedrock(*refusals, SAID)
    thread = (
        QUESTION,
        ChatMessage(ASSISTANT, "", (call("{}"),)),
        ChatMessage(TOOL, "9 to 12", tool_call_id="c"),
    )
    try:
        assert bedrock.ask(*thread).text == "Hi."
        assert bedrock.ask(*thread).text == "Hi."
    finally:
        LEARNED.forget()
    has = [("temperature" in one["inferenceConfig"], "toolConfig" in one) for one in bedrock.sent]
    assert has == [(True, True), (False, True), (False, False), (False, False)]
    (message,) = bedrock.sent[-1]["messages"]
    assert [*message["content"][0]] == ["text"]
    assert "9 to 12" in message["content"][0]["text"]
