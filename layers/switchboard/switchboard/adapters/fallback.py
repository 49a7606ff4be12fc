"""A chatbot's model with another one behind it, for when the first cannot answer.

Each question to a model gives the first one a share of the time that is left, so that the second
can still answer. Once the first has failed, the rest of the turn is the second's: it is given the
thread as it stands, and no tool runs twice.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from switchboard.domain.conversation import Completion, Usage, prompt_tokens
from switchboard.domain.directory import Chatbot
from switchboard.domain.errors import ModelFailed, ModelTimeout, RateLimited
from switchboard.ports.clock import Clock
from switchboard.ports.models import CompletionRequest, ModelGateway

FIRST_SHARE = 0.6
"""Of the time left, how much the first model may take."""


@dataclass(slots=True)
class ModelWithFallback:
    """`ModelGateway` of one turn. `chatbots` is the chatbot as each of its providers serves it."""

    chatbots: tuple[Chatbot, Chatbot]
    connect: Callable[[Chatbot], ModelGateway]
    clock: Clock
    has_failed: bool = False

    def complete(self, request: CompletionRequest) -> Completion:
        """Raises what the second model raises. The completion says which model it is of.

        `data["maybe_paid"]` is set in what is raised after the first model timed out.
        """
        lost = Usage()
        if not self.has_failed:
            now = self.clock.now()
            until = now + int((request.deadline - now) * FIRST_SHARE)
            try:
                return self._ask(self.chatbots[0], replace(request, deadline=until))
            except (ModelFailed, RateLimited) as failure:
                self.has_failed = True
                if isinstance(failure, ModelTimeout):
                    # It may have worked until we left, and be paid for it.
                    prompt = prompt_tokens(request.messages, request.tools)
                    lost = Usage(prompt, 0, prompt)
        try:
            completion = self._ask(self.chatbots[1], request)
        except (ModelFailed, RateLimited) as failure:
            failure.data["maybe_paid"] = bool(lost.total_tokens)
            raise
        return replace(completion, usage=completion.usage + lost)

    def _ask(self, chatbot: Chatbot, request: CompletionRequest) -> Completion:
        completion = self.connect(chatbot).complete(request)
        return replace(completion, model=completion.model or chatbot.model or chatbot.provider)
