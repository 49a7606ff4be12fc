"""What a user typed reaches the ticket: in order, exactly once, whatever fails in between."""

from __future__ import annotations

from dataclasses import replace

import pytest

from switchboard.domain.directory import Region
from switchboard.domain.errors import HelpDeskRefused
from switchboard.domain.ticket import USER_SUBJECT
from tests.fakes.zammad import Fault, Late
from tests.unit.conversation import REGION, DeskInMemory

NO_BOT = replace(REGION, chatbot=None)


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


def test_two_workers_at_once_deliver_once() -> None:
    """While one deliverer waits for Zammad, another does not send the same message."""
    desk = DeskInMemory()
    desk.zammad.faults = [Fault.NOT_SENT]
    desk.send("eins")
    job = desk.queue.jobs[0]
    desk.before_next("create_ticket", lambda: desk.run(job))
    desk.work_until_done()
    assert len(desk.zammad.tickets) == 1
    assert desk.ticket == ["eins", "echo: eins"]


@pytest.mark.parametrize("region", [REGION, NO_BOT], ids=["bot", "no bot"])
@pytest.mark.parametrize("fault", [Fault.NOT_SENT, Fault.LOST_REQUEST, Fault.LOST_ANSWER])
def test_a_job_is_not_done_while_the_request_delivers(region: Region, fault: Fault) -> None:
    """A worker that comes while the user's own request delivers leaves a job for when that fails.

    Without a bot, too, where the job has nothing else to do.
    """
    desk = DeskInMemory(region)

    def meanwhile() -> None:
        desk.work()
        desk.zammad.faults = [fault]

    desk.before_next("create_ticket", meanwhile)
    desk.send("eins")
    desk.work_until_done()
    assert [desk.zammad.bodies(t, USER_SUBJECT) for t in desk.zammad.tickets] == [["eins"]]


@pytest.mark.parametrize("first", [True, False])
def test_a_late_write_is_awaited_from_before_the_look(first: bool) -> None:
    """A look that began too early for a write to be there does not prove that there is none."""
    desk = DeskInMemory()
    if not first:
        desk.send("eins")
        desk.work_until_done()
    desk.zammad.write_faults = [Late(29)]
    desk.send("zwei")
    desk.clock.advance(58 if first else 28)
    desk.zammad.search_lag_ms = 30_000
    desk.zammad.seconds_per_call = 4
    desk.work()
    desk.work_until_done()
    assert [desk.zammad.bodies(t).count("zwei") for t in desk.zammad.tickets] == [1]


def test_a_ticket_whose_articles_could_not_be_read_is_kept() -> None:
    """A new ticket is ours as soon as it is made, however late it turns up in the index."""
    desk = DeskInMemory()
    desk.zammad.search_lag_ms = 3_600_000
    desk.zammad.faults = [None, Fault.NOT_SENT]
    desk.send("eins")
    desk.work_until_done()
    assert list(desk.zammad.tickets.values())[1:] == []
    assert desk.ticket == ["eins", "echo: eins"]


def test_a_new_ticket_is_awaited_in_a_slow_index() -> None:
    """A ticket made by a call without an answer is found although the index is half a minute late.

    It is the one that is used: there is no second.
    """
    desk = DeskInMemory()
    desk.zammad.search_lag_ms = 29_000
    desk.zammad.write_faults = [Late(29)]
    desk.send("eins")
    desk.clock.advance(31)
    desk.work_until_done()
    assert len(desk.zammad.tickets) == 1


def test_the_same_words_earlier_in_the_ticket_are_not_this_message() -> None:
    """Where a server drops markers, a message is not taken for an earlier one of the same words."""
    desk = DeskInMemory(drops_message_ids=True)
    desk.send("Hallo")
    desk.work_until_done()
    desk.clock.advance(40)
    desk.zammad.faults = [Fault.LOST_REQUEST]
    desk.send("Hallo")
    desk.work_until_done()
    assert desk.ticket == ["Hallo", "echo: Hallo"] * 2


def test_a_request_that_stalls_announces_anew() -> None:
    """The time that a write may take to turn up counts from the write, however late that is."""
    desk = DeskInMemory()
    desk.send("eins")
    desk.work_until_done()
    desk.zammad.write_faults = [Late(25)]
    desk.before_next("send", lambda: desk.clock.advance(20))
    desk.send("zwei")
    desk.clock.advance(12)
    desk.work()
    desk.clock.advance(30)
    desk.work_until_done()
    assert desk.ticket.count("zwei") == 1


def test_an_unknown_outcome_stays_unknown_when_another_message_is_not_sent() -> None:
    """A refused message that is tried again goes first: that it fails says nothing of the next."""
    desk = DeskInMemory(NO_BOT)
    desk.send("eins")
    desk.work_until_done()
    desk.zammad.write_faults = [Fault.REJECTED]
    with pytest.raises(HelpDeskRefused):
        desk.send("zwei", idempotency_key="a")
    desk.zammad.write_faults = [Fault.LOST_ANSWER, Fault.NOT_SENT]
    desk.send("drei")
    desk.send("zwei", idempotency_key="a")
    desk.work_until_done()
    assert desk.ticket == ["eins", "drei", "zwei"]


def test_an_unknown_outcome_stays_unknown_while_the_token_is_missing() -> None:
    """Nothing was sent without a token; what was sent before is looked for all the same."""
    desk = DeskInMemory(NO_BOT)
    desk.send("eins")
    desk.zammad.write_faults = [Fault.LOST_ANSWER]
    desk.send("zwei")
    desk.zammad.has_token = False
    desk.work()
    desk.zammad.has_token = True
    desk.redrive()
    desk.work_until_done()
    assert desk.ticket == ["eins", "zwei"]
