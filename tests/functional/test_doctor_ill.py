"""`switchboard doctor` before servers that are dead, slow or strange."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from tests.functional.doctor_world import (
    TOKEN,
    Change,
    Clinic,
    meddling,
    zammad,
)
from tests.functional.test_outgoing_tls import certificate as certificate
from tests.functional.test_outgoing_tls import url as https_url  # noqa: F401 - a fixture
from zammad_simulator import Fault


def only(path: str, status: int, document: Any, method: str = "GET") -> Change:
    """Answers this to one path, and leaves everything else as it is."""

    def change(called: str, at: str, as_is: int, answer: Any) -> tuple[int, Any]:
        hit = (called, at) == (method, f"/api/v1{path}")
        return (status, document) if hit else (as_is, answer)

    return change


def test_a_dead_server_is_one_clear_line(clinic: Clinic) -> None:
    """Nobody listens: status 1, one thing missing, and what to try from here."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        clinic.set_up(f"http://127.0.0.1:{free.getsockname()[1]}")
        outcome = clinic.examine()
    assert (outcome.status, outcome.missing) == (1, {"server"})
    assert outcome.texts["server"] == "the connection is refused"
    assert "curl -sS -i" in outcome.remedies["server"]
    assert outcome.verdicts["help-desk"] == "cannot tell"


def test_a_host_that_does_not_exist_is_told_apart(clinic: Clinic) -> None:
    """A misspelled host name is not a dead server."""
    clinic.set_up("https://no-such-desk.invalid")
    outcome = clinic.examine()
    assert outcome.texts["server"] == "the host name is not known to DNS"


@pytest.mark.parametrize(
    ("fault", "text"),
    [
        (Fault("drop"), "ended without an answer"),
        (Fault("html"), "502, text/html instead of what Zammad answers"),
        (Fault("error", status=500), "500: Error ID"),
        (Fault("maintenance"), "403: Maintenance mode enabled!"),
        (Fault("slow", seconds=20), "no answer within 0.3 seconds"),
    ],
)
def test_an_ill_server_is_one_clear_line(clinic: Clinic, fault: Fault, text: str) -> None:
    """Cut off, a proxy's page, an error, maintenance, silence: told, and nothing is written."""
    with zammad() as simulator:
        simulator.inject(fault)
        clinic.set_up(simulator.url)
        outcome = clinic.examine("--timeout", "0.3")
        assert simulator.tickets() == []
    assert (outcome.status, outcome.missing) == (1, {"server"})
    assert text in outcome.texts["server"]


@pytest.fixture
def trickle() -> Iterator[str]:
    """A server whose answer never ends: a header every few hundredths of a second."""
    done = threading.Event()

    def serve() -> None:
        with contextlib.suppress(OSError), listener.accept()[0] as connection:
            connection.sendall(b"HTTP/1.1 200 OK\r\n")
            while not done.wait(0.02):
                connection.sendall(b"X-More: to come\r\n")

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve)
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        done.set()
        thread.join()


def test_an_answer_that_never_ends_is_given_up(clinic: Clinic, trickle: str) -> None:
    """The time for a call counts from its beginning, not from the last byte."""
    clinic.set_up(trickle)
    outcome = clinic.examine("--timeout", "0.3")
    assert outcome.missing == {"server"}
    assert outcome.texts["server"] == "no answer within 0.3 seconds"


def test_a_redirect_is_shown_and_not_followed(clinic: Clinic) -> None:
    """The token goes to no other address; the new one is ready for the manifest."""
    new = "https://desk.example.org/api/v1/users/me?expand=true"
    with zammad() as simulator, meddling(simulator, lambda *_: (301, new)) as server:
        clinic.set_up(server.url)
        outcome = clinic.examine()
        assert server.seen == [("GET", "/api/v1/users/me")]
    assert outcome.missing == {"server"}
    assert "redirects to https://desk.example.org," in outcome.texts["server"]
    assert "url: https://desk.example.org\n" in outcome.remedies["server"]


@pytest.mark.parametrize("document", [[], "hello", {"name": "another service"}, None])
def test_json_of_another_service_is_no_zammad(clinic: Clinic, document: Any) -> None:
    """An answer that is JSON, but no user's, ends in words and not in a crash."""
    outcome = clinic.examine_changed(lambda *_: (200, document))
    assert outcome.status == 1
    assert len(outcome.missing) == 1


def test_a_certificate_nobody_vouches_for_is_missing(clinic: Clinic, https_url: str) -> None:  # noqa: F811
    """The reason of TLS is told in its own words."""
    clinic.set_up(https_url)
    outcome = clinic.examine()
    assert (outcome.status, outcome.missing) == (1, {"tls"})
    assert outcome.texts["tls"] == "self-signed certificate"


def test_what_a_server_says_cannot_show_the_token_or_move_the_cursor(clinic: Clinic) -> None:
    """A server that echoes the token, with codes for the terminal, in a text without end."""
    evil = f"\x1b[2J\nok  everything {TOKEN} " + "x" * 5000
    outcome = clinic.examine_changed(lambda *_: (401, {"error": evil}))
    assert outcome.missing == {"token"}
    assert "\x1b" not in outcome.out
    assert "everything •••" in outcome.texts["token"]
    assert len(outcome.texts["token"]) < 200


def test_a_token_lost_on_the_way_is_explained(clinic: Clinic) -> None:
    """A proxy that takes off the header looks as if no token had been sent."""
    outcome = clinic.examine_changed(lambda *_: (403, {"error": "Authentication required"}))
    assert outcome.missing == {"token"}
    assert "proxy" in outcome.remedies["token"]


def test_groups_that_may_not_be_listed_are_left_to_the_round_trip(clinic: Clinic) -> None:
    """A token with ticket.agent alone: cannot be told, and the ticket shows that it works."""
    outcome = clinic.examine_changed(only("/groups", 403, {"error": "Not authorized"}))
    assert outcome.status == 0
    assert outcome.verdicts["group"] == "cannot tell"
    assert "integreat-chat" in outcome.texts["ticket-read"]
    assert outcome.verdicts["group-access"] == "ok"


@pytest.mark.parametrize(
    ("change", "finding"),
    [({"follow_up_possible": "new_ticket"}, "group-follow-up"), ({"active": False}, "group")],
)
def test_a_group_set_up_otherwise_is_found(
    clinic: Clinic, change: dict[str, Any], finding: str
) -> None:
    """Follow-ups that open new tickets, or a group that is switched off."""
    group = {"id": 5, "name": "integreat-chat", "follow_up_possible": "yes", "active": True}
    outcome = clinic.examine_changed(only("/groups", 200, [{**group, **change}]))
    assert outcome.missing == {finding}
    assert "/api/v1/groups/5" in outcome.remedies[finding]


def _user(**fields: Any) -> Change:
    user = {"id": 17, "login": "chat-bridge@example.org", "active": True, "role_ids": [2, 3]}
    return only("/users/me", 200, {**user, "group_ids": {"5": ["full"]}, **fields})


def test_less_than_full_access_is_found(clinic: Clinic) -> None:
    """The remedy gives full access and keeps what the user has in other groups."""
    outcome = clinic.examine_changed(_user(group_ids={"4": ["read"], "5": ["read", "create"]}))
    assert outcome.missing == {"group-access"}
    assert '{"group_ids": {"4": ["read"], "5": ["full"]}}' in outcome.remedies["group-access"]


def test_access_by_a_role_is_not_called_missing(clinic: Clinic) -> None:
    """No access of the user's own, but a ticket that could be made: perhaps by a role."""
    outcome = clinic.examine_changed(_user(group_ids={}))
    assert (outcome.status, outcome.verdicts["group-access"]) == (0, "cannot tell")


def test_names_count_where_a_server_gives_them(clinic: Clinic) -> None:
    """Roles and groups by name, as Zammad expands them, tell more than numbers."""
    named = {"roles": ["Agent", "Customer"], "groups": {"integreat-chat": ["full"]}}
    outcome = clinic.examine_changed(_user(role_ids=[7, 8], group_ids={}, **named))
    assert outcome.missing == set()
    assert outcome.verdicts["group-access"] == "ok"


def test_a_user_that_is_not_active_is_found(clinic: Clinic) -> None:
    """Zammad may refuse such a user at any time."""
    assert clinic.examine_changed(_user(active=False)).missing == {"bridge-user"}
