"""Plugins of the class `api`: what is sent to a real server, and where nothing is ever sent."""

from __future__ import annotations

import base64
import json
import socket
import threading
from collections.abc import Iterator
from http.server import ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, unquote

import pytest

from switchboard.adapters import outgoing
from switchboard.domain.directory import Directive, Plugin
from switchboard.domain.plugins import ToolFailed
from tests.fakes.secrets import InMemorySecrets
from tests.functional.plugin_results import result
from tests.servers import serving

KEY = "service-key-that-nobody-may-see"
NASTY = (
    "..",
    ".",
    "../admin",
    "a/../b",
    "a\\b",
    "%2e%2e",
    "a?b=c#d",
    "@evil.example",
    "a\r\nX: y",
    "ü ☃",
)


class Service:
    """An HTTP server that notes what it is asked and answers as it is told."""

    def __init__(self) -> None:
        self.requests: list[dict[str, Any]] = []
        self.status = 200
        self.headers = {"Content-Type": "application/json"}
        self.body = b'{"ok": true}'
        self.drips = False
        self.pause = threading.Event()
        service = self

        class Handler(serving.Handler):
            def take(self) -> None:
                path, _, query = self.path.partition("?")
                service.requests.append(
                    {
                        "method": self.command,
                        "path": path,
                        "query": dict(parse_qsl(query)),
                        "headers": dict(self.headers),
                        "body": self.read(),
                    }
                )
                self.begin(service.status, service.headers, len(service.body))
                if service.drips:
                    service.drip(self.wfile)
                else:
                    self.wfile.write(service.body)

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    def drip(self, stream: Any) -> None:
        try:
            for byte in self.body:
                stream.write(bytes([byte]))
                stream.flush()
                self.pause.wait(0.05)
        except OSError:
            pass

    @property
    def last(self) -> dict[str, Any]:
        return self.requests[-1]


@pytest.fixture
def service() -> Iterator[Service]:
    made = Service()
    with serving.serving(made.server):
        yield made
    outgoing.session().close()


def ask(
    url: str,
    arguments: dict[str, Any] | None = None,
    *,
    seconds: float = 10,
    connection: dict[str, Any] | None = None,
    **data: Any,
) -> str:
    """The tool's result; every argument is a parameter, of type text if none are given."""
    settings = {"baseUrl": url, "allowPrivateAddresses": True, **(connection or {})}
    known: dict[str, Any] = {"endpoint": "/things", "connection": settings, "method": "GET"}
    known["parameters"] = [{"name": name} for name in arguments or {}]
    plugin = Plugin("things", "api", Directive.ALWAYS, data={**known, **data})
    return result(plugin, arguments or {}, InMemorySecrets({"key": KEY}), seconds)


def refusal(*args: Any, **kwargs: Any) -> str:
    with pytest.raises(ToolFailed) as caught:
        ask(*args, **kwargs)
    return caught.value.detail


def test_arguments_go_where_the_manifest_says(service: Service) -> None:
    """Path, query, headers and body are filled; what has no place goes into query or body."""
    told = ask(
        service.url + "/v1/",
        {"id": "7", "lang": "de", "page": 2, "left": None},
        endpoint="/things/{id}/parts",
        urlParams=[{"name": "l", "value": "{lang}"}, {"name": "fixed", "value": "a b&c"}],
        headers=[{"name": "X-Lang", "value": "lang={lang}"}],
    )
    assert json.loads(told) == {"ok": True}
    assert service.last["method"] == "GET"
    assert service.last["path"] == "/v1/things/7/parts"
    assert service.last["query"] == {"l": "de", "fixed": "a b&c", "page": "2"}
    assert service.last["headers"]["X-Lang"] == "lang=de"
    parameters = [{"name": "count", "type": "integer"}, {"name": "name"}, {"name": "more"}]
    ask(
        service.url,
        {"count": 3, "name": 'a "b"', "more": "x"},
        method="POST",
        parameters=parameters,
        body={"n": "{count}", "list": ["<{name}>"], "fixed": None},
    )
    assert json.loads(service.last["body"]) == {"n": 3, "list": ['<a "b">'], "more": "x"}


@pytest.mark.parametrize("text", NASTY)
def test_an_argument_stays_data(service: Service, text: str) -> None:
    """No argument leaves its segment of the path, its value of the query, its line of a header."""
    try:
        ask(service.url, {"id": text}, endpoint="/things/{id}")
    except ToolFailed:
        assert service.requests == []
    else:
        assert unquote(service.last["path"]) == f"/things/{text}"
        assert service.last["query"] == {}
        assert service.last["headers"]["Host"] == service.url.removeprefix("http://")
    ask(service.url, {"id": text}, urlParams=[{"name": "q", "value": "{id}"}])
    assert service.last["query"] == {"q": text}
    ask(service.url, {"id": text}, method="POST", body={"q": "{id}"})
    assert json.loads(service.last["body"]) == {"q": text}
    try:
        ask(service.url, {"id": text}, headers=[{"name": "X-Q", "value": "{id}"}])
    except ToolFailed:
        assert not text.isascii() or "\n" in text
    else:
        assert service.last["headers"]["X-Q"] == text
        assert "X" not in service.last["headers"]


@pytest.mark.parametrize(
    ("connection", "header", "value"),
    [
        ({"authMethod": "bearer"}, "Authorization", f"Bearer {KEY}"),
        ({"authMethod": "apiKey"}, "X-API-Key", KEY),
        ({"authMethod": "apiKey", "headerName": "Api-Token"}, "Api-Token", KEY),
        (
            {"authMethod": "basic", "username": "bot"},
            "Authorization",
            "Basic " + base64.b64encode(f"bot:{KEY}".encode()).decode(),
        ),
    ],
)
def test_the_secret_goes_to_the_service_and_nowhere_else(
    service: Service, connection: dict[str, Any], header: str, value: str
) -> None:
    """The key is sent as the connection says; a service that repeats it is not quoted."""
    connection["apiKey"] = "key"
    service.body = json.dumps({"you sent": value}).encode()
    told = ask(service.url, connection=connection)
    assert service.last["headers"][header] == value
    service.status = 500
    told += refusal(service.url, connection=connection)
    assert "you sent" in told
    assert value.rpartition(" ")[2] not in told
    assert KEY not in told
    missing = {**connection, "apiKey": "none"}
    assert refusal(service.url, connection=missing) == "The key of the service is not configured."


def test_answers_become_text(service: Service) -> None:
    """JSON is cut to the limit, text decoded, other content named, failures explained."""
    service.body = json.dumps({"items": [1, 2, 3], "n": "ü"}).encode()
    assert ask(service.url, limit=2) == '{"items": [1, 2], "n": "ü"}'
    service.body = b"[1, 2, 3]"
    assert ask(service.url, limit=1) == "[1]"
    service.headers = {"Content-Type": "text/plain; charset=latin-1"}
    service.body = "über".encode("latin-1")
    assert ask(service.url) == "über"
    service.headers = {"Content-Type": "image/png"}
    service.body = b"\x89PNG"
    assert ask(service.url) == "The service answered with 4 bytes of image/png, which is no text."
    service.body = b""
    assert ask(service.url) == "The service answered without content."
    service.status = 404
    assert refusal(service.url) == "The service answered with the status 404."
    service.body, service.headers = b"no such thing", {"Content-Type": "text/plain"}
    assert refusal(service.url).endswith("status 404: no such thing")


def test_a_redirect_is_not_followed(service: Service) -> None:
    """A service cannot send us on to another address."""
    service.status = 302
    service.headers = {"Location": f"{service.url}/elsewhere"}
    assert "redirect" in refusal(service.url)
    assert len(service.requests) == 1


def test_an_answer_that_is_too_large_or_drips_is_given_up(service: Service) -> None:
    """Neither size nor slowness of an answer holds a turn up."""
    service.body = b"[" + b" " * 1_100_000 + b"]"
    assert "too large" in refusal(service.url)
    service.body, service.drips = b"[" + b" " * 5000 + b"]", True
    assert refusal(service.url, seconds=0.4) == "The service did not answer in time."
    slow = {"timeout": 0.4}
    assert refusal(service.url, connection=slow) == "The service did not answer in time."
    asked = len(service.requests)
    assert refusal(service.url, seconds=0).startswith("There was no time left")
    assert len(service.requests) == asked


INSIDE = (
    "127.0.0.1",
    "0.0.0.0",
    "10.1.2.3",
    "172.16.0.1",
    "192.168.1.1",
    "169.254.169.254",
    "100.64.0.1",
    "198.18.0.1",
    "224.0.0.1",
    "255.255.255.255",
    "240.0.0.1",
    "::1",
    "::",
    "::ffff:127.0.0.1",
    "::ffff:169.254.169.254",
    "::127.0.0.1",
    "64:ff9b::7f00:1",
    "2002:7f00:1::",
    "fc00::1",
    "fd00:ec2::254",
    "fe80::1%1",
    "fec0::1",
    "ff02::1",
)


class Resolver:
    """Stands in for DNS: the addresses of each look-up in turn; notes where is connected to."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *answers: tuple[str, ...]) -> None:
        self.answers = list(answers)
        self.connected: list[str] = []
        resolver = self

        def look_up(host: Any, port: Any, *args: Any, **kwargs: Any) -> list[Any]:
            found = resolver.answers.pop(0) if len(resolver.answers) > 1 else resolver.answers[0]
            return [resolver.place(address, port) for address in found]

        def connect(self: socket.socket, address: Any) -> None:
            resolver.connected.append(str(address[0]))
            raise OSError("nobody is there")

        monkeypatch.setattr(socket, "getaddrinfo", look_up)
        monkeypatch.setattr(socket.socket, "connect", connect)

    @staticmethod
    def place(address: str, port: int) -> Any:
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        return family, socket.SOCK_STREAM, 6, "", (address, port)


@pytest.mark.parametrize("address", INSIDE)
def test_an_address_that_is_not_public_is_never_connected_to(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Private, loopback, link-local, carrier, multicast and disguised addresses are refused."""
    resolver = Resolver(monkeypatch, (address,))
    public = {"allowPrivateAddresses": False}
    assert "not reached" in refusal("https://service.example", connection=public)
    resolver.answers = [("93.184.216.34", address)]
    assert "not reached" in refusal("https://service.example", connection=public)
    assert resolver.connected == []


def test_the_connection_goes_to_the_address_that_was_checked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A name that changes its address after the check gets nobody inside."""
    resolver = Resolver(monkeypatch, ("93.184.216.34", "2606:4700::1"), ("127.0.0.1",))
    public = {"allowPrivateAddresses": False}
    assert "not reached" in refusal("https://service.example", connection=public)
    assert resolver.connected == ["93.184.216.34", "2606:4700::1"]
    assert "not reached" in refusal("https://service.example", connection=public)
    assert resolver.connected == ["93.184.216.34", "2606:4700::1"]


def test_without_permission_there_is_only_https(service: Service) -> None:
    """A loopback service is asked only if the connection's manifest allows it."""
    assert "https" in refusal(service.url, connection={"allowPrivateAddresses": False})
    assert service.requests == []
    with pytest.raises(outgoing.NotReached):
        outgoing.send("GET", service.url, None, {}, seconds=5, public_only=True)
    assert service.requests == []
