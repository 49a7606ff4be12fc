"""What a model reads and writes: messages, tool calls, tools, usage. No provider's field names.

A tool call and its results belong together: no function here returns one without the other,
because model servers refuse such a thread.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from itertools import takewhile
from typing import Any


class Role(StrEnum):
    SYSTEM = "system"
    USER = "user"
    ASSISTANT = "assistant"
    TOOL = "tool"


@dataclass(frozen=True, slots=True)
class ToolCall:
    """`arguments` is the text the model wrote: JSON if the model kept to the protocol."""

    id: str
    name: str
    arguments: str


@dataclass(frozen=True, slots=True)
class ChatMessage:
    """`tool_call_id` names the call that a tool message answers."""

    role: Role
    content: str
    tool_calls: tuple[ToolCall, ...] = ()
    tool_call_id: str = ""


@dataclass(frozen=True, slots=True)
class Usage:
    """In tokens, as the model counted them."""

    prompt_tokens: int = 0
    completion_tokens: int = 0
    total_tokens: int = 0

    def __add__(self, other: Usage) -> Usage:
        return Usage(
            self.prompt_tokens + other.prompt_tokens,
            self.completion_tokens + other.completion_tokens,
            self.total_tokens + other.total_tokens,
        )


@dataclass(frozen=True, slots=True)
class ToolOffer:
    """A tool as the model is told of it; `parameters` is a JSON Schema of an object."""

    name: str
    description: str
    parameters: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Completion:
    """What the model said: a text, or calls that it wants answered first.

    `provider` and `model` are those that answered, whatever else was asked before.
    """

    text: str
    tool_calls: tuple[ToolCall, ...] = ()
    usage: Usage = field(default_factory=Usage)
    model: str = ""
    finish_reason: str = "stop"
    provider: str = ""


def storable(text: str) -> str:
    """The text without lone surrogates, which JSON can carry but no storage and no model takes."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode()


def tokens(text: str) -> int:
    """An estimate that needs no tokenizer: four bytes of UTF-8 to a token, four for the frame."""
    return len(text.encode("utf-8", "replace")) // 4 + 4


def message_tokens(message: ChatMessage) -> int:
    calls = sum(tokens(call.name + call.arguments) for call in message.tool_calls)
    return tokens(message.content) + calls


def prompt_tokens(messages: Iterable[ChatMessage], offers: Iterable[ToolOffer]) -> int:
    """An estimate of what a model is given to read."""
    tools = (tokens(f"{o.name}{o.description}{o.parameters}") for o in offers)
    return sum(map(message_tokens, messages)) + sum(tools)


def without_tools(messages: Iterable[ChatMessage]) -> tuple[ChatMessage, ...]:
    """The thread for a model that knows no tools: results are told as text, as the user's.

    What follows one another in one role is one message, as such models want it.
    """
    names: dict[str, str] = {}
    kept: list[ChatMessage] = []
    for message in messages:
        names.update((call.id, call.name) for call in message.tool_calls)
        if message.role is Role.TOOL:
            name = names.get(message.tool_call_id, "a tool")
            message = ChatMessage(Role.USER, f"What {name} says:\n{message.content}")
        if not message.content.strip():
            continue
        if kept and kept[-1].role is message.role:
            message = replace(message, content=f"{kept.pop().content}\n\n{message.content}")
        kept.append(replace(message, tool_calls=()))
    return tuple(kept)


def well_formed(messages: Iterable[ChatMessage]) -> tuple[ChatMessage, ...]:
    """The thread without empty messages, results nobody asked for and calls nobody answered."""
    kept: list[ChatMessage] = []
    thread = list(messages)
    for place, message in enumerate(thread):
        if message.role is Role.TOOL:
            continue
        asked = {call.id for call in message.tool_calls}
        results = {} if not asked else _results_after(thread, place)
        calls = tuple(call for call in message.tool_calls if call.id in results)
        if message.content.strip() or calls:
            kept.append(replace(message, tool_calls=calls))
            kept.extend(results[call.id] for call in calls)
    return tuple(kept)


def trimmed(
    older: Sequence[Sequence[ChatMessage]], budget: int
) -> tuple[tuple[ChatMessage, ...], ...]:
    """The newest of these turns that fit into `budget` tokens together, oldest first.

    A turn is kept whole or left out, so a tool call never loses its result.
    """
    kept: list[tuple[ChatMessage, ...]] = []
    for turn in reversed(older):
        budget -= sum(map(message_tokens, turn))
        if budget < 0:
            break
        kept.append(tuple(turn))
    return tuple(reversed(kept))


def turns_of(messages: Iterable[ChatMessage]) -> list[list[ChatMessage]]:
    """The thread cut before each user message."""
    turns: list[list[ChatMessage]] = []
    for message in messages:
        if message.role is Role.USER or not turns:
            turns.append([])
        turns[-1].append(message)
    return turns


def _results_after(thread: Sequence[ChatMessage], place: int) -> dict[str, ChatMessage]:
    results = takewhile(lambda message: message.role is Role.TOOL, thread[place + 1 :])
    return {result.tool_call_id: result for result in results}
