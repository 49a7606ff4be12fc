"""The test ticket of `switchboard doctor`: what comes back changed, and what fails half-way."""

from __future__ import annotations

import _thread
from typing import Any

import pytest

from tests.functional.doctor_world import Clinic, meddling, zammad
from zammad_simulator import Fault


@pytest.mark.parametrize(
    ("key", "value", "finding"),
    [
        ("sender", "Agent", "article-sender"),
        ("subject", "Re: something", "article-subject"),
        ("internal", False, "article-internal"),
        ("attachments", [], "attachment-upload"),
    ],
)
def test_articles_that_come_back_changed_are_found(
    clinic: Clinic, key: str, value: Any, finding: str
) -> None:
    """Each part of an article the bridge relies on has its own finding."""

    def change(method: str, path: str, status: int, answer: Any) -> tuple[int, Any]:
        if "/by_ticket/" in path:
            answer = [{**article, key: value} for article in answer]
        return status, answer

    assert clinic.examine_changed(change).missing == {finding}


@pytest.mark.parametrize(("old", "new"), [("&lt;b&gt;", "<b>"), (" 🙂", " ?"), ("<br>", " / ")])
def test_a_text_that_comes_back_changed_is_found(clinic: Clinic, old: str, new: str) -> None:
    """Escaping, letters of four bytes and line ends have to survive."""

    def change(method: str, path: str, status: int, answer: Any) -> tuple[int, Any]:
        if "/by_ticket/" in path:
            answer = [{**a, "body": a["body"].replace(old, new)} for a in answer]
        return status, answer

    assert clinic.examine_changed(change).missing == {"article-body"}


def test_a_file_that_comes_back_changed_is_found(clinic: Clinic) -> None:
    """A login page in place of the file is no download."""

    def change(method: str, path: str, status: int, answer: Any) -> tuple[int, Any]:
        return status, b"<html>" if "/ticket_attachment/" in path else answer

    assert clinic.examine_changed(change).missing == {"attachment-download"}


@pytest.mark.parametrize(
    ("path", "finding"),
    [
        ("/ticket_articles$", "article-create"),
        ("/by_ticket/", "article-read"),
        ("/ticket_attachment/", "attachment-download"),
    ],
)
@pytest.mark.parametrize("kind", ["error", "drop", "html"])
def test_what_fails_half_way_leaves_no_open_ticket(
    clinic: Clinic, path: str, finding: str, kind: Any
) -> None:
    """Whatever step fails is told, and the ticket is closed all the same."""
    with zammad() as simulator:
        simulator.inject(Fault(kind, path=path))
        clinic.set_up(simulator.url)
        outcome = clinic.examine()
        assert [ticket["state"] for ticket in simulator.tickets()] == ["closed"]
    assert (outcome.status, outcome.missing) == (1, {finding})
    assert outcome.verdicts["ticket-close"] == "ok"


def test_a_ticket_whose_creation_was_not_answered_is_found_and_closed(clinic: Clinic) -> None:
    """The server carried it out and the answer was lost: the search finds what is to be closed."""
    with zammad() as simulator:
        simulator.inject(Fault("answer_lost", method="POST", path="/tickets$"))
        clinic.set_up(simulator.url)
        outcome = clinic.examine()
        assert [ticket["state"] for ticket in simulator.tickets()] == ["closed"]
    assert outcome.missing == {"ticket-create"}
    assert outcome.verdicts["ticket-close"] == "ok"


def test_a_ticket_that_cannot_be_found_again_is_named(clinic: Clinic) -> None:
    """Neither answer nor index: the operator is told which title to look for."""
    with zammad(search_lag=1000.0) as simulator:
        simulator.inject(Fault("answer_lost", method="POST", path="/tickets$"))
        clinic.set_up(simulator.url)
        outcome = clinic.examine()
        title = simulator.tickets()[0]["title"]
    assert outcome.verdicts["ticket-close"] == "cannot tell"
    assert title in outcome.remedies["ticket-close"]


@pytest.mark.parametrize(("times", "verdict"), [(1, "ok"), (None, "missing")])
def test_closing_is_tried_again(clinic: Clinic, times: int | None, verdict: str) -> None:
    """A ticket that stays open is named with its address, to be closed by hand."""
    with zammad() as simulator:
        simulator.inject(Fault("error", status=503, method="PUT", times=times))
        clinic.set_up(simulator.url)
        outcome = clinic.examine()
        (ticket,) = simulator.tickets()
        url = f"{simulator.url}/#ticket/zoom/{ticket['id']}"
    assert outcome.verdicts["ticket-close"] == verdict
    assert (ticket["state"] == "closed") == (verdict == "ok")
    assert (url in outcome.remedies["ticket-close"]) == (verdict == "missing")


def test_an_interrupted_examination_closes_its_ticket(
    clinic: Clinic, capsys: pytest.CaptureFixture[str]
) -> None:
    """Ctrl-C in the middle leaves no open ticket and no stack trace."""

    def change(method: str, path: str, status: int, answer: Any) -> tuple[int, Any]:
        if "/by_ticket/" in path:
            _thread.interrupt_main()
        return status, answer

    with zammad() as simulator, meddling(simulator, change) as server:
        clinic.set_up(server.url)
        outcome = clinic.examine()
        assert [ticket["state"] for ticket in simulator.tickets()] == ["closed"]
    assert outcome.status == 1
    assert outcome.out.splitlines()[-1] == "interrupted; the rest was not examined"


def test_an_attribute_that_keeps_its_default_was_not_written(clinic: Clinic) -> None:
    """A workflow of the operator's that resets it: there, but of no use to the bridge."""

    def change(method: str, path: str, status: int, answer: Any) -> tuple[int, Any]:
        if method == "GET" and path.startswith("/api/v1/tickets/") and "id" in answer:
            answer = {**answer, "automatic_answers": True}
        return status, answer

    outcome = clinic.examine_changed(change)
    assert outcome.missing == {"attribute-automatic_answers"}
    assert "False was written, True came back" in outcome.texts["attribute-automatic_answers"]
