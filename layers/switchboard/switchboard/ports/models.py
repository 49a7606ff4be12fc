"""Asking a language model. Which server that is, and how it wants to be asked, is the adapter's."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from switchboard.domain.conversation import ChatMessage, Completion, ToolOffer
from switchboard.domain.directory import Chatbot


@dataclass(frozen=True, slots=True)
class CompletionRequest:
    """`deadline` is in the clock's milliseconds; `language` is the one to answer in, if known."""

    messages: tuple[ChatMessage, ...]
    deadline: int
    tools: tuple[ToolOffer, ...] = ()
    language: str = ""


class ModelGateway(Protocol):
    def complete(self, request: CompletionRequest) -> Completion:
        """One completion, before the deadline.

        Raises `ModelTimeout` at the deadline, `RateLimited` if the model is out of capacity,
        `ModelFailed` otherwise; it is not retryable if the model refused what we sent.
        """
        ...


class ModelConnector(Protocol):
    def for_chatbot(self, chatbot: Chatbot) -> ModelGateway:
        """The model of the chatbot's manifest. Raises `ModelFailed` if that cannot be one."""
        ...
