"""Which route of an HTTP API takes a request: the most specific one, as API Gateway decides.

A path without variables wins over one with `{name}`, that over one with `{name+}`, and each over
`$default`; among equal paths the request's own method wins over `ANY`. A slash at the end of a
request's path is the same as none, except that a greedy variable keeps it.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from switchboard_cli.local.deployment import Route


class Match(NamedTuple):
    route: Route
    path_parameters: dict[str, str]


def find_route(routes: Iterable[Route], method: str, path: str) -> Match | None:
    """`path` is decoded. None: the gateway answers 404 itself."""
    found: list[tuple[tuple[object, ...], Match]] = []
    for route in routes:
        if route.method not in ("ANY", method):
            continue
        values = {} if route.path == "$default" else _values(route.path, path)
        if values is not None:
            found.append((_rank(route), Match(route, values)))
    return min(found, key=lambda pair: pair[0])[1] if found else None


def _rank(route: Route) -> tuple[object, ...]:
    if route.path == "$default":
        return (1, [], 0)
    kinds = [_kind(step) for step in route.path.strip("/").split("/")]
    return (0, kinds, route.method == "ANY")


def _kind(step: str) -> int:
    if step.endswith("+}"):
        return 2
    return 1 if step.startswith("{") else 0


def _values(template: str, path: str) -> dict[str, str] | None:
    expected = template.strip("/").split("/")
    steps = path.removeprefix("/").split("/")
    if steps[-1] == "" and len(steps) > 1 and _kind(expected[-1]) != 2:
        steps.pop()
    values: dict[str, str] = {}
    for number, step in enumerate(expected):
        if _kind(step) == 2:
            rest = "/".join(steps[number:])
            return {**values, step[1:-2]: rest} if rest else None
        if number >= len(steps):
            return None
        if _kind(step) == 1:
            if not steps[number]:
                return None
            values[step[1:-1]] = steps[number]
        elif steps[number] != step:
            return None
    return values if len(steps) == len(expected) else None
