"""The local stack's front door, from outside: a deployment of two functions over real HTTP."""

from __future__ import annotations

import base64
import socket
import threading
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from switchboard_cli.local.stack import LocalStack
from tests.functional.echo_stack import echo_stack


@pytest.fixture(scope="module")
def stack() -> Iterator[LocalStack]:
    with echo_stack(parameters={"Greeting": "moin", "Loud": "yes"}) as (running, _):
        yield running


@pytest.fixture
def url(stack: LocalStack) -> str:
    return stack.url.replace("localhost", "127.0.0.1")


def echoed(url: str, **options: Any) -> dict[str, Any]:
    answer = requests.request(options.pop("method", "GET"), url, timeout=10, **options)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def test_an_event_has_the_fields_of_payload_format_2(url: str) -> None:
    """A function gets what API Gateway sends: version, route key, path, query, context."""
    headers = {"X-One": "1", "User-Agent": "tests", "Cookie": "a=1; b=2", "Host": "Some.Host:81"}
    event = echoed(f"{url}/things/a/b/?x=1&x=2&y=%20", headers=headers)["event"]
    context = event["requestContext"]
    http = {
        "method": "GET",
        "path": "/things/a/b/",
        "protocol": "HTTP/1.1",
        "sourceIp": "127.0.0.1",
        "userAgent": "tests",
    }
    assert event["version"] == "2.0"
    assert event["routeKey"] == context["routeKey"] == "ANY /things/{proxy+}"
    assert event["rawPath"] == "/things/a/b/"
    assert event["rawQueryString"] == "x=1&x=2&y=%20"
    assert event["queryStringParameters"] == {"x": "1,2", "y": " "}
    assert event["pathParameters"] == {"proxy": "a/b/"}
    assert event["cookies"] == ["a=1", "b=2"]
    assert event["headers"]["x-one"] == "1"
    assert "cookie" not in event["headers"]
    assert event["isBase64Encoded"] is False
    assert "body" not in event
    assert context["http"] == http
    assert context["domainName"] == "some.host"
    assert context["domainPrefix"] == "some"
    assert context["stage"] == "$default"
    assert {"accountId", "apiId", "requestId", "time", "timeEpoch"} <= context.keys()


@pytest.mark.parametrize(
    ("content_type", "body", "is_encoded"),
    [
        ("application/json", '{"a":"ü"}'.encode(), False),
        ("text/plain; charset=utf-8", b"hello", False),
        ("application/x-www-form-urlencoded", b"message=hello", True),
        ("multipart/form-data; boundary=b", b"--b--", True),
        ("image/png", b"\x89PNG", True),
        ("text/plain", b"\xff\xfe", True),
    ],
)
def test_a_body_is_text_or_base64_as_its_type_says(
    url: str, content_type: str, body: bytes, is_encoded: bool
) -> None:
    """Text types arrive as they are, everything else in base64, and nothing is lost."""
    headers = {"Content-Type": content_type}
    event = echoed(f"{url}/things/x/y", method="POST", data=body, headers=headers)["event"]
    raw = base64.b64decode(event["body"]) if is_encoded else event["body"].encode()
    assert event["isBase64Encoded"] is is_encoded
    assert raw == body


def test_the_most_specific_route_wins(url: str) -> None:
    """A path variable wins over a greedy one, but only with the method that it is for."""
    assert echoed(f"{url}/things/7")["event"]["routeKey"] == "GET /things/{id}"
    assert echoed(f"{url}/things/7/")["event"]["pathParameters"] == {"id": "7"}
    assert echoed(f"{url}/things/7/8")["event"]["routeKey"] == "ANY /things/{proxy+}"
    posted = echoed(f"{url}/things/7", method="POST")["event"]
    assert posted["routeKey"] == "ANY /things/{proxy+}"


def test_a_path_without_route_is_404(url: str) -> None:
    """What no route takes is answered by the gateway itself."""
    answer = requests.get(f"{url}/nothing", timeout=10)
    assert (answer.status_code, answer.json()) == (404, {"message": "Not Found"})


def test_functions_get_the_environment_of_the_template(stack: LocalStack, url: str) -> None:
    """Parameters, conditions, references and attributes are those of the stack's resources."""
    found = echoed(f"{url}/things/1")
    environment = found["environment"]
    assert environment["GREETING"] == "moin!"
    assert environment["NOTES_TABLE"] == stack.stack.outputs["DirectoryTable"]
    assert environment["NOTES_ARN"].endswith(f":table/{environment['NOTES_TABLE']}")
    assert environment["WORK_URL"] == stack.stack.outputs["WorkUrl"]
    assert environment["_HANDLER"] == "echo.handler.handle"
    assert environment["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"] == "256"
    assert environment["AWS_LAMBDA_FUNCTION_NAME"] == found["function"]
    assert environment["AWS_ENDPOINT_URL"] == stack.aws_url
    assert found["word"] == "shared"
    assert 0 < found["remaining"] <= 2000


def test_a_function_does_not_see_another_functions_code(url: str) -> None:
    """An import across functions fails here as it would on Lambda."""
    assert echoed(f"{url}/things/foreign") == {"found": False}


def test_the_stack_tells_its_own_addresses(stack: LocalStack) -> None:
    """Outputs that ask the API or a function URL for its address get the local one."""
    port = stack.url.rpartition(":")[2]
    assert stack.stack.outputs["ApiUrl"] == f"http://localhost:{port}"
    assert stack.stack.outputs["EchoUrl"] == f"http://echo.localhost:{port}/"


def test_a_function_url_has_its_own_host_name(url: str) -> None:
    """Every path at the function's host name reaches it, and stays encoded."""
    event = echoed(f"{url}/any/p%20th?q=1", headers={"Host": "echo.localhost:8000"})["event"]
    assert event["routeKey"] == "$default"
    assert event["rawPath"] == "/any/p%20th"
    assert event["requestContext"]["domainName"] == "echo.localhost"
    failed = requests.get(f"{url}/raise", headers={"Host": "echo.localhost"}, timeout=10)
    assert (failed.status_code, failed.text) == (502, "Internal Server Error")


def test_answers_follow_format_2(url: str) -> None:
    """Status, headers, cookies, base64 and the inferred form become the HTTP response."""
    binary = requests.get(f"{url}/things/binary", timeout=10)
    assert (binary.status_code, binary.content) == (201, bytes(range(256)))
    assert binary.headers["content-type"] == "application/octet-stream"
    plain = requests.get(f"{url}/things/plain", timeout=10)
    assert (plain.status_code, plain.json()) == (200, {"inferred": True})
    assert plain.headers["content-type"] == "application/json"
    cookies = requests.get(f"{url}/things/cookies", timeout=10)
    assert cookies.raw.headers.getlist("set-cookie") == ["a=1", "b=2; Path=/"]
    assert cookies.headers["x-count"] == "2"
    empty = requests.get(f"{url}/things/empty", timeout=10)
    assert (empty.status_code, empty.content) == (204, b"")
    assert requests.head(f"{url}/things/binary", timeout=10).content == b""


@pytest.mark.parametrize("path", ["raise", "exit", "wrong", "huge"])
def test_a_failing_function_is_500_and_the_next_request_is_served(url: str, path: str) -> None:
    """An exception, an ended process or an impossible answer is told as the gateway tells it."""
    answer = requests.get(f"{url}/things/{path}", timeout=10)
    assert (answer.status_code, answer.json()) == (500, {"message": "Internal Server Error"})
    assert echoed(f"{url}/things/plain") == {"inferred": True}


def test_a_function_that_is_too_slow_is_killed(url: str) -> None:
    """After the template's timeout the caller gets an error and the process is another one."""
    before = {tuple(echoed(f"{url}/things/1")["process"])}
    answer = requests.get(f"{url}/things/sleep", timeout=10)
    assert answer.status_code == 500
    assert tuple(echoed(f"{url}/things/1")["process"]) not in before


def test_requests_at_once_are_served_by_several_processes(url: str) -> None:
    """A process has one event at a time; slow ones do not keep others waiting."""
    slow = [threading.Thread(target=requests.get, args=(f"{url}/things/sleep",)) for _ in range(2)]
    for thread in slow:
        thread.start()
    assert echoed(f"{url}/things/plain") == {"inferred": True}
    assert any(thread.is_alive() for thread in slow)
    for thread in slow:
        thread.join()


def test_bodies_above_the_limits_are_413(url: str) -> None:
    """More than the gateway (10 MB) or Lambda (6 MB) takes does not reach a function."""
    for size in (7, 11):
        data = b"x" * (size * 1024 * 1024)
        answer = requests.post(f"{url}/things/1", data=data, timeout=20)
        assert answer.status_code == 413


def test_a_chunked_body_arrives_whole(url: str) -> None:
    """A client need not say beforehand how long its body is."""
    headers = {"Content-Type": "text/plain"}
    event = echoed(f"{url}/things/x", method="POST", data=iter([b"one ", b"two"]), headers=headers)
    assert event["event"]["body"] == "one two"


def test_a_client_that_asks_first_is_told_to_go_on(stack: LocalStack) -> None:
    """`Expect: 100-continue` is answered before the body comes, as curl wants it for large ones."""
    port = int(stack.url.rpartition(":")[2])
    with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
        head = "POST /things/x HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n"
        connection.sendall(f"{head}Expect: 100-continue\r\n\r\n".encode())
        assert connection.recv(100).startswith(b"HTTP/1.1 100 ")
        connection.sendall(b"ok")
        assert connection.recv(100).startswith(b"HTTP/1.1 200 ")


def test_the_start_page_is_only_where_no_host_name_was_used(url: str) -> None:
    """`/` without a host name is the page, closed to foreign scripts; with one it is the API's."""
    page = requests.get(f"{url}/", timeout=10)
    assert page.headers["content-type"].startswith("text/html")
    policy = page.headers["content-security-policy"]
    assert "default-src 'none'; script-src 'self'; style-src 'self'; " in policy
    assert "frame-src 'none'; " in policy, "there is no simulator"
    for asset in ("start.js", "activity.js", "columns.js", "start.css", "local.json"):
        assert requests.get(f"{url}/{asset}", timeout=10).status_code == 200
    other = requests.get(f"{url}/", headers={"Host": "bot.account.api.localhost"}, timeout=10)
    assert other.json() == {"message": "Not Found"}
    assert requests.post(f"{url}/", timeout=10).status_code == 404
