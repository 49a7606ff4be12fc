"""Cold start of each function: from the start of its process to its first answer.

The genuine runtime interface client runs the built bundle under CPython 3.13, against a Runtime
API, moto and the Zammad simulator on this machine. Beside it, in the same run, a handler that
only imports boto3 and makes a DynamoDB client. Instructions repeat to one per cent; times are
medians of interleaved rounds, their ratios taken round by round. Fails if a budget is exceeded.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import Any

from bench.measuring import requests
from bench.measuring.baselines import make_baselines
from bench.measuring.cold_start import Subject, can_count, imported, instructions, seconds
from bench.measuring.interpreter import interpreter_with_runtime_client
from bench.measuring.stage import Stage
from bench.measuring.table import markdown, paired_ratio
from tools.build import HOST, build
from tools.runtime_packages import host_target
from tools.template import read_template

BUDGETS = {"webhook": 1.15, "userchat": 1.25, "chatbot": 1.25}
BASELINE = "boto3 + DynamoDB client"
TRIMMED = "the same, botocore as in the bundle"


def status_200(answer: Any) -> None:
    assert answer["statusCode"] == 200


def nothing_failed(answer: Any) -> None:
    assert not answer["batchItemFailures"]


def subjects(stage: Stage) -> list[Subject]:
    """The baselines first, then each function with the requests that it gets most."""
    ticket = stage.create_ticket()
    stage.store_chat("reader", ticket)
    waiting = stage.store_chat("waiting", stage.create_ticket())
    paths = make_baselines()

    def anything(answer: object) -> None:
        """A baseline's answer says nothing."""

    baselines = [
        Subject("empty handler", "empty.handle", paths["empty"], {}, dict, anything),
        Subject(BASELINE, "only_boto3.handle", paths["stock"], {}, dict, anything),
        Subject(TRIMMED, "only_boto3.handle", paths["trimmed"], {}, dict, anything),
    ]
    events = {
        "webhook": ("adviser wrote", lambda: requests.adviser_wrote(stage, ticket), status_200),
        "userchat": ("read", lambda: requests.read_chat("reader"), status_200),
        "userchat ": ("first message", requests.first_message, status_200),
        "chatbot": ("ask", lambda: requests.ask_chatbot(stage), status_200),
        "worker": ("article", lambda: requests.article_job(waiting), nothing_failed),
    }
    template = read_template(HOST / "template.yaml")
    functions = {function.name: function for function in template.functions}
    return baselines + [
        Subject(
            name=f"{name.strip()}: {title}",
            handler=functions[name.strip()].handler,
            paths=[HOST / functions[name.strip()].folder, *layers(stage, name.strip())],
            environment=stage.environment(name.strip()),
            event=event,
            check=check,
        )
        for name, (title, event, check) in events.items()
    ]


def layers(stage: Stage, name: str) -> list[Path]:
    """Of the built bundle, every layer that the function with this short name has."""
    _, *used = stage.deployment.function_named(name).paths
    return [HOST / layer.relative_to(stage.deployment.root) / "python" for layer in used]


def loaded_in_vain(python: Path, chosen: Sequence[Subject]) -> list[str]:
    """Packages of layers that only some functions have, imported before they are needed."""
    folders = [HOST / layer / "python" for layer in read_template(HOST / "template.yaml").others]
    entries = (entry for folder in folders for entry in folder.iterdir())
    packages = {entry.stem for entry in entries if entry.suffix in ("", ".py")} - {"__pycache__"}
    found = []
    for subject in chosen:
        if not set(folders).isdisjoint(subject.paths):
            loaded = {module.partition(".")[0] for module in imported(python, subject)}
            wrong = sorted(loaded & packages)
            print(f"{subject.name}: {len(loaded & packages)} of {len(packages)} packages loaded")
            found += [f"{subject.name} imports {package}" for package in wrong]
    return found


def measure(python: Path, chosen: Sequence[Subject], rounds: int) -> dict[str, list[float]]:
    """Seconds by subject. Each round takes every subject once, starting with another one."""
    for subject in chosen:
        seconds(python, subject)
    taken: dict[str, list[float]] = {subject.name: [] for subject in chosen}
    for number in range(rounds):
        start = number % len(chosen)
        for subject in [*chosen[start:], *chosen[:start]]:
            taken[subject.name].append(seconds(python, subject))
    return taken


def report(
    chosen: Sequence[Subject], taken: dict[str, list[float]], counted: dict[str, int]
) -> list[str]:
    """Prints the table; returns the budgets that are exceeded."""
    rows, exceeded = [], []
    for name in (subject.name for subject in chosen):
        ratios = {"time": paired_ratio(taken[name], taken[BASELINE])}
        row = [name, f"{1000 * median(taken[name]):.0f}", f"{ratios['time']:.2f}"]
        if counted:
            ratios["instructions"] = counted[name] / counted[BASELINE]
            row += [f"{counted[name] / 1e6:.0f}", f"{ratios['instructions']:.2f}"]
            row.append(f"{counted[name] / counted[TRIMMED]:.2f}")
        budget = BUDGETS.get(name.partition(":")[0])
        rows.append([*row, f"{budget:.2f}" if budget else ""])
        exceeded += [
            f"{name}: {ratio:.2f} × the baseline in {kind}, the budget is {budget:.2f}"
            for kind, ratio in ratios.items()
            if budget and ratio > budget
        ]
    head = ["cold start", "ms", "×"]
    head += ["million instructions", "×", "× with trimmed botocore"] if counted else []
    print(markdown([*head, "budget ×"], rows))
    return exceeded


def main() -> int:
    parser = argparse.ArgumentParser(description="Measures the cold start of each function.")
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--no-instructions", action="store_true")
    arguments = parser.parse_args()
    build(HOST, host_target())
    python = interpreter_with_runtime_client()
    with Stage() as stage:
        chosen = subjects(stage)
        taken = measure(python, chosen, arguments.rounds)
        counting = can_count() and not arguments.no_instructions
        counted = {s.name: instructions(python, s) for s in chosen} if counting else {}
        exceeded = report(chosen, taken, counted)
        print("\nOf the layers that not every function has:")
        exceeded += loaded_in_vain(python, chosen)
    if not counted:
        print("\nInstructions were not counted: that needs valgrind.")
    for line in exceeded:
        print(f"over budget: {line}", file=sys.stderr)
    return 1 if exceeded else 0


if __name__ == "__main__":
    sys.exit(main())
