"""A language model that follows a script."""

from __future__ import annotations

from collections.abc import Callable

from switchboard.domain.conversation import Completion
from switchboard.domain.directory import Chatbot
from switchboard.ports.models import CompletionRequest, ModelGateway

Step = Completion | Exception | Callable[[CompletionRequest], Completion]


class ScriptedModel:
    """`ModelGateway` and `ModelConnector`: one step of the script for each completion.

    The last step is repeated when the script is at its end. `requests` keeps what was asked.
    """

    def __init__(self, *steps: Step) -> None:
        self._steps = list(steps)
        self.requests: list[CompletionRequest] = []

    def for_chatbot(self, chatbot: Chatbot) -> ModelGateway:
        return self

    def complete(self, request: CompletionRequest) -> Completion:
        self.requests.append(request)
        step = self._steps.pop(0) if len(self._steps) > 1 else self._steps[0]
        if isinstance(step, Exception):
            raise step
        return step if isinstance(step, Completion) else step(request)
