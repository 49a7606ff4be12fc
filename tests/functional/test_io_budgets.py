"""What an operation may ask of DynamoDB, SQS, Zammad and models, as bench/io_counts.py counts it.

The real handlers, moto and the simulator in processes of their own, a model server; the budgets
are those of the product, next to each the same I/O written bare.
"""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from bench.io_counts import measure
from bench.measuring.io_operations import POLLERS, Count
from bench.measuring.io_watch import Calls

Counts = Mapping[str, Count]


@pytest.fixture(scope="module")
def counts() -> Counts:
    return {count.operation: count for count in measure()}


@pytest.mark.parametrize("start", ["cold", "warm"])
def test_a_first_message(counts: Counts, start: str) -> None:
    """A device's first message takes at most 4 Zammad and 8 DynamoDB calls, and no model call."""
    calls = counts[f"first message, {start}"].calls
    assert calls.zammad <= 4
    assert calls.dynamodb <= 8
    assert calls.model == 0


def test_a_later_message(counts: Counts) -> None:
    """A later message is one Zammad call; sent twice, it is none and writes nothing."""
    assert counts["later message"].calls.zammad == 1
    again = counts["the same message again"].calls
    assert (again.zammad, again.dynamodb_writes) == (0, 0)


@pytest.mark.parametrize(
    ("operation", "readers"), [("read, fresh", 1), (f"{POLLERS} pollers, fresh", POLLERS)]
)
def test_reading_a_fresh_chat(counts: Counts, operation: str, readers: int) -> None:
    """Reading a fresh chat is one DynamoDB read and nothing else, however many read it."""
    assert counts[operation].calls == Calls(dynamodb_reads=readers)


@pytest.mark.parametrize("operation", ["read, stale", f"{POLLERS} pollers, stale"])
def test_reading_a_stale_chat(counts: Counts, operation: str) -> None:
    """However many readers find a chat stale at once, one of them asks Zammad, once."""
    assert counts[operation].calls.zammad == 1


@pytest.mark.parametrize(
    "operation", ["adviser's article, cold", "adviser's article, warm", "delivered again"]
)
def test_a_webhook(counts: Counts, operation: str) -> None:
    """A webhook calls neither Zammad nor a model, and DynamoDB and SQS at most 3 times."""
    calls = counts[f"webhook, {operation}"].calls
    assert (calls.zammad, calls.model) == (0, 0)
    assert 1 <= calls.dynamodb_and_sqs <= 3


@pytest.mark.parametrize("start", ["cold", "warm"])
def test_a_question(counts: Counts, start: str) -> None:
    """A question's job reads its ticket once and posts the answer: two Zammad calls."""
    assert counts[f"job, question answered, {start}"].calls.zammad == 2


def test_an_advisers_article(counts: Counts) -> None:
    """An adviser's article is read from Zammad once, and not again when it is told of again."""
    assert counts["job, adviser's article"].calls.zammad == 1
    again = counts["job, the same article again"].calls
    assert (again.zammad, again.dynamodb_writes) == (0, 0)


@pytest.mark.parametrize(("model", "asked"), [("local", 0), ("OpenAI", 1)])
def test_a_turn(counts: Counts, model: str, asked: int) -> None:
    """A warm turn of a session is one DynamoDB read, one write, and one call of its model."""
    calls = counts[f"chatbot, {model} model, later turn"].calls
    assert calls == Calls(dynamodb_reads=1, dynamodb_writes=1, model=asked)


def test_a_turn_late_in_a_session(counts: Counts) -> None:
    """The 200th turn of a session makes the calls of the second."""
    assert (
        counts["chatbot, local model, turn 200"].calls
        == counts["chatbot, local model, later turn"].calls
    )


def test_a_turn_with_limits(counts: Counts) -> None:
    """Limits cost three writes: the request counted, the tokens reserved, and settled."""
    calls = counts["chatbot, OpenAI model with limits, later turn"].calls
    assert calls == Calls(dynamodb_reads=1, dynamodb_writes=4, model=1)


@pytest.mark.parametrize("case", ["unknown host, 404", "no key, 401", "unknown key, 401"])
def test_a_refused_turn(counts: Counts, case: str) -> None:
    """Who has no right to a chatbot costs one DynamoDB read, never a write or a model call."""
    assert counts[f"chatbot, {case}, cold"].calls == Calls(dynamodb_reads=1)


def test_every_budget_of_the_bench(counts: Counts) -> None:
    """No operation is over the budget that the bench prints beside it."""
    assert not [line for count in counts.values() for line in count.broken]
