"""Faults on demand, stopping and starting, the record of calls, the control API, the process."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from tests.functional.zammad_simulator_support import Client, Receiver, eventually
from zammad_simulator import Fault, SimulatorSettings, ZammadSimulator

FOLDER = Path(__file__).resolve().parents[2] / "simulator"


@pytest.fixture
def sim() -> Iterator[ZammadSimulator]:
    with ZammadSimulator() as simulator:
        yield simulator


@pytest.fixture
def client(sim: ZammadSimulator) -> Iterator[Client]:
    with Client(sim) as opened:
        yield opened


def test_a_stopped_server_refuses_and_comes_back_as_it_was(
    sim: ZammadSimulator, client: Client
) -> None:
    """After `stop` connections are refused; after `start` the same port serves the same state."""
    ticket_id, address = client.ticket(), sim.url
    sim.stop()
    with pytest.raises(requests.ConnectionError):
        client.call("GET", f"/tickets/{ticket_id}")
    sim.start()
    assert sim.url == address
    assert client.call("GET", f"/tickets/{ticket_id}").status_code == 200


def test_stopping_leaves_no_thread() -> None:
    """`stop` ends every thread, also with connections kept open by clients."""
    before = set(threading.enumerate())
    sim = ZammadSimulator(SimulatorSettings(webhook_workers=3))
    sim.start()
    with Client(sim) as client:
        client.ticket()
        sim.stop()
        assert set(threading.enumerate()) == before


def test_stopping_ends_a_slow_call(sim: ZammadSimulator, client: Client) -> None:
    """A call that is being slowed down does not hold `stop` up."""
    sim.inject(Fault("slow", seconds=60, times=1))
    failures: list[Exception] = []

    def read() -> None:
        try:
            client.call("GET", "/users/me", timeout=70)
        except requests.ConnectionError as error:
            failures.append(error)

    reader = threading.Thread(target=read)
    reader.start()
    eventually(lambda: not sim.faults())
    started = time.monotonic()
    sim.stop()
    reader.join(5)
    assert time.monotonic() - started < 5
    assert not reader.is_alive()
    assert len(failures) == 1


def test_a_dropped_connection_writes_nothing(sim: ZammadSimulator, client: Client) -> None:
    """The fault `drop` ends the connection without an answer and without the write."""
    ticket_id = client.ticket()
    sim.inject(Fault("drop", times=1))
    with pytest.raises(requests.ConnectionError):
        client.article(ticket_id)
    assert client.articles(ticket_id) == []


def test_a_lost_answer_hides_a_write_that_happened(sim: ZammadSimulator, client: Client) -> None:
    """The fault `answer_lost` stores the article and ends the connection all the same."""
    ticket_id = client.ticket()
    sim.inject(Fault("answer_lost", times=1))
    with pytest.raises(requests.ConnectionError):
        client.article(ticket_id, message_id="m1")
    assert [entry["message_id"] for entry in client.articles(ticket_id)] == ["m1"]


def test_an_internal_error_hides_its_cause(sim: ZammadSimulator, client: Client) -> None:
    """The fault `error` answers 500 with an error id, as often as asked, then the server heals."""
    sim.inject(Fault("error", times=2))
    for _ in range(2):
        answer = client.call("GET", "/users/me")
        assert answer.status_code == 500
        text = answer.json()["error"]
        assert re.fullmatch(r"Error ID [0-9a-f]{8}: Please contact your administrator\.", text)
    assert client.call("GET", "/users/me").status_code == 200


def test_a_proxys_error_is_html(sim: ZammadSimulator, client: Client) -> None:
    """The fault `html` answers 502 with a page, or the status asked for."""
    sim.inject(Fault("html", times=1))
    sim.inject(Fault("html", status=504, times=1))
    answers = [client.call("GET", "/users/me") for _ in range(2)]
    assert [answer.status_code for answer in answers] == [502, 504]
    assert all("text/html" in answer.headers["Content-Type"] for answer in answers)
    assert "502 Bad Gateway" in answers[0].text


def test_maintenance_is_a_403(sim: ZammadSimulator, client: Client) -> None:
    """The fault `maintenance` refuses with Zammad's text until it is cleared."""
    sim.inject(Fault("maintenance"))
    answer = client.call("GET", "/users/me")
    assert (answer.status_code, answer.json()["error"]) == (403, "Maintenance mode enabled!")
    sim.clear_faults()
    assert client.call("GET", "/users/me").status_code == 200


def test_faults_hit_only_what_they_match(sim: ZammadSimulator, client: Client) -> None:
    """A fault with method and path leaves every other call alone and is not used up by them."""
    sim.inject(Fault("error", status=503, method="POST", path="/ticket_articles$", times=1))
    ticket_id = client.ticket()
    assert client.articles(ticket_id) == []
    body = {"ticket_id": ticket_id, "body": "x"}
    assert client.call("POST", "/ticket_articles", body).status_code == 503
    assert client.call("POST", "/ticket_articles", body).status_code == 201


def test_a_slow_server_can_fail_too(sim: ZammadSimulator, client: Client) -> None:
    """`slow` delays the call and combines with a fault that decides the answer."""
    sim.inject(Fault("slow", seconds=0.1, times=1))
    sim.inject(Fault("html", times=1))
    started = time.monotonic()
    assert client.call("GET", "/users/me").status_code == 502
    assert time.monotonic() - started >= 0.1


def test_calls_are_recorded(sim: ZammadSimulator, client: Client) -> None:
    """Each REST call is recorded with method, path and status; a call without answer has none."""
    ticket_id = client.ticket()
    client.call("GET", f"/tickets/{ticket_id}?expand=true")
    sim.inject(Fault("drop", times=1))
    with pytest.raises(requests.ConnectionError):
        client.call("GET", "/users/me")
    assert [(entry.method, entry.path, entry.status) for entry in sim.requests()] == [
        ("POST", "/api/v1/tickets", 201),
        ("GET", f"/api/v1/tickets/{ticket_id}", 200),
        ("GET", "/api/v1/users/me", None),
    ]
    assert sim.request_counts()["GET /api/v1/tickets/{id}"] == 1
    sim.reset_requests()
    assert sim.requests() == []


def test_the_control_api_does_what_python_does(sim: ZammadSimulator, client: Client) -> None:
    """Faults, calls, webhooks and reset work over HTTP, and are no REST calls themselves."""
    base = f"{sim.url}/simulator"
    added = requests.post(f"{base}/faults", json={"kind": "error", "status": 429}, timeout=5)
    assert added.status_code == 201
    assert client.call("GET", "/users/me").status_code == 429
    assert requests.delete(f"{base}/faults", timeout=5).json() == []
    with Receiver() as receiver:
        requests.post(f"{base}/webhooks", json={"url": receiver.url}, timeout=5)
        ticket_id = client.ticket()
        client.article(ticket_id)
        assert sim.wait_for_webhooks()
        [delivery] = requests.get(f"{base}/deliveries", timeout=5).json()
    assert delivery["attempts"][0]["status"] == 200
    counted = requests.get(f"{base}/requests?method=POST&path=articles", timeout=5).json()
    assert (counted["count"], counted["requests"][0]["status"]) == (1, 201)
    requests.post(f"{base}/reset", timeout=5)
    assert sim.tickets() == []
    assert requests.get(f"{base}/requests", timeout=5).json()["count"] == 0
    assert client.ticket() > ticket_id


@pytest.mark.parametrize(
    "body", [{"kind": "fire"}, {"nope": 1}, [1], {"kind": "drop", "path": "("}]
)
def test_the_control_api_refuses_nonsense(sim: ZammadSimulator, body: object) -> None:
    """What is not a fault is answered with 400 and injects nothing."""
    answer = requests.post(f"{sim.url}/simulator/faults", json=body, timeout=5)
    assert answer.status_code == 400
    assert sim.faults() == []


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_runs_as_a_process(number: signal.Signals) -> None:
    """The command prints one line when ready, serves, and ends cleanly on a signal."""
    command = [sys.executable, "-m", "zammad_simulator", "--port", "0", "--bridge-token", "t1"]
    with subprocess.Popen(command, cwd=FOLDER, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        address = line.split()[-1]
        headers = {"Authorization": "Token token=t1"}
        me = requests.get(f"{address}/api/v1/users/me", headers=headers, timeout=5)
        process.send_signal(number)
        assert process.wait(10) == 0
    assert me.status_code == 200
    assert line.startswith("Zammad simulator ready at http://127.0.0.1:")
