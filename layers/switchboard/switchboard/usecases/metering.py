"""A chatbot's limits, enforced before any paid call (contracts/chatbot.md, "Journal and limits").

One gateway is one request: a turn with all its rounds, or a translation. Tokens are reserved at
an estimate, so that two requests at once cannot both spend the last ones; what the model counted
settles it. A process that dies in between leaves its estimate spent until the day is over.
"""

from __future__ import annotations

from dataclasses import dataclass

from switchboard.domain.chat import DAY_MS
from switchboard.domain.conversation import Completion, prompt_tokens
from switchboard.domain.directory import Chatbot, Limits
from switchboard.domain.errors import AppError, BudgetSpent, ModelTimeout, RateLimited
from switchboard.domain.limits import until_next_window, window_number
from switchboard.ports.clock import Clock
from switchboard.ports.counters import Counters
from switchboard.ports.models import CompletionRequest, ModelConnector, ModelGateway

MINUTE_MS = 60_000


@dataclass(frozen=True, slots=True)
class MeteredModels:
    """`ModelConnector`. A chatbot without limits costs no write."""

    models: ModelConnector
    counters: Counters
    clock: Clock

    def for_chatbot(self, chatbot: Chatbot) -> ModelGateway:
        gateway = self.models.for_chatbot(chatbot)
        if chatbot.limits == Limits():
            return gateway
        return _Metered(gateway, chatbot, self.counters, self.clock)


@dataclass(slots=True)
class _Metered:
    gateway: ModelGateway
    chatbot: Chatbot
    counters: Counters
    clock: Clock
    is_counted: bool = False

    def complete(self, request: CompletionRequest) -> Completion:
        """Raises `RateLimited` and `BudgetSpent` besides, each before anything is asked."""
        self._count()
        day = window_number(self.clock.now(), DAY_MS)
        reserved = spent = self._reserve(request, day)
        try:
            completion = self.gateway.complete(request)
            spent = completion.usage.total_tokens
            return completion
        except BaseException as failure:
            if not _maybe_paid(failure):
                spent = 0
            raise
        finally:
            if reserved and spent != reserved:
                self._add(day, spent - reserved)

    def _count(self) -> None:
        """The request, once."""
        most = self.chatbot.limits.requests_per_minute
        if self.is_counted or most is None:
            return
        now = self.clock.now()
        minute = window_number(now, MINUTE_MS)
        counter = f"Requests#{self.chatbot.id}"
        if not self.counters.add(counter, minute, 1, most=most, expires_at=now // 1000 + 3600):
            raise RateLimited(
                "This chatbot is asked too often. Please try again later.",
                retry_after=until_next_window(now, MINUTE_MS),
            )
        self.is_counted = True

    def _reserve(self, request: CompletionRequest, day: int) -> int:
        """Tokens reserved; 0 if there is no limit.

        An estimate is never more than a whole day's budget: that would keep a bot silent for ever.
        """
        most = self.chatbot.limits.tokens_per_day
        if most is None:
            return 0
        amount = min(prompt_tokens(request.messages, request.tools) + self.chatbot.max_tokens, most)
        if not self._add(day, amount, most):
            raise BudgetSpent(retry_after=until_next_window(self.clock.now(), DAY_MS))
        return amount

    def _add(self, day: int, amount: int, most: int | None = None) -> bool:
        expires_at = (day + 2) * DAY_MS // 1000
        counter = f"Tokens#{self.chatbot.id}"
        return self.counters.add(counter, day, amount, most=most, expires_at=expires_at)


def _maybe_paid(failure: BaseException) -> bool:
    """True if a model may have worked until it was left, and want its price."""
    is_timeout = isinstance(failure, ModelTimeout)
    return is_timeout or (isinstance(failure, AppError) and bool(failure.data.get("maybe_paid")))
