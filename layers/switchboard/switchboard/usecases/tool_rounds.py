"""Asking the model until it answers: its tool calls run in between, several at once in parallel.

A failing, unknown or slow tool never ends the turn: the model is told as the tool's result.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain
from typing import Any

from switchboard.domain.conversation import (
    ChatMessage,
    Completion,
    Role,
    ToolCall,
    Usage,
    message_tokens,
    storable,
    trimmed,
)
from switchboard.domain.errors import AppError, ModelFailed, ModelTimeout
from switchboard.domain.plugins import Tool, ToolFailed, as_text
from switchboard.domain.session import Answer, ToolUse
from switchboard.ports.clock import Clock
from switchboard.ports.models import CompletionRequest, ModelGateway

PROMPT_TOKENS = 16_000
"""The budget of one prompt. Small enough for the context of any model offered today."""
RESULT_LENGTH = 16_000
"""In characters, for all results of a round: what is longer is cut, and the model told so."""
TOOL_SECONDS = 10.0
PARALLEL_CALLS = 8
"""Calls of one round beyond these are answered with an error, so that no model can flood us."""


@dataclass(frozen=True, slots=True)
class ToolRounds:
    """One turn's exchange with a model. `deadline` is in the clock's milliseconds."""

    gateway: ModelGateway
    clock: Clock
    tools: Mapping[str, Tool]
    limit: int
    deadline: int
    language: str = ""
    keeps_requests: bool = False

    def run(
        self,
        system: str,
        older: Sequence[Sequence[ChatMessage]],
        question: ChatMessage,
        **about: Any,
    ) -> Answer:
        """Asks at most `limit` times; the last time without tools, so that it has to answer.

        A tool that hands off makes the next time the last one: for a closing word, which the
        answer does without if the model has none. `older` are the turns before, of which the
        newest go along; `about` is passed on into the `Answer`.
        """
        new: list[ChatMessage] = []
        uses: list[ToolUse] = []
        usage = Usage()
        prompts: list[tuple[ChatMessage, ...]] = []
        hands_off = False
        completion = Completion("")
        for number in range(1, max(self.limit, 1) + 1):
            is_last = hands_off or number >= self.limit
            prompt = _prompt(system, older, (question, *new))
            prompts.append(prompt)
            before = completion if hands_off else None
            completion = self._ask(prompt, with_tools=not is_last, before=before)
            usage += completion.usage
            if not completion.tool_calls or is_last:
                break
            new.append(ChatMessage(Role.ASSISTANT, completion.text, completion.tool_calls))
            for result, use in self._run_tools(completion.tool_calls):
                new.append(result)
                uses.append(use)
                hands_off = hands_off or self._hands_off(use)
        text = completion.text if completion.text.strip() else ""
        if not text and not hands_off:
            raise ModelFailed("The language model came to no answer.")
        return Answer(
            text=text,
            messages=(*new, ChatMessage(Role.ASSISTANT, text)) if text else tuple(new),
            tool_calls=tuple(uses),
            usage=usage,
            hands_off=hands_off,
            model=completion.model,
            provider=completion.provider,
            finish_reason=completion.finish_reason,
            tools=tuple(tool.offer for tool in self.tools.values()),
            requests=tuple(prompts) if self.keeps_requests else (),
            **about,
        )

    def _hands_off(self, use: ToolUse) -> bool:
        tool = self.tools.get(use.function)
        return tool is not None and tool.hands_off

    def _ask(
        self, prompt: tuple[ChatMessage, ...], *, with_tools: bool, before: Completion | None
    ) -> Completion:
        """After `before`, which handed off, a failure is no more than no closing word."""
        offers = tuple(tool.offer for tool in self.tools.values()) if with_tools else ()
        try:
            if self.clock.now() >= self.deadline:
                raise ModelTimeout
            return self.gateway.complete(
                CompletionRequest(prompt, self.deadline, offers, self.language)
            )
        except AppError:
            if before is None:
                raise
            return Completion("", model=before.model, provider=before.provider)

    def _run_tools(self, calls: Sequence[ToolCall]) -> list[tuple[ChatMessage, ToolUse]]:
        """Each call's result in the order of the calls, at the deadline at the latest."""
        length = RESULT_LENGTH // min(len(calls), PARALLEL_CALLS)
        until = min(self.deadline, self.clock.now() + int(TOOL_SECONDS * 1000))
        runs = [_Run(call, self.tools.get(call.name), length, until) for call in calls]
        threads = [threading.Thread(target=run.run, daemon=True) for run in runs[:PARALLEL_CALLS]]
        for thread in threads:
            thread.start()
        for run in runs[PARALLEL_CALLS:]:
            run.result, run.error = "Too many calls at once.", "too_many_calls"
        for thread in threads:
            thread.join(max(until - self.clock.now(), 0) / 1000)
        return [run.outcome() for run in runs]


@dataclass(slots=True)
class _Run:
    """One tool call on its way; whoever waits for it may lose patience and ask for the outcome."""

    call: ToolCall
    tool: Tool | None
    length: int
    until: int
    result: str = "This tool did not answer in time."
    error: str = "timeout"
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def run(self) -> None:
        result, error = self._call()
        if len(result) > self.length:
            result = result[: self.length] + "\n[The rest was left out.]"
        with self._lock:
            self.result, self.error = result, error

    def _call(self) -> tuple[str, str]:
        if self.tool is None:
            return f"There is no tool named {self.call.name}.", "unknown_tool"
        try:
            arguments = json.loads(self.call.arguments or "{}")
        except (ValueError, RecursionError):
            arguments = None
        if not isinstance(arguments, dict):
            return "The arguments must be a JSON object.", "bad_arguments"
        try:
            return storable(as_text(self.tool.run(arguments, self.until))), ""
        except ToolFailed as failure:
            return failure.detail, failure.code
        except Exception as failure:  # noqa: BLE001 - the model goes on without this tool
            return ToolFailed.detail, type(failure).__name__

    def outcome(self) -> tuple[ChatMessage, ToolUse]:
        with self._lock:
            result, error = self.result, self.error
        use = ToolUse(self.call.name, self.call.arguments, error=error)
        if self.tool:
            use = replace(use, plugin=self.tool.plugin, plugin_class=self.tool.plugin_class)
        return ChatMessage(Role.TOOL, result, tool_call_id=self.call.id), use


def _prompt(
    system: str, older: Sequence[Sequence[ChatMessage]], current: Sequence[ChatMessage]
) -> tuple[ChatMessage, ...]:
    """System message, as many older turns as the budget allows, and this turn whole."""
    start = (ChatMessage(Role.SYSTEM, system),) if system else ()
    left = PROMPT_TOKENS - sum(map(message_tokens, chain(start, current)))
    return (*start, *chain.from_iterable(trimmed(older, left)), *current)
