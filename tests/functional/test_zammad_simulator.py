"""The simulator's REST API against the wire contract, over real HTTP."""

from __future__ import annotations

import http.client
import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from tests.functional.zammad_simulator_support import (
    AGENT,
    BRIDGE,
    CUSTOMER,
    GROUP,
    Client,
    eventually,
)
from zammad_simulator import SimulatorSettings, TicketAttribute, ZammadSimulator

TIMESTAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")


@pytest.fixture
def sim() -> Iterator[ZammadSimulator]:
    with ZammadSimulator() as simulator:
        yield simulator


@pytest.fixture
def client(sim: ZammadSimulator) -> Iterator[Client]:
    with Client(sim) as opened:
        yield opened


def test_the_bridge_learns_its_own_login(client: Client) -> None:
    """GET /users/me names the user behind the token, with the rights in its groups."""
    me = client.call("GET", "/users/me")
    assert me.status_code == 200
    assert me.json()["login"] == CUSTOMER
    assert list(me.json()["group_ids"].values()) == [["full"]]


@pytest.mark.parametrize(
    ("header", "status", "error"),
    [
        (None, 403, "Authentication required"),
        ("Token token=wrong", 401, "Can't find User for Token"),
        ("Bearer wrong", 401, "Can't find User for Token"),
        ("Token token=old", 401, "Not authorized (token expired)!"),
        ("Token token=visitor", 403, "Not authorized"),
    ],
)
def test_bad_credentials_are_refused_with_zammads_words(
    header: str | None, status: int, error: str
) -> None:
    """Missing, unknown, expired and powerless tokens get 401 or 403 with Zammad's text."""
    settings = SimulatorSettings(expired_tokens=("old",), powerless_tokens=("visitor",))
    with ZammadSimulator(settings) as sim:
        headers = {"Authorization": header} if header else {}
        answer = requests.get(f"{sim.url}/api/v1/tickets/1", headers=headers, timeout=5)
    assert (answer.status_code, answer.json()["error"]) == (status, error)


def test_token_access_can_be_switched_off() -> None:
    """A server with API tokens disabled refuses even the right token with 403."""
    with ZammadSimulator(SimulatorSettings(api_token_access=False)) as sim, Client(sim) as client:
        answer = client.call("GET", "/users/me")
    assert (answer.status_code, answer.json()["error"]) == (403, "API token access disabled!")


def test_a_bearer_token_is_as_good(sim: ZammadSimulator) -> None:
    """`Authorization: Bearer` identifies the same user as `Token token=`."""
    headers = {"Authorization": f"Bearer {AGENT}"}
    me = requests.get(f"{sim.url}/api/v1/users/me", headers=headers, timeout=5).json()
    assert me["login"] == sim.settings.agent_login


def test_a_ticket_is_created_with_ids_and_defaults(client: Client) -> None:
    """POST /tickets answers 201 with ids, a null article count, and the attributes' defaults."""
    body = {"title": "T", "group": GROUP, "customer": CUSTOMER, "no_such_key": 1}
    answer = client.call("POST", "/tickets", body)
    ticket = answer.json()
    assert answer.status_code == 201
    assert ticket["state_id"] == 1
    assert ticket["article_count"] is None
    assert ticket["automatic_answers"] is True
    assert "no_such_key" not in ticket
    assert TIMESTAMP.fullmatch(ticket["created_at"])
    assert not isinstance(ticket.get("group"), str)


def test_expand_adds_names(client: Client) -> None:
    """GET /tickets/{id}?expand=true has names beside the ids."""
    ticket_id = client.ticket()
    ticket = client.call("GET", f"/tickets/{ticket_id}?expand=true").json()
    assert (ticket["group"], ticket["state"], ticket["customer"]) == (GROUP, "new", CUSTOMER)


@pytest.mark.parametrize(
    ("sent", "stored"),
    [("False", True), ("false", False), (False, False), ("0", False), (0, False), ("", None)],
)
def test_booleans_are_cast_as_rails_does(client: Client, sent: object, stored: object) -> None:
    """The string "False" becomes true, only Rails' own spellings of false become false."""
    ticket_id = client.ticket()
    changed = client.call("PUT", f"/tickets/{ticket_id}", {"automatic_answers": sent})
    assert changed.json()["automatic_answers"] is stored


def test_an_update_touches_only_what_it_names(client: Client) -> None:
    """PUT /tickets/{id} keeps every key that is not sent, and may bring an article along."""
    ticket_id = client.ticket(language_slug="de")
    article = {"body": "note", "internal": True}
    changed = client.call(
        "PUT", f"/tickets/{ticket_id}", {"automatic_answers": False, "article": article}
    ).json()
    assert (changed["language_slug"], changed["automatic_answers"]) == ("de", False)
    assert changed["article_count"] == 1
    assert [entry["internal"] for entry in client.articles(ticket_id)] == [True]


def test_a_server_may_lack_the_custom_attributes() -> None:
    """Attributes the operator did not add are ignored on write and absent on read."""
    settings = SimulatorSettings(custom_attributes=(TicketAttribute("region_slug", "string"),))
    with ZammadSimulator(settings) as sim, Client(sim) as client:
        ticket_id = client.ticket(automatic_answers=False, region_slug="r1")
        ticket = client.call("GET", f"/tickets/{ticket_id}").json()
    assert "automatic_answers" not in ticket
    assert ticket["region_slug"] == "r1"


def test_closing_shows_in_state_and_time(client: Client) -> None:
    """State names are looked up, and a closed ticket carries its closing time."""
    ticket_id = client.ticket()
    closed = client.call("PUT", f"/tickets/{ticket_id}?expand=true", {"state": "closed"}).json()
    assert (closed["state"], closed["state_id"]) == ("closed", 4)
    assert TIMESTAMP.fullmatch(closed["close_at"])


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "error"),
    [
        ("GET", "/tickets/999999", None, 404, "Couldn't find Ticket with 'id'=999999"),
        ("GET", "/nowhere", None, 404, "No route matches [GET] /api/v1/nowhere"),
        ("PATCH", "/tickets", None, 404, "No route matches [PATCH] /api/v1/tickets"),
        (
            "POST",
            "/tickets",
            {"title": "T", "group": "other", "customer": CUSTOMER},
            422,
            "No lookup value found for 'group': \"other\"",
        ),
        (
            "POST",
            "/tickets",
            {"title": "T", "group": GROUP, "customer": "nobody"},
            422,
            "No lookup value found for 'customer': \"nobody\"",
        ),
        ("POST", "/ticket_articles", {"ticket_id": 77, "body": "x"}, 404, "Couldn't find Ticket"),
    ],
)
def test_refusals_use_zammads_words(
    client: Client, method: str, path: str, body: Any, status: int, error: str
) -> None:
    """Unknown records, routes and names are 404 and 422 with the texts clients know."""
    answer = client.call(method, path, body)
    assert answer.status_code == status
    assert answer.json()["error"].startswith(error)


@pytest.mark.parametrize("body", [None, "", "  \n"])
def test_an_article_needs_a_body(client: Client, body: str | None) -> None:
    """A missing or blank article body is 422, and nothing is stored."""
    ticket_id = client.ticket()
    answer = client.call("POST", "/ticket_articles", {"ticket_id": ticket_id, "body": body})
    assert answer.status_code == 422
    assert answer.json()["error"] == "Need at least an 'article body' field."
    assert client.articles(ticket_id) == []


def test_an_article_reads_back_as_written(client: Client) -> None:
    """Articles come back oldest first, internal ones too, with message id and author's login."""
    ticket_id = client.ticket()
    first = client.article(ticket_id, "Grüße", message_id="<m1@bridge>")
    client.article(ticket_id, "note", sender="Agent", internal=True)
    listed = client.articles(ticket_id)
    assert [entry["body"] for entry in listed] == ["Grüße", "note"]
    assert [entry["internal"] for entry in listed] == [False, True]
    assert listed[0] == first
    assert (first["message_id"], first["created_by"]) == ("<m1@bridge>", CUSTOMER)
    assert (first["type"], first["type_id"], first["sender"]) == ("web", 11, "Customer")


def test_a_server_may_drop_message_ids() -> None:
    """With `drop_message_ids` the marker is neither stored nor returned."""
    with ZammadSimulator(SimulatorSettings(drop_message_ids=True)) as sim, Client(sim) as client:
        ticket_id = client.ticket()
        assert client.article(ticket_id, message_id="<m1@bridge>")["message_id"] is None
        assert client.articles(ticket_id)[0]["message_id"] is None


def test_the_internal_flag_can_be_changed(client: Client) -> None:
    """PUT /ticket_articles/{id} changes whether an article is internal, and nothing else."""
    article = client.article(client.ticket())
    path = f"/ticket_articles/{article['id']}"
    client.call("PUT", path, {"internal": True, "body": "changed"})
    changed = client.call("GET", path).json()
    assert (changed["internal"], changed["body"]) == (True, "Hello")


def test_the_search_index_lags_behind() -> None:
    """A new ticket is not found at once, and is found after the configured lag."""
    with ZammadSimulator(SimulatorSettings(search_lag=0.3)) as sim, Client(sim) as client:
        ticket_id = client.ticket(title="Sprachkurs gesucht", region_slug="r1")
        path = "/tickets/search?query=region_slug:r1&limit=5"
        assert client.call("GET", path).json()["tickets"] == []
        eventually(lambda: client.call("GET", path).json()["tickets"] == [ticket_id])
        expanded = client.call("GET", "/tickets/search?query=sprachkurs&expand=true").json()
    assert [ticket["title"] for ticket in expanded] == ["Sprachkurs gesucht"]


def test_a_deleted_ticket_is_gone(client: Client) -> None:
    """After DELETE the ticket, its articles and its search result are 404 or absent."""
    ticket_id = client.ticket()
    client.article(ticket_id)
    assert client.call("DELETE", f"/tickets/{ticket_id}").status_code == 200
    assert client.call("GET", f"/tickets/{ticket_id}").status_code == 404
    assert client.call("GET", f"/ticket_articles/by_ticket/{ticket_id}").status_code == 404
    assert client.call("GET", "/tickets/search?query=*").json()["tickets"] == []


def test_deleting_needs_an_administrator() -> None:
    """A token with nothing but `ticket.agent` may not delete a ticket."""
    with ZammadSimulator(SimulatorSettings(bridge_is_admin=False)) as sim, Client(sim) as client:
        answer = client.call("DELETE", f"/tickets/{client.ticket()}")
    assert (answer.status_code, answer.json()["error"]) == (403, "admin permission required")


def test_a_setup_check_sees_group_attributes_and_states(client: Client) -> None:
    """Groups, ticket states and object attributes are listed by name."""
    groups = client.call("GET", "/groups").json()
    states = client.call("GET", "/ticket_states").json()
    attributes = client.call("GET", "/object_manager_attributes").json()
    assert [group["name"] for group in groups] == [GROUP]
    assert {"new", "open", "closed", "merged"} <= {state["name"] for state in states}
    assert "automatic_answers" in {entry["name"] for entry in attributes}


def test_one_connection_serves_many_calls(sim: ZammadSimulator) -> None:
    """HTTP/1.1 keep-alive works, also after a refused request with a body."""
    connection = http.client.HTTPConnection(sim.url.removeprefix("http://"), timeout=5)
    connection.connect()
    opened = connection.sock
    statuses = []
    for token in (BRIDGE, "wrong", BRIDGE):
        body = json.dumps({"title": "x" * 100_000, "group": GROUP, "customer": CUSTOMER})
        headers = {"Authorization": f"Token token={token}", "Content-Type": "application/json"}
        connection.request("POST", "/api/v1/tickets", body, headers)
        answer = connection.getresponse()
        answer.read()
        statuses.append(answer.status)
        assert connection.sock is opened
    connection.close()
    assert statuses == [201, 401, 201]


def test_broken_json_is_a_client_error(client: Client, sim: ZammadSimulator) -> None:
    """A body that is not JSON is 400, never 500."""
    headers = {"Authorization": f"Token token={BRIDGE}", "Content-Type": "application/json"}
    address = f"{sim.url}/api/v1/tickets"
    answer = requests.post(address, data=b"{", headers=headers, timeout=5)
    assert answer.status_code == 400
