"""`switchboard test FILE…`: asks chatbots their golden questions, and says which answers are wrong.

Needs no stack: the chatbots are made from the files. With `--local` or `--stack` what the stack
holds counts as well: plugins and accounts that the files only name, and stored secrets.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, TypeAlias

from switchboard_cli import stack
from switchboard_cli.golden import NOTHING_APPLIED, Outcome, Rehearsal, rehearsals
from switchboard_cli.local.names import SIMULATOR_PORT, STACK_NAME, variables
from switchboard_cli.main import CommandError
from switchboard_cli.manifests import ManifestErrors, Manifests, load_manifests
from switchboard_cli.manifests.applying import Configuration
from switchboard_cli.reporting import report_errors, report_warnings

SHOWN = 200
"""Characters of an answer that is wrong; `--json` has it whole."""

Report: TypeAlias = list[tuple[str, Sequence[Outcome]]]
"""Chatbots by title, each with what became of its questions."""


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "paths",
        metavar="FILE",
        type=Path,
        nargs="+",
        help="manifests: a file, or a folder with its *.yaml and *.yml",
    )
    parser.add_argument("--account", help="the account of manifests that name none")
    parser.add_argument("--json", action="store_true", help="the report as one JSON document")
    stack.add_options(parser)
    parser.set_defaults(stack=None)


def run(arguments: argparse.Namespace) -> int:
    """0 if every answer is as expected."""
    # Regions take no part in a test, so their help desk's variables need not be set.
    environment = variables(f"http://127.0.0.1:{SIMULATOR_PORT}")
    try:
        manifests = load_manifests(arguments.paths, environment, arguments.account)
        report_warnings(manifests)
        if arguments.local or arguments.stack:
            arguments.stack = arguments.stack or STACK_NAME
            with stack.opened(arguments) as opened:
                report = ask_all(manifests, opened.directory, quiet=arguments.json)
        else:
            report = ask_all(manifests, NOTHING_APPLIED, quiet=arguments.json)
    except ManifestErrors as fault:
        return report_errors(fault)
    if not report:
        raise CommandError("there is no chatbot in these manifests")
    if arguments.json:
        print(json.dumps(as_document(report), ensure_ascii=False, indent=2))
    return 1 if has_failed(report) else 0


def ask_all(manifests: Manifests, applied: Configuration, *, quiet: bool = False) -> Report:
    """Asks every golden question, and prints what becomes of it at once, unless `quiet`.

    Raises `ManifestErrors` if anything is wrong with the manifests.
    """
    report: Report = []
    for rehearsal in rehearsals(manifests, applied):
        outcomes = []
        for outcome in rehearsal.outcomes():
            outcomes.append(outcome)
            if not quiet:
                print("\n".join(_lines(rehearsal, outcome)), flush=True)
        if not outcomes and not quiet:
            print(f"no tests {rehearsal.title}")
        report.append((rehearsal.title, outcomes))
    if report and not quiet:
        print(_summary(report))
    return report


def has_failed(report: Report) -> bool:
    return any(outcome.faults for _, outcomes in report for outcome in outcomes)


def as_document(report: Report) -> dict[str, Any]:
    """`{"passed", "failed", "chatbots": [{"chatbot", "questions": [{"ask", "passed", …}]}]}`."""
    outcomes = [outcome for _, found in report for outcome in found]
    failed = sum(1 for outcome in outcomes if outcome.faults)
    return {
        "passed": len(outcomes) - failed,
        "failed": failed,
        "chatbots": [
            {
                "chatbot": title,
                "questions": [{**asdict(o), "passed": not o.faults} for o in found],
            }
            for title, found in report
        ],
    }


def _lines(rehearsal: Rehearsal, outcome: Outcome) -> Iterable[str]:
    yield f"{'FAILED' if outcome.faults else 'passed':<8} {rehearsal.title}: {outcome.ask}"
    for fault in outcome.faults:
        yield f"           {fault}"
    if outcome.faults:
        yield f"           said: {_short(outcome.said) or 'nothing'}"
    ran = []
    if outcome.plugins:
        ran.append(f"plugins: {', '.join(outcome.plugins)}")
    if outcome.tools:
        ran.append(f"tools: {', '.join(outcome.tools)}")
    figures = f"{outcome.tokens} tokens, {outcome.ms / 1000:.2f} s"
    yield f"           {'; '.join([*ran, figures])}"


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= SHOWN else f"{line[:SHOWN]} …"


def _summary(report: Report) -> str:
    outcomes = [outcome for _, found in report for outcome in found]
    failed = sum(1 for outcome in outcomes if outcome.faults)
    without = [title for title, found in report if not found]
    parts = [f"{len(outcomes) - failed} passed, {failed} failed"]
    parts.append(f"{sum(o.tokens for o in outcomes)} tokens")
    parts.append(f"{sum(o.ms for o in outcomes) / 1000:.1f} s")
    if without:
        parts.append(f"without tests: {', '.join(without)}")
    return "; ".join(parts)
