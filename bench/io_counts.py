"""What each operation asks of others: DynamoDB, SQS, SSM, Zammad and model calls.

The real handlers run against moto and the Zammad simulator, each in a process of its own, and a
model server. Every figure stands beside what the same I/O costs written bare, counted in the
same run, as `functions / bare`. Fails if a budget is exceeded.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from bench.measuring.io_operations import Count, Counting
from bench.measuring.io_watch import Watch
from bench.measuring.io_world import World
from bench.measuring.stage import Stage
from bench.measuring.table import markdown
from tests.servers.openai_server import openai_server

KINDS = {
    "dynamodb_reads": "DynamoDB reads",
    "dynamodb_writes": "DynamoDB writes",
    "sqs": "SQS",
    "ssm": "SSM",
    "zammad": "Zammad",
    "model": "model",
    "dynamodb": "DynamoDB",
    "dynamodb_and_sqs": "DynamoDB + SQS",
}
COLUMNS = tuple(KINDS)[:6]


def measure() -> list[Count]:
    """Every operation once, on a stage of its own."""
    with (
        Stage() as stage,
        openai_server() as model,
        Path("/dev/null").open("w") as log,
        World(stage, log) as world,
        Watch(stage.zammad_url, lambda: len(model.requests)) as watch,
    ):
        world.add_model_bots(model.url)
        return list(Counting(world, watch).all())


def report(counts: Sequence[Count]) -> list[str]:
    """Prints the table; returns the budgets that are exceeded."""
    rows = [
        [
            count.operation,
            *(f"{getattr(count.calls, kind)} / {getattr(count.bare, kind)}" for kind in COLUMNS),
            ", ".join(f"{KINDS[kind]} ≤ {most}" for kind, most in count.budget.items()),
        ]
        for count in counts
    ]
    print(markdown(["calls: functions / bare", *map(KINDS.get, COLUMNS), "budget"], rows))  # type: ignore[list-item]
    return [line for count in counts for line in count.broken]


def main() -> int:
    argparse.ArgumentParser(description="Counts the calls of each operation.").parse_args()
    broken = report(measure())
    for line in broken:
        print(f"over budget: {line}", file=sys.stderr)
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
