"""Warm handlers: the processor time of one call, beside a bare handler that does the same I/O.

moto, the Zammad simulator and the model server run in processes of their own, so what is
measured here is a function's own code with botocore and requests, not the waiting. The two take
turns, call by call; the ratio is the median of the ratios of such pairs. Fails if a budget is
exceeded. `--profile` shows in addition where the time of each operation goes.
"""

from __future__ import annotations

import argparse
import cProfile
import gc
import pstats
import sys
import time
from pathlib import Path
from statistics import median
from typing import Any

from bench.measuring.io_world import World
from bench.measuring.stage import Stage
from bench.measuring.table import markdown, paired_ratio
from bench.measuring.warm_operations import Handle, Operation, Operations
from switchboard_cli.local.child import Child

WARM_UP = 20
PROFILED = 50
LINES = 30


def cpu_ms(handle: Handle, event: Any) -> float:
    """Milliseconds of processor time of this process, all threads. Raises on an error answer."""
    started = time.process_time_ns()
    answer = handle(event)
    taken = time.process_time_ns() - started
    if answer["statusCode"] != 200:
        raise RuntimeError(f"the handler answered {answer}")
    return taken / 1_000_000


def measure(operation: Operation, rounds: int) -> tuple[list[float], list[float]]:
    """Milliseconds of the handler and of the bare one, pair by pair."""
    gc.collect()
    gc.freeze()
    pairs = [
        (
            cpu_ms(operation.handle, operation.prepare()),
            cpu_ms(operation.bare, (operation.prepare_bare or operation.prepare)()),
        )
        for _ in range(WARM_UP + rounds)
    ][WARM_UP:]
    return [own for own, _ in pairs], [bare for _, bare in pairs]


def profile(operation: Operation) -> None:
    profiler = cProfile.Profile(time.process_time)
    for _ in range(PROFILED):
        event = operation.prepare()
        profiler.enable()
        operation.handle(event)
        profiler.disable()
    print(f"\n{operation.name}, {PROFILED} calls:")
    pstats.Stats(profiler).strip_dirs().sort_stats("cumulative").print_stats(LINES)


def main() -> int:
    parser = argparse.ArgumentParser(description="Measures warm handlers without their waiting.")
    parser.add_argument("--rounds", type=int, default=100)
    parser.add_argument("--profile", action="store_true")
    arguments = parser.parse_args()
    model = Child(["-m", "bench.measuring.warm_model"], ready="ready ", log=lambda line: None)
    rows, exceeded = [], []
    try:
        with Stage() as stage, Path("/dev/null").open("w") as log, World(stage, log) as world:
            world.add_model_bots(model.wait_until_ready())
            for operation in Operations(world).all():
                own, bare = measure(operation, arguments.rounds)
                ratio = paired_ratio(own, bare)
                budget = operation.budget
                figures = [f"{median(own):.2f}", f"{median(bare):.2f}", f"{ratio:.2f}"]
                rows.append([operation.name, *figures, f"{budget:g}" if budget else ""])
                if budget and ratio > budget:
                    exceeded.append(f"{operation.name}: {ratio:.2f} × bare, budget {budget:g}")
                if arguments.profile:
                    profile(operation)
    finally:
        model.stop()
    print(markdown(["warm, processor time", "ms", "bare ms", "×", "budget ×"], rows))
    for line in exceeded:
        print(f"over budget: {line}", file=sys.stderr)
    return 1 if exceeded else 0


if __name__ == "__main__":
    sys.exit(main())
