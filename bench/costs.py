"""What a hundred messages and ten thousand polls ask of AWS and Zammad, and what a month costs.

    python -m bench.costs [--write]

Ten conversations run through the real handlers against moto and the Zammad simulator: each of ten
devices asks ten questions, the bot answers each, an adviser every fifth; a thousand polls each.
DynamoDB's units are computed from the sizes of the items that went over the wire. With `--write`
the table becomes docs/costs.md.
"""

from __future__ import annotations

import argparse
import math
import os
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest import mock

import requests
from botocore.client import BaseClient

from bench.measuring.io_world import World
from bench.measuring.stage import Stage
from bench.measuring.table import markdown

DEVICES, MESSAGES, POLLS = 10, 10, 1000
USERS, USER_MESSAGES, USER_POLLS = 10_000, 10, 1000
"""The month of the document: so many users, each of whom sends and polls as often."""
DOCUMENT = Path(__file__).parents[1] / "docs" / "costs.md"
# List prices in USD without free tiers: eu-central-1, arm64, November 2026; check your own.
PRICES = {
    "HTTP API request": 1.20e-6,
    "Lambda request": 0.20e-6,
    "Lambda GB-second": 1.33334e-5,
    "DynamoDB read unit": 0.1525e-6,
    "DynamoDB write unit": 0.7625e-6,
    "SQS FIFO request": 0.50e-6,
}
SECONDS = {"userchat": 0.05, "webhook": 0.05, "worker": 0.5}
"""Billed time of a warm invocation with real network times, assumed generously."""
GIGABYTES = {"userchat": 1.0, "webhook": 0.5, "worker": 0.5}


class Meter:
    """Counts what passes through botocore's clients."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()

    @contextmanager
    def reading(self) -> Iterator[None]:
        call = BaseClient._make_api_call  # type: ignore[attr-defined]

        def metered(client: Any, operation: str, parameters: dict[str, Any]) -> Any:
            answer = call(client, operation, parameters)
            service = client.meta.service_model.service_name
            if service == "dynamodb":
                self._dynamodb(operation, parameters, answer)
            else:
                self.counts[f"{service} {operation}"] += 1
            return answer

        with mock.patch.object(BaseClient, "_make_api_call", metered):
            yield

    def _dynamodb(self, operation: str, asked: dict[str, Any], answer: dict[str, Any]) -> None:
        self.counts[f"dynamodb {operation}"] += 1
        if operation in ("Query", "GetItem", "BatchGetItem"):
            items = answer.get("Items") or [answer.get("Item", {})]
            size = sum(map(_size, items))
            share = 1.0 if asked.get("ConsistentRead") else 0.5
            self.counts["read units"] += math.ceil(max(size, 1) / 4096) * share  # type: ignore[assignment]
            return
        written = [asked.get("Item") or answer.get("Attributes") or {}]
        share = 1
        if operation == "TransactWriteItems":
            written = [write["Put"]["Item"] for write in asked["TransactItems"] if "Put" in write]
            share = 2
        self.counts["write units"] += sum(
            share * math.ceil(max(_size(item), 1) / 1024) for item in written
        )


def _size(item: Any) -> int:
    """Bytes as DynamoDB counts them, nearly: names and values."""
    if isinstance(item, dict):
        return sum(len(str(name)) + _size(value) for name, value in item.items())
    if isinstance(item, list):
        return sum(map(_size, item))
    return len(item) if isinstance(item, bytes) else len(str(item).encode())


def main() -> int:
    parser = argparse.ArgumentParser(description="Calls, units and the price of a month.")
    parser.add_argument("--write", action="store_true", help=f"into {DOCUMENT.name}")
    arguments = parser.parse_args()
    with Path(os.devnull).open("w") as nowhere, Stage() as stage, World(stage, nowhere) as world:
        messages, polls = _messages(world), _polls(world)
    text = _document(messages, polls)
    print(text)
    if arguments.write:
        DOCUMENT.write_text(text + "\n", encoding="utf-8")
    return 0


def _messages(world: World) -> Counter[str]:
    """A hundred questions, each answered by the bot, every fifth by an adviser, too."""
    meter, zammad = Meter(), f"{world.stage.zammad_url}/simulator/requests"
    requests.delete(zammad, timeout=30).raise_for_status()
    advised = 0
    with meter.reading():
        for number in range(DEVICES * MESSAGES):
            device = f"device-{number % DEVICES}"
            text = f"Wo finde ich einen Sprachkurs? Das ist meine Frage Nummer {number}."
            world.call("userchat", world.write(device, text))
            world.call("worker", world.next_job())
            if number % 5 == 0:
                ticket = int(world.chat(device).ticket_id or 0)
                article = world.adviser_answers(ticket)
                advised += 1
                world.call("webhook", world.adviser_wrote(ticket, article))
                world.call("worker", world.next_job())
    counts = meter.counts
    # What this script itself asked for is no part of it.
    counts["zammad"] = requests.get(zammad, timeout=30).json()["count"] - advised
    counts["dynamodb Query"] -= advised
    del counts["sqs ReceiveMessage"], counts["sqs DeleteMessage"]
    counts["userchat"] = DEVICES * MESSAGES
    counts["webhook"] = advised
    counts["worker"] = DEVICES * MESSAGES + advised
    return counts


def _polls(world: World) -> Counter[str]:
    meter, zammad = Meter(), f"{world.stage.zammad_url}/simulator/requests"
    requests.delete(zammad, timeout=30).raise_for_status()
    with meter.reading():
        for number in range(DEVICES * POLLS):
            world.call("userchat", world.read(f"device-{number % DEVICES}"))
    meter.counts["zammad"] = requests.get(zammad, timeout=30).json()["count"]
    meter.counts["userchat"] = DEVICES * POLLS
    return meter.counts


def _document(messages: Counter[str], polls: Counter[str]) -> str:
    names = sorted({*messages, *polls})
    calls = [(name, f"{messages[name]:g}", f"{polls[name]:g}") for name in names]
    many = USERS * USER_MESSAGES / (DEVICES * MESSAGES)
    often = USERS * USER_POLLS / (DEVICES * POLLS)
    bill = _bill(messages, many), _bill(polls, often)
    rows = [
        (name, f"{bill[0][name]:.2f}", f"{bill[1][name]:.2f}") for name in (*PRICES, "together")
    ]
    head = f"{DEVICES * MESSAGES} messages, each answered by the bot, every fifth by an adviser"
    polled = f"{DEVICES * POLLS:,} polls of a fresh chat"
    return "\n".join(
        [
            "# What it asks for and what it costs",
            "",
            "Made by `python -m bench.costs --write`; the figures are counted, the prices assumed.",
            "",
            markdown(("calls", head, polled), calls),
            "",
            f"A month with {USERS:,} active users, each of whom sends {USER_MESSAGES} messages and",
            f"polls {USER_POLLS:,} times, in USD, without free tiers, model and Zammad:",
            "",
            markdown(("price", "messages", "polls"), rows),
            "",
            f"Together {bill[0]['together'] + bill[1]['together']:.0f} USD a month, and nothing",
            "but storage while nobody writes. Assumed: list prices of eu-central-1 as in",
            "`bench/costs.py`, 50 ms for a request, 500 ms for a job.",
        ]
    )


def _bill(counts: Counter[str], times: float) -> dict[str, float]:
    invocations = {name: counts[name] for name in SECONDS}
    used = {
        "HTTP API request": counts["userchat"],
        "Lambda request": sum(invocations.values()),
        "Lambda GB-second": sum(n * SECONDS[f] * GIGABYTES[f] for f, n in invocations.items()),
        "DynamoDB read unit": counts["read units"],
        "DynamoDB write unit": counts["write units"],
        # Sent, received and deleted.
        "SQS FIFO request": counts["sqs SendMessage"] + 2 * counts["worker"],
    }
    bill = {name: used[name] * times * price for name, price in PRICES.items()}
    return {**bill, "together": sum(bill.values())}


if __name__ == "__main__":
    sys.exit(main())
