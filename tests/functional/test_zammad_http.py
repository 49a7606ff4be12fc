"""The adapter to Zammad against servers that do not behave: one scripted answer per connection."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial

import pytest

from switchboard.adapters import outgoing
from switchboard.adapters.zammad_http import HttpZammad, HttpZammadConnector
from switchboard.domain.chat import Sender
from switchboard.domain.directory import Region, ZammadAccess
from switchboard.domain.errors import (
    AppError,
    HelpDeskRefused,
    HelpDeskUnavailable,
    TicketGone,
)
from switchboard.domain.ids import RegionSlug, SecretName, TicketId
from switchboard.domain.ticket import ArticleDraft, TicketDraft
from tests.fakes.secrets import InMemorySecrets

TICKET = TicketId(4711)
DRAFT = ArticleDraft(Sender.CUSTOMER, "app user message", "Hallo", "<user.1@switchboard>")
REGION = Region(RegionSlug("augenfeld"), "Augenfeld", "de")
Script = Callable[[socket.socket], None]


class ScriptedServer:
    """`requests` are the heads and bodies it was sent, as text."""

    def __init__(self, script: Script) -> None:
        self.requests: list[str] = []
        self._script = script
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        self._thread = threading.Thread(target=self._serve)

    @contextmanager
    def running(self) -> Iterator[ScriptedServer]:
        self._thread.start()
        try:
            yield self
        finally:
            self._socket.shutdown(socket.SHUT_RDWR)
            self._socket.close()
            self._thread.join()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            with connection:
                self.requests.append(_request(connection))
                try:
                    self._script(connection)
                except OSError:
                    continue


def _request(connection: socket.socket) -> str:
    received = b""
    while b"\r\n\r\n" not in received and (part := connection.recv(65536)):
        received += part
    head, _, body = received.partition(b"\r\n\r\n")
    fields = [line.lower().split(b":") for line in head.split(b"\r\n")[1:]]
    length = next((int(f[1]) for f in fields if f[0] == b"content-length"), 0)
    while len(body) < length and (part := connection.recv(65536)):
        body += part
    return (head + b"\n\n" + body).decode()


def answering(status: int, body: str, *headers: str) -> Script:
    """One whole answer, then the connection is closed."""
    head = [f"HTTP/1.1 {status} X", f"Content-Length: {len(body)}", "Connection: close", *headers]
    whole = "\r\n".join(head) + "\r\n\r\n" + body
    return lambda connection: connection.sendall(whole.encode())


def dripping(head: str) -> Script:
    """A byte now and then, of the head or of the body, for some seconds."""

    def script(connection: socket.socket) -> None:
        pause = threading.Event()
        connection.sendall(head.encode())
        for _ in range(150):
            connection.sendall(b" ")
            pause.wait(0.02)

    return script


def flooding(connection: socket.socket) -> None:
    """A good answer, but more than anybody wants to have."""
    spaces = 17 * 1024 * 1024
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n[" % (spaces + 2))
    connection.sendall(b" " * spaces + b"]")


@pytest.fixture(autouse=True)
def fresh_session() -> Iterator[None]:
    outgoing.session.cache_clear()
    yield
    outgoing.session().close()
    outgoing.session.cache_clear()


@contextmanager
def help_desk(script: Script, token: str = "secret") -> Iterator[tuple[HttpZammad, ScriptedServer]]:
    with ScriptedServer(script).running() as server:
        connector = HttpZammadConnector(InMemorySecrets({"token": token}), call_seconds=0.5)
        access = ZammadAccess(server.url, SecretName("token"))
        yield connector.for_region(replace(REGION, zammad=access)), server


@pytest.mark.parametrize(
    "script",
    [
        answering(404, "<html>default backend - 404</html>", "Content-Type: text/html"),
        answering(404, json.dumps({"error": "No route matches [GET] /api/v1/ticket_articles"})),
        answering(404, json.dumps(["Couldn't find Ticket"])),
    ],
    ids=["html", "no route", "list"],
)
def test_a_404_that_is_not_about_the_ticket_ends_no_chat(script: Script) -> None:
    """A proxy's 404 is an outage; nothing has taken effect."""
    with help_desk(script) as (zammad, _):
        with pytest.raises(HelpDeskUnavailable) as raised:
            zammad.articles(TICKET)
        assert not raised.value.maybe_done


@pytest.mark.parametrize(
    ("error", "expected"),
    [("Maintenance mode enabled!", HelpDeskUnavailable), ("Not authorized", HelpDeskRefused)],
)
def test_maintenance_is_an_outage_and_no_refusal(error: str, expected: type[AppError]) -> None:
    """Zammad answers both with 403; an upgrade passes, a missing right does not."""
    with help_desk(answering(403, json.dumps({"error": error}))) as (zammad, _):
        with pytest.raises(expected) as raised:
            zammad.create_article(TICKET, DRAFT)
        assert raised.value.retryable is (expected is HelpDeskUnavailable)
        assert not raised.value.data.get("maybe_done")


def test_zammads_own_404_means_the_ticket_is_gone() -> None:
    """`Couldn't find Ticket` says that it was deleted."""
    body = json.dumps({"error": "Couldn't find Ticket with 'id'=4711"})
    with help_desk(answering(404, body)) as (zammad, _), pytest.raises(TicketGone):
        zammad.articles(TICKET)


@pytest.mark.parametrize(
    "script",
    [
        dripping("HTTP/1.1 200 OK\r\nX: "),
        dripping("HTTP/1.1 200 OK\r\nContent-Length: 150\r\n\r\n"),
        flooding,
        answering(200, "<html>maintenance</html>", "Content-Type: text/html"),
        answering(200, "[" * 100_000),
        answering(200, "null"),
        answering(200, '{"id": null}'),
        answering(200, '["no article"]'),
        answering(200, "", "Content-Encoding: gzip"),
        answering(502, "<html>bad gateway</html>"),
        lambda connection: connection.sendall(b"\x16\x03\x01 this is not HTTP\r\n\r\n"),
        lambda connection: None,
    ],
    ids=[
        "drip-fed head",
        "drip-fed body",
        "too large",
        "html",
        "deep JSON",
        "null",
        "no id",
        "strange list",
        "empty",
        "502",
        "not HTTP",
        "closed",
    ],
)
@pytest.mark.parametrize("write", [False, True], ids=["read", "write"])
def test_what_is_no_answer_is_an_outage(script: Script, write: bool) -> None:
    """Whatever comes back, the call ends in time; a write may have taken effect."""
    began = time.monotonic()
    with help_desk(script) as (zammad, _):
        write_one, read_all = partial(zammad.create_article, TICKET, DRAFT), zammad.articles
        with pytest.raises(HelpDeskUnavailable) as raised:
            write_one() if write else read_all(TICKET)
        assert time.monotonic() - began < 2
    assert raised.value.maybe_done or not write


def test_a_server_that_is_not_there_has_done_nothing() -> None:
    """If no connection was made, the write need not be looked for."""
    with help_desk(flooding) as (zammad, _):
        pass
    with pytest.raises(HelpDeskUnavailable) as raised:
        zammad.create_article(TICKET, DRAFT)
    assert not raised.value.maybe_done


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirect_is_not_followed(status: int) -> None:
    """The token goes to no other address, and a POST is never made into a GET."""
    with help_desk(answering(200, "[]")) as (_, elsewhere):
        script = answering(status, "", f"Location: {elsewhere.url}/")
        with help_desk(script) as (zammad, server), pytest.raises(HelpDeskRefused):
            zammad.create_article(TICKET, DRAFT)
        assert len(server.requests) == 1
        assert elsewhere.requests == []


@pytest.mark.parametrize(
    "body",
    ["null", "[]", '{"login": null}', '{"login": ""}', '{"login": 7}'],
)
def test_a_help_desk_that_does_not_know_us_gets_no_ticket(body: str) -> None:
    """Without the bridge's own login no ticket is made, and none need be looked for."""
    ticket = TicketDraft("title", "group", "augenfeld", "de", True, False)
    with help_desk(answering(200, body)) as (zammad, server):
        with pytest.raises(HelpDeskUnavailable) as raised:
            zammad.create_ticket(ticket, DRAFT)
        assert not raised.value.maybe_done
        assert [request.split()[0] for request in server.requests] == ["GET"]


@pytest.mark.parametrize("status", [401, 403, 422])
def test_a_refusal_is_the_operators(status: int) -> None:
    """What Zammad refuses is not tried again, and the status says why."""
    body = json.dumps({"error": "Not authorized"})
    with help_desk(answering(status, body)) as (zammad, _):
        with pytest.raises(HelpDeskRefused) as raised:
            zammad.create_article(TICKET, DRAFT)
        assert raised.value.data["status"] == status


@pytest.mark.parametrize(("status", "maybe_done"), [(429, False), (500, True), (503, True)])
def test_a_failing_help_desk_may_have_done_it(status: int, maybe_done: bool) -> None:
    """After a server error a write is looked for; 429 is told before anything is done."""
    with help_desk(answering(status, "{}")) as (zammad, _):
        with pytest.raises(HelpDeskUnavailable) as raised:
            zammad.create_article(TICKET, DRAFT)
        assert raised.value.maybe_done is maybe_done


def test_cookies_are_not_kept() -> None:
    """One region's Zammad session never goes along with another's token."""
    script = answering(200, "[]", "Set-Cookie: _zammad_session=a; path=/")
    with help_desk(script) as (zammad, server):
        for _ in range(2):
            zammad.articles(TICKET)
        assert len(server.requests) == 2
        assert not [request for request in server.requests if "cookie" in request.lower()]


@pytest.mark.parametrize("token", ["", "abc\n", "ab c", "ab€"])
def test_what_cannot_be_a_token_is_never_sent(token: str) -> None:
    """A secret that no header can hold is the operator's fault, told before any request."""
    with pytest.raises(AppError) as raised, help_desk(flooding, token):
        pass
    assert isinstance(raised.value, HelpDeskRefused)
    assert not raised.value.retryable


def test_a_request_s_calls_share_its_time() -> None:
    """The first call ends when the time is up; the next one is not made, and the request after
    has time of its own."""
    dripped = dripping("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
    with ScriptedServer(dripped).running() as server:
        connector = HttpZammadConnector(InMemorySecrets({"token": "secret"}), call_seconds=1)
        access = ZammadAccess(server.url, SecretName("token"))
        gateway = connector.for_region(replace(REGION, zammad=access))
        connector.begin(0.6)
        with pytest.raises(HelpDeskUnavailable) as first:
            gateway.create_article(TICKET, DRAFT)
        with pytest.raises(HelpDeskUnavailable) as second:
            gateway.create_article(TICKET, DRAFT)
        assert (first.value.maybe_done, second.value.maybe_done) == (True, False)
        assert len(server.requests) == 1
        connector.begin(0.6)
        with pytest.raises(HelpDeskUnavailable):
            gateway.articles(TICKET)
    assert len(server.requests) == 2


def test_each_region_has_its_own_help_desk_and_token() -> None:
    """Through one connector, a region's calls go to its own server with its own token."""
    script = answering(200, "[]")
    secrets = InMemorySecrets({"north/token": "northern", "south/token": "southern"})
    connector = HttpZammadConnector(secrets, call_seconds=0.5)
    with ScriptedServer(script).running() as north, ScriptedServer(script).running() as south:
        for name, server in (("north", north), ("south", south)):
            access = ZammadAccess(server.url, SecretName(f"{name}/token"))
            region = replace(REGION, slug=RegionSlug(name), zammad=access)
            connector.for_region(region).articles(TICKET)
        for server, token in ((north, "northern"), (south, "southern")):
            (request,) = server.requests
            assert f"authorization: token token={token}" in request.lower()
