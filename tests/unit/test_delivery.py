"""What a user typed reaches the ticket: in order, exactly once, whatever fails in between."""

from __future__ import annotations

import pytest

from switchboard.domain.errors import HelpDeskRefused
from tests.fakes.zammad import Fault
from tests.unit.conversation import DeskInMemory


def test_first_message_opens_a_ticket() -> None:
    """A first message is in a new ticket when the request is answered."""
    desk = DeskInMemory()
    accepted = desk.send("Wo finde ich einen Sprachkurs?")
    assert desk.ticket == ["Wo finde ich einen Sprachkurs?"]
    assert accepted.message is not None
    assert not accepted.message.is_pending
    assert accepted.message.question is not None


def test_title_names_no_device() -> None:
    """The ticket's title holds the language and a pseudonym, never the device id."""
    desk = DeskInMemory()
    desk.send("Hallo")
    title = next(iter(desk.zammad.tickets.values())).draft.title
    assert title.startswith("[Integreat Chat] [DE] ")
    assert "device-1" not in title


def test_markup_is_escaped_in_the_ticket_and_not_in_the_chat() -> None:
    """A user's text is data: escaped for Zammad, shown to the user as typed."""
    desk = DeskInMemory()
    desk.send("1 < 2 & <b>drei</b>\nvier")
    assert desk.ticket == ["1 &lt; 2 &amp; &lt;b&gt;drei&lt;/b&gt;<br>vier"]
    assert desk.texts() == ["1 < 2 & <b>drei</b>\nvier"]


@pytest.mark.parametrize("fault", [Fault.NOT_SENT, Fault.LOST_REQUEST, Fault.LOST_ANSWER])
@pytest.mark.parametrize("drops_message_ids", [False, True])
def test_first_message_survives_every_fault(fault: Fault, drops_message_ids: bool) -> None:
    """Whatever becomes of the first call, the message is in one ticket exactly once in the end."""
    desk = DeskInMemory(drops_message_ids=drops_message_ids)
    desk.zammad.faults = [fault]
    accepted = desk.send("Hallo")
    assert accepted.message is not None
    assert accepted.message.is_pending
    desk.work_until_done()
    assert len(desk.zammad.tickets) == 1
    assert desk.ticket == ["Hallo", "echo: Hallo"]
    assert desk.texts() == ["Hallo", "echo: Hallo"]


@pytest.mark.parametrize("fault", [Fault.NOT_SENT, Fault.LOST_REQUEST, Fault.LOST_ANSWER])
@pytest.mark.parametrize("drops_message_ids", [False, True])
def test_later_message_survives_every_fault(fault: Fault, drops_message_ids: bool) -> None:
    """Whatever becomes of a later call, the message is in the ticket exactly once in the end."""
    desk = DeskInMemory(drops_message_ids=drops_message_ids)
    desk.send("eins")
    desk.work_until_done()
    desk.zammad.faults = [fault]
    desk.send("zwei")
    desk.work_until_done()
    assert desk.ticket == ["eins", "echo: eins", "zwei", "echo: zwei"]


def test_order_is_kept_over_an_outage() -> None:
    """Messages sent while Zammad is down are delivered in the order they were sent."""
    desk = DeskInMemory()
    desk.zammad.faults = [Fault.NOT_SENT] * 3
    for text in ("eins", "zwei", "drei"):
        desk.send(text)
    assert [m.is_pending for m in desk.read().messages] == [True, True, True]
    desk.zammad.faults = []
    desk.work_until_done()
    users = [body for body in desk.ticket if not body.startswith("echo")]
    assert users == ["eins", "zwei", "drei"]


def test_pending_message_keeps_its_place_and_changes_its_id() -> None:
    """A pending message has an id beyond Zammad's, and stands where it stood once delivered."""
    desk = DeskInMemory()
    desk.send("eins")
    desk.work_until_done()
    desk.zammad.faults = [Fault.NOT_SENT]
    desk.send("zwei")
    before = desk.read().messages
    assert before[-1].shown_id > 2**51
    desk.work_until_done()
    after = desk.read().messages
    assert [m.content for m in after] == ["eins", "echo: eins", "zwei", "echo: zwei"]
    assert after[2].shown_id < 2**31


def test_sent_twice_is_one_message() -> None:
    """The same text within 30 seconds is the same message; after that it is another."""
    desk = DeskInMemory()
    first = desk.send("Hallo")
    again = desk.send("Hallo")
    assert again.message == first.message
    assert desk.ticket == ["Hallo"]
    desk.clock.advance(31)
    desk.send("Hallo")
    assert desk.ticket == ["Hallo", "Hallo"]


def test_idempotency_key_tells_repeats_from_new_messages() -> None:
    """The same key is the same message for ever; another key is another message at once."""
    desk = DeskInMemory()
    desk.send("Hallo", idempotency_key="a")
    desk.clock.advance(3600)
    desk.send("Hallo", idempotency_key="a")
    assert desk.ticket == ["Hallo"]
    desk.send("Hallo", idempotency_key="b")
    assert desk.ticket == ["Hallo", "Hallo"]


def test_force_new_begins_another_ticket() -> None:
    """With `force_new` the message begins a new chat; the old one is no longer read."""
    desk = DeskInMemory()
    desk.send("alt")
    desk.clock.advance(60)
    desk.send("neu", force_new=True)
    assert len(desk.zammad.tickets) == 2
    assert desk.texts() == ["neu"]


def test_force_new_does_not_lose_what_is_pending() -> None:
    """A message still pending in the old chat reaches the old ticket."""
    desk = DeskInMemory()
    desk.send("eins")
    desk.zammad.faults = [Fault.NOT_SENT]
    desk.send("zwei")
    desk.send("neu", force_new=True)
    desk.work_until_done()
    first = min(desk.zammad.tickets)
    assert "zwei" in desk.zammad.bodies(first)
    assert "zwei" not in desk.ticket


def test_deleted_ticket_moves_the_message_to_a_new_one() -> None:
    """A message to a ticket that was deleted is not lost: it begins a new ticket."""
    desk = DeskInMemory()
    desk.send("alt")
    desk.zammad.tickets[min(desk.zammad.tickets)].deleted = True
    accepted = desk.send("neu")
    assert accepted.message is not None
    desk.work_until_done()
    assert desk.ticket == ["neu", "echo: neu"]
    assert desk.texts() == ["neu", "echo: neu"]


def test_refusal_is_told_and_the_message_is_kept() -> None:
    """If Zammad refuses our access, the user is told; the next message brings both."""
    desk = DeskInMemory()
    desk.send("eins")
    desk.zammad.faults = [Fault.REFUSED]
    with pytest.raises(HelpDeskRefused):
        desk.send("zwei")
    assert desk.texts()[-1] == "zwei"
    desk.send("drei")
    desk.work_until_done()
    assert [b for b in desk.ticket if not b.startswith("echo")] == ["eins", "zwei", "drei"]


def test_two_workers_at_once_deliver_once() -> None:
    """While one deliverer waits for Zammad, another does not send the same message."""
    desk = DeskInMemory()
    desk.zammad.faults = [Fault.NOT_SENT]
    desk.send("eins")
    job = desk.queue.jobs[0]
    interfering: list[object] = []

    def second_worker(call: str) -> None:
        if call == "create_ticket" and not interfering:
            interfering.append(None)
            desk.run(job)

    desk.zammad.before_call = second_worker
    desk.work_until_done()
    assert len(desk.zammad.tickets) == 1
    assert desk.ticket == ["eins", "echo: eins"]
