"""What is sent again, by a client or after a refusal, is one message and gets an honest answer."""

from __future__ import annotations

from contextlib import suppress

import pytest

from switchboard.api.http import Request
from switchboard.domain.errors import ChatNotFound, HelpDeskRefused, QueueUnavailable
from switchboard.domain.ticket import USER_SUBJECT
from tests.fakes.zammad import Fault
from tests.unit.conversation import DeskInMemory
from userchat.body import read_draft


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


def test_an_article_zammad_will_not_have_is_in_nobodys_way() -> None:
    """A message that is rejected for what it is stays with the user; later ones are delivered."""
    desk = DeskInMemory()
    desk.send("eins")
    desk.work_until_done()
    for _ in range(2):
        desk.zammad.faults = [Fault.REJECTED]
        with pytest.raises(HelpDeskRefused):
            desk.send("schlecht")
    desk.send("zwei")
    assert desk.zammad.bodies(min(desk.zammad.tickets), USER_SUBJECT) == ["eins", "zwei"]
    assert "schlecht" in desk.texts()
    assert not desk.chat().messages[2].waits


@pytest.mark.parametrize("who", ["app", "operator"])
def test_a_rejected_message_can_be_tried_again(who: str) -> None:
    """Once Zammad takes it, when the app repeats it or an operator its job; it is answered then."""
    desk = DeskInMemory()
    desk.send("eins")
    desk.work_until_done()
    desk.zammad.faults = [Fault.REJECTED] * 2
    with pytest.raises(HelpDeskRefused):
        desk.send("zwei", idempotency_key="k")
    desk.work_until_done()
    assert desk.parked
    if who == "app":
        assert desk.send("zwei", idempotency_key="k").is_repeat
    else:
        desk.redrive()
    desk.work_until_done()
    assert desk.ticket == ["eins", "echo: eins", "zwei", "echo: zwei"]
    assert desk.texts() == desk.ticket


@pytest.mark.parametrize("then", ["sends", "reads"])
def test_a_rejected_message_goes_along_into_the_next_ticket(then: str) -> None:
    """If the ticket that would not have it is deleted, before what the user writes then."""
    desk = DeskInMemory()
    desk.send("eins")
    desk.work_until_done()
    desk.zammad.faults = [Fault.REJECTED] * 2
    with pytest.raises(HelpDeskRefused):
        desk.send("wichtig")
    desk.work_until_done()
    desk.zammad.delete(max(desk.zammad.tickets))
    desk.clock.advance(100)
    with suppress(ChatNotFound):
        desk.read()
    if then == "sends":
        desk.send("zwei")
    desk.work_until_done()
    new = desk.zammad.bodies(max(desk.zammad.tickets), USER_SUBJECT)
    assert new == (["wichtig", "zwei"] if then == "sends" else ["wichtig"])


def test_a_key_is_known_in_the_next_chat() -> None:
    """A request repeated after the user has begun another chat is not sent into that one."""
    desk = DeskInMemory()
    first = desk.send("eins", idempotency_key="a")
    desk.send("zwei", force_new=True, idempotency_key="b")
    again = desk.send("eins", idempotency_key="a")
    assert again.is_repeat
    assert again.message is not None
    assert first.message is not None
    assert again.message.id == first.message.id
    assert desk.ticket == ["zwei"]


def test_a_repeat_after_a_refusal_is_tried_and_told() -> None:
    """As long as Zammad refuses us each repeat is told so; then the same message is delivered."""
    desk = DeskInMemory()
    for _ in range(2):
        desk.zammad.faults = [Fault.REFUSED]
        with pytest.raises(HelpDeskRefused):
            desk.send("eins")
    assert desk.send("eins").is_repeat
    assert desk.ticket == ["eins"]


def test_a_repeat_carries_its_consent() -> None:
    """The evaluation consent in a repeated request is stored, the message is not sent again."""
    desk = DeskInMemory()
    desk.send("eins")
    assert desk.send("eins", evaluation_consent=True).chat.evaluation_consent
    assert desk.read().evaluation_consent
    assert desk.ticket == ["eins"]


def test_a_repeated_request_for_a_new_chat_begins_one() -> None:
    """The same `force_new` request twice is one new chat; a later one for old words is another."""
    desk = DeskInMemory()
    desk.send("eins")
    for _ in range(2):
        desk.send("zwei", force_new=True)
    assert len(desk.zammad.tickets) == 2
    desk.send("drei")
    desk.send("drei", force_new=True)
    assert desk.ticket == ["drei"]


@pytest.mark.parametrize("length", [10, 1000])
def test_keys_that_differ_late_are_different(length: int) -> None:
    """Idempotency keys count in their whole length."""
    desk = DeskInMemory()
    for last in "ab":
        headers = {
            "idempotency-key": "k" * length + last,
            "content-type": "application/json",
        }
        draft = read_draft(Request("POST", "/", headers=headers, body=b'{"message": "Hallo"}'))
        desk.send(draft.text, idempotency_key=draft.idempotency_key)
    assert desk.ticket == ["Hallo", "Hallo"]


def test_a_repeat_queues_what_could_not_be_queued() -> None:
    """A request that failed because of the queue can be repeated: one message, and its job."""
    desk = DeskInMemory()
    desk.queue.is_down = True
    with pytest.raises(QueueUnavailable):
        desk.send("eins")
    desk.queue.is_down = False
    assert desk.send("eins").is_repeat
    desk.work_until_done()
    assert desk.ticket == ["eins", "echo: eins"]


def test_a_repeat_after_a_deletion_is_the_message_that_moves_on() -> None:
    """Pending when its ticket was deleted, and sent again: one message, in the new ticket."""
    desk = DeskInMemory()
    desk.send("eins")
    desk.work_until_done()
    desk.zammad.faults = [Fault.NOT_SENT]
    desk.send("zwei", idempotency_key="a")
    desk.zammad.delete(min(desk.zammad.tickets))
    desk.clock.advance(61)
    with pytest.raises(ChatNotFound):
        desk.read()
    assert desk.send("zwei", idempotency_key="a").is_repeat
    desk.work_until_done()
    assert [desk.zammad.bodies(t, USER_SUBJECT) for t in desk.zammad.alive] == [["zwei"]]
    assert [text for text in desk.texts() if not text.startswith("echo")] == ["zwei"]
