"""Rules of the local stack that need no process: routes, answers, readable log lines."""

from __future__ import annotations

import json

import pytest

from switchboard_cli.local.deployment import Route
from switchboard_cli.local.events import BadAnswer, response_from_answer
from switchboard_cli.local.log import readable
from switchboard_cli.local.routing import find_route

ROUTES = [
    Route("ANY", "$default", "default"),
    Route("ANY", "/a/{rest+}", "greedy"),
    Route("ANY", "/a/{one}/c", "variable"),
    Route("ANY", "/a/b/c", "any"),
    Route("POST", "/a/b/c", "post"),
    Route("GET", "/a/b/{last}", "last"),
]


@pytest.mark.parametrize(
    ("method", "path", "function", "values"),
    [
        ("POST", "/a/b/c", "post", {}),
        ("GET", "/a/b/c", "any", {}),
        ("GET", "/a/b/c/", "any", {}),
        ("GET", "/a/b/x", "last", {"last": "x"}),
        ("POST", "/a/b/x", "greedy", {"rest": "b/x"}),
        ("GET", "/a/x/c", "variable", {"one": "x"}),
        ("GET", "/a/x/y/", "greedy", {"rest": "x/y/"}),
        ("GET", "/a", "default", {}),
        ("GET", "/a/", "default", {}),
        ("GET", "/", "default", {}),
    ],
)
def test_the_most_specific_route_wins(
    method: str, path: str, function: str, values: dict[str, str]
) -> None:
    """Fixed steps before variables before greedy ones before `$default`; a method before ANY."""
    match = find_route(ROUTES, method, path)
    assert match is not None
    assert (match.route.function, match.path_parameters) == (function, values)


def test_without_a_default_route_there_may_be_none() -> None:
    """What no route takes is nobody's."""
    assert find_route(ROUTES[1:], "GET", "/elsewhere") is None


@pytest.mark.parametrize(
    "answer",
    [
        {"statusCode": "many"},
        {"statusCode": 42},
        {"statusCode": 200, "body": 5},
        {"statusCode": 200, "headers": ["no", "mapping"]},
        {"statusCode": 200, "headers": {"x": "two\r\nlines"}},
        {"statusCode": 200, "body": "§", "isBase64Encoded": True},
    ],
)
def test_an_answer_the_gateway_cannot_pass_on_is_refused(answer: object) -> None:
    """A function that answers so gets its caller a 500, never a broken response."""
    with pytest.raises(BadAnswer):
        response_from_answer(answer)


@pytest.mark.parametrize("answer", ["text", ["list"], {"some": "object"}, None])
def test_an_answer_without_status_is_the_body(answer: object) -> None:
    """Format 2.0 infers 200 and JSON; a string is taken as it is."""
    response = response_from_answer(answer)
    expected = answer if isinstance(answer, str) else json.dumps(answer)
    assert (response.status, response.body.decode()) == (200, expected)
    assert dict(response.headers)["content-type"] == "application/json"


def test_a_request_is_one_short_line() -> None:
    """Time, function, method, route, status and duration, and what else the function said."""
    record = {"message": "request", "request_id": "x", "method": "GET", "route": "/a/{b}/"}
    line = json.dumps({**record, "status": 404, "ms": 33.6, "code": "gone", "level": "INFO"})
    expected = "12:03:04 userchat  GET /a/{b}/ 404 34 ms code=gone"
    assert readable("userchat", line, "12:03:04") == expected


def test_a_record_is_its_message_and_its_data() -> None:
    """Levels above INFO are named; an exception follows with its trace."""
    record = {"level": "ERROR", "message": "job failed", "service": "worker", "tries": 2}
    line = json.dumps({**record, "exception": "Traceback …\nValueError"})
    expected = "12:03:04 worker    ERROR job failed tries=2\nTraceback …\nValueError"
    assert readable("worker", line, "12:03:04") == expected


@pytest.mark.parametrize("line", ["plain words", "{broken", '["list"]', '{"no":"message"}', ""])
def test_other_lines_stay_as_they_are(line: str) -> None:
    """What is no log record is shown unchanged."""
    assert readable("worker", line, "12:03:04") == line
