"""The one log line of a turn, whoever asked; its figures are metrics, too.

The line is in CloudWatch's embedded metric format
(https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html):
the namespace is `Switchboard`, the dimension the function's name in Powertools' `service`.
"""

from __future__ import annotations

from collections.abc import Mapping

from switchboard.domain.directory import Chatbot
from switchboard.domain.errors import AppError
from switchboard.domain.session import Answer
from switchboard.ports.log import Logger

NAMESPACE = "Switchboard"
UNITS: Mapping[str, str] = {
    "Turns": "Count",
    "TurnTime": "Milliseconds",
    "PromptTokens": "Count",
    "CompletionTokens": "Count",
    "FailedTools": "Count",
    "HandOvers": "Count",
}


def provider_status(error: AppError) -> dict[str, object]:
    """What the line of a failed turn tells of the model's server; its words may quote anyone."""
    status = error.data.get("provider_status")
    return {"provider_status": status} if status else {}


def log_turn(
    logger: Logger, chatbot: Chatbot, answer: Answer, began_at: int, now: int, **about: object
) -> None:
    """Names and numbers only: no text of anyone's, no session key. Times in milliseconds.

    Provider and model are those that answered, which may be the fallback's.
    """
    figures = {
        "Turns": 1,
        "TurnTime": now - began_at,
        "PromptTokens": answer.usage.prompt_tokens,
        "CompletionTokens": answer.usage.completion_tokens,
        "FailedTools": sum(bool(use.error) for use in answer.tool_calls),
        "HandOvers": int(answer.hands_off),
    }
    metrics = [{"Name": name, "Unit": unit} for name, unit in UNITS.items()]
    directive = {"Namespace": NAMESPACE, "Dimensions": [["service"]], "Metrics": metrics}
    logger.info(
        "turn",
        extra={
            **about,
            "chatbot": chatbot.id,
            "provider": answer.provider or chatbot.provider,
            "model": answer.model,
            "plugins": [name for name, _ in answer.plugins],
            "tools": [[use.plugin or use.function, use.error] for use in answer.tool_calls],
            **figures,
            "_aws": {"Timestamp": now, "CloudWatchMetrics": [directive]},
        },
    )
