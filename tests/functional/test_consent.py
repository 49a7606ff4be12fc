"""The consent to an evaluation of the chat, on its way to the ticket (contracts/userchat.md)."""

from __future__ import annotations

from typing import Any

import pytest

from tests.functional.desk_world import CHAT, DeskWorld
from zammad_simulator import Fault


def consent(desk: DeskWorld, said: Any) -> Any:
    answer = desk.request("POST", body={"evaluation_consent": said})
    assert answer.status == 200, answer.body
    return answer.json


def in_ticket(desk: DeskWorld) -> Any:
    return desk.simulator.ticket(desk.ticket)["evaluation_consent"]


def puts(desk: DeskWorld) -> int:
    return len([call for call in desk.simulator.requests() if call.method == "PUT"])


def test_a_first_message_takes_the_consent_along(desk: DeskWorld) -> None:
    """The ticket is opened with what was said, without a call more."""
    desk.say("Hallo", evaluation_consent=True)
    assert in_ticket(desk) is True
    desk.work()
    assert puts(desk) == 0
    assert desk.request("GET").json["evaluation_consent"] is True


@pytest.mark.parametrize("said", [True, "yes", "ON", "1"])
def test_a_ticket_learns_of_a_later_consent_at_once(desk: DeskWorld, said: Any) -> None:
    """Consent alone is no message: the answer is the whole chat, the ticket says so, too."""
    desk.say("Hallo")
    document = consent(desk, said)
    assert document["evaluation_consent"] is True
    assert [m["content"] for m in document["messages"]] == ["Hallo"]
    assert in_ticket(desk) is True
    consent(desk, False)
    assert in_ticket(desk) is False
    desk.work()
    assert in_ticket(desk) is False
    assert puts(desk) == 2


def test_the_same_again_asks_nobody(desk: DeskWorld) -> None:
    """What the ticket says already is not written again."""
    desk.say("Hallo", evaluation_consent=True)
    for _ in range(3):
        consent(desk, True)
    desk.work()
    assert puts(desk) == 0


def test_consent_comes_with_a_later_message(desk: DeskWorld) -> None:
    """A message and a consent in one request both arrive; a repeated one changes nothing."""
    desk.say("eins")
    for _ in range(2):
        assert desk.say("zwei", evaluation_consent=True).status == 200
    desk.work()
    assert in_ticket(desk) is True
    assert [m["content"] for m in desk.messages() if m["user_is_author"]] == ["eins", "zwei"]
    assert puts(desk) == 1


def test_consent_alone_begins_a_chat_without_a_ticket(desk: DeskWorld) -> None:
    """Before the first message there is a chat to remember it, and nothing in Zammad."""
    assert consent(desk, True) == {
        "messages": [], "evaluation_consent": True, "chatbot_typing": False,
    }  # fmt: skip
    desk.work()
    assert desk.simulator.requests() == []
    assert desk.request("GET").json["evaluation_consent"] is True
    desk.say("Hallo")
    assert in_ticket(desk) is True
    assert len(desk.simulator.tickets()) == 1


@pytest.mark.parametrize("fault", ["drop", "error", "answer_lost", "html"])
def test_a_consent_arrives_whatever_fails(desk: DeskWorld, fault: Any) -> None:
    """With Zammad failing the answer is still 200, and the worker brings it there later."""
    desk.say("Hallo")
    desk.work()
    desk.simulator.inject(Fault(fault, method="PUT"))
    assert consent(desk, True)["evaluation_consent"] is True
    desk.work()
    desk.simulator.clear_faults()
    desk.later(300)
    desk.work()
    assert in_ticket(desk) is True
    assert desk.dead_letters() == []


def test_the_last_word_counts(desk: DeskWorld) -> None:
    """Said and taken back while Zammad is down: the ticket never hears of the first."""
    desk.say("Hallo")
    desk.work()
    desk.simulator.stop()
    consent(desk, True)
    consent(desk, False)
    desk.simulator.start()
    desk.later(300)
    desk.work()
    assert in_ticket(desk) is False
    assert puts(desk) == 0


def test_a_lost_job_is_made_up_by_polls(desk: DeskWorld) -> None:
    """If everything after storing it was lost, the app's own polls bring it on its way again."""
    desk.say("Hallo")
    desk.work()
    desk.simulator.inject(Fault("drop", method="PUT"))
    consent(desk, True)
    desk.sqs.purge_queue(QueueUrl=desk.queue_url)
    desk.simulator.clear_faults()
    desk.later(70)
    desk.messages()
    desk.work()
    assert in_ticket(desk) is True


def test_a_refused_consent_tells_an_operator(desk: DeskWorld) -> None:
    """A 403 is a fault of the region: kept in the chat, parked where the alarm is."""
    desk.say("Hallo")
    desk.work()
    desk.simulator.inject(Fault("error", status=403, method="PUT"))
    assert consent(desk, True)["evaluation_consent"] is True
    desk.work()
    assert len(desk.dead_letters()) == 1
    assert desk.request("GET").json["evaluation_consent"] is True


def test_a_ticket_found_again_is_told_of_the_consent(desk: DeskWorld) -> None:
    """A ticket whose opening got lost may hold an older word; the newest one is written."""
    desk.simulator.inject(Fault("answer_lost", method="POST", path="/tickets$", times=1))
    desk.say("Hallo", evaluation_consent=True)
    assert in_ticket(desk) is True
    consent(desk, False)
    desk.work()
    desk.later(120)
    desk.work()
    assert len(desk.simulator.tickets()) == 1
    assert in_ticket(desk) is False


def test_a_new_chat_asks_again(desk: DeskWorld) -> None:
    """`force_new` begins without a consent; the earlier ticket keeps what was said for it."""
    desk.say("Hallo", evaluation_consent=True)
    first = desk.ticket
    assert desk.say("neu", force_new=True).json["evaluation_consent"] is False
    desk.work()
    assert in_ticket(desk) is False
    assert desk.simulator.ticket(first)["evaluation_consent"] is True


def test_nothing_to_send_is_a_400(desk: DeskWorld) -> None:
    """Neither text nor consent: refused, nothing created."""
    assert desk.request("POST", CHAT, {"evaluation_consent": ""}).status == 400
    assert desk.request("GET").status == 404
