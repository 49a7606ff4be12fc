"""`switchboard doctor REGION`: is the region's Zammad set up, and if not, what is to be done?

Asks the stack and the Zammad over REST, writes one test ticket and closes it again. A finding is a
line `ok`, `missing` or `cannot tell`, its name, what was seen, and below it how to set it up.
"""

from __future__ import annotations

import argparse

from switchboard_cli import stack
from switchboard_cli.doctoring.bridge import examine_access, examine_bridge
from switchboard_cli.doctoring.by_hand import explain_rest
from switchboard_cli.doctoring.calls import ZammadCalls
from switchboard_cli.doctoring.configuration import Configuration, Subject
from switchboard_cli.doctoring.desk import examine_attributes, examine_group, listed_attributes
from switchboard_cli.doctoring.findings import Report, Verdict
from switchboard_cli.doctoring.round_trip import RoundTrip


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("region", metavar="REGION", help="the region's name")
    parser.add_argument(
        "--timeout",
        type=_seconds,
        default=10.0,
        metavar="SECONDS",
        help="for each call (%(default)g)",
    )
    parser.add_argument(
        "--search-seconds",
        type=_seconds,
        default=30.0,
        metavar="SECONDS",
        help="how long the test ticket is searched for (%(default)g)",
    )
    stack.add_options(parser)


def run(arguments: argparse.Namespace) -> int:
    """0 if nothing is missing, else 1; what cannot be told counts as neither."""
    option = stack.option_of(arguments)
    report = Report(lambda line: print(line, flush=True))
    try:
        _run(arguments, option, report)
    except KeyboardInterrupt:
        print("interrupted; the rest was not examined")
        return 1
    missing, unknown = report.count(Verdict.MISSING), report.count(Verdict.UNKNOWN)
    print(f"{missing} missing, {unknown} that cannot be told over REST")
    return 1 if missing else 0


def _run(arguments: argparse.Namespace, option: str, report: Report) -> None:
    with stack.opened(arguments) as opened:
        configuration = Configuration(opened.directory, option, report)
        region = configuration.region(arguments.region)
        if region is not None:
            subject = configuration.subject(region)
            if subject is None:
                report.unknown("help-desk", "not examined before the above is repaired")
            else:
                _examine(subject, option, arguments, report)
            url = region.zammad.url if region.zammad else None
            explain_rest(url, opened.webhook_url, report)


def _examine(subject: Subject, option: str, arguments: argparse.Namespace, report: Report) -> None:
    """Everything that is seen through the region's token."""
    access = subject.access
    with ZammadCalls(access.url, subject.token, arguments.timeout) as calls:
        user = examine_bridge(calls, option, report)
        if user is None:
            report.unknown("help-desk", "its set-up is not examined before the above is repaired")
            return
        group_id = examine_group(calls, access.group, report)
        listed = listed_attributes(calls)
        login = str(user["login"])
        ticket = RoundTrip(calls, subject, login, arguments.search_seconds, report).run()
        examine_access(calls.url, user, access.group, ticket, group_id, report)
        examine_attributes(calls.url, subject.region, listed, ticket, report)


def _seconds(written: str) -> float:
    try:
        value = float(written)
    except ValueError:
        value = 0.0
    if not 0 < value <= 600:
        raise argparse.ArgumentTypeError("should be more than 0 and at most 600 seconds")
    return value
