"""The user's own request meets a ticket that was deleted, and Zammad fails just then."""

from __future__ import annotations

from tests.functional.desk_world import DeskWorld
from zammad_simulator import Fault


def test_the_answer_shows_the_message_that_waits_for_a_new_ticket(desk: DeskWorld) -> None:
    """Where the ticket is gone and no new one can be had yet, the message is shown as pending."""
    desk.say("Eins")
    desk.work()
    desk.simulator.delete_ticket(desk.ticket)
    desk.simulator.inject(Fault("drop", method="POST", path="/tickets$"))
    answer = desk.say("Zwei")
    assert answer.status == 200
    assert [(m["content"], m.get("pending")) for m in answer.json["messages"]] == [("Zwei", True)]
    assert answer.json["body"] == "Zwei"
    desk.simulator.clear_faults()
    desk.later(61)
    desk.work()
    assert ("Customer", "Zwei") in desk.articles()
