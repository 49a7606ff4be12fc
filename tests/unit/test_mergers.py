"""A ticket that was merged into somebody else's: what comes too late goes to a new one."""

from __future__ import annotations

from dataclasses import replace
from unittest.mock import patch

import pytest

from switchboard.domain.chat import Chat
from switchboard.domain.errors import ChatNotFound, QueueUnavailable
from switchboard.domain.ids import TicketId
from tests.fakes.translation import Dictionary
from tests.fakes.zammad import Fault
from tests.unit.conversation import REGION, DeskInMemory

NO_BOT = replace(REGION, chatbot=None)


@pytest.fixture
def desk() -> DeskInMemory:
    """A chat without a bot, so that no message has its ticket read."""
    desk = DeskInMemory(NO_BOT)
    desk.send("eins")
    desk.work_until_done()
    return desk


def merge(desk: DeskInMemory) -> TicketId:
    merged = max(desk.zammad.tickets)
    desk.zammad.merge(merged)
    return merged


def look(desk: DeskInMemory) -> None:
    """The user looks when the copy has aged, and is told that the chat is over."""
    desk.clock.advance(61)
    with pytest.raises(ChatNotFound):
        desk.read()


def in_new_tickets(desk: DeskInMemory) -> list[list[str]]:
    return [desk.zammad.bodies(ticket) for ticket in desk.zammad.alive]


def test_what_came_after_a_merger_goes_to_a_new_ticket(desk: DeskInMemory) -> None:
    """Messages sent into a merged ticket, their jobs done, are found there by whoever reads."""
    merge(desk)
    for text in ("zwei", "drei"):
        desk.send(text)
    desk.work_until_done()
    look(desk)
    desk.work_until_done()
    assert in_new_tickets(desk) == [["zwei", "drei"]]
    assert desk.texts() == ["zwei", "drei"]


def test_what_waits_during_a_merger_goes_to_a_new_ticket(desk: DeskInMemory) -> None:
    """A message that is pending when the merger is seen is not sent into the merged ticket."""
    desk.zammad.faults = [Fault.NOT_SENT]
    desk.send("zwei")
    merged = merge(desk)
    look(desk)
    desk.work_until_done()
    assert in_new_tickets(desk) == [["zwei"]]
    assert "zwei" not in desk.zammad.bodies(merged)


def test_a_lost_message_is_not_sent_again_into_a_merged_ticket(desk: DeskInMemory) -> None:
    """Before a message of unknown fate is written again, its ticket is looked at, too."""
    desk.zammad.faults = [Fault.LOST_REQUEST]
    desk.send("zwei")
    merged = merge(desk)
    desk.clock.advance(31)
    desk.work_until_done()
    assert in_new_tickets(desk) == [["zwei"]]
    assert "zwei" not in desk.zammad.bodies(merged)


@pytest.mark.parametrize("with_remark", [False, True])
def test_a_webhook_tells_of_a_merger(desk: DeskInMemory, with_remark: bool) -> None:
    """The next message goes to a new ticket although nobody has read the chat since."""
    merged = merge(desk)
    desk.webhook(merged, desk.zammad.tickets[merged].articles[0] if with_remark else None)
    desk.work_until_done()
    desk.send("zwei")
    desk.work_until_done()
    assert in_new_tickets(desk) == [["zwei"]]


def test_a_webhook_finds_what_came_after_a_merger(desk: DeskInMemory) -> None:
    """A message sent into the merged ticket before its webhook came is moved by the webhook."""
    merged = merge(desk)
    desk.send("zwei")
    desk.work_until_done()
    desk.webhook(merged, desk.zammad.tickets[merged].articles[0])
    desk.work_until_done()
    assert in_new_tickets(desk) == [["zwei"]]


@pytest.mark.parametrize("moment", ["send", "create_article"])
def test_a_merger_seen_while_a_request_delivers(desk: DeskInMemory, moment: str) -> None:
    """What the request writes into a ticket that is known to be merged by then is moved, too."""

    def webhook() -> None:
        merged = merge(desk)
        desk.webhook(merged, desk.zammad.tickets[merged].articles[0])
        desk.work()

    desk.before_next(moment, webhook)
    desk.send("zwei")
    desk.work_until_done()
    assert in_new_tickets(desk) == [["zwei"]]


def test_what_is_written_while_a_merger_is_noticed_keeps_its_place() -> None:
    """Typed after the bot had read the merged ticket, and before the chat was ended for it."""
    desk = DeskInMemory()
    desk.send("eins")
    merge(desk)
    desk.send("zwei")
    chats, save = desk.chats, desk.chats.save

    def save_after_another(chat: Chat) -> Chat:
        if chat.ended and "drei" not in {m.content for m in desk.chat().messages}:
            desk.send("drei")
        return save(chat)

    with patch.object(chats, "save", save_after_another):
        desk.work_until_done()
    assert desk.texts() == in_new_tickets(desk)[0]
    assert [text for text in desk.texts() if "echo" not in text] == ["zwei", "drei"]


def test_a_request_that_died_holds_up_what_a_merger_left_behind() -> None:
    """Its lease keeps others from delivering for a while; their jobs wait for it, none is done."""
    desk = DeskInMemory()
    desk.send("eins")
    desk.work_until_done()
    merge(desk)
    desk.send("zwei")
    desk.send("drei")
    desk.queue.is_down = True
    with pytest.raises(QueueUnavailable):
        desk.send("vier")
    desk.queue.is_down = False
    for _ in range(2):
        assert len(desk.work()) == 2
    desk.send("neu", force_new=True)
    desk.work_until_done()
    found = {text for texts in in_new_tickets(desk) for text in texts}
    assert found >= {"zwei", "echo: zwei", "drei", "echo: drei", "vier", "neu"}


def test_the_remark_of_a_merger_is_nobodys_answer() -> None:
    """A ticket merged before anybody has seen the message in it: the remark is not translated."""
    region = replace(REGION, default_language="en")
    desk = DeskInMemory(region, translator=Dictionary())
    desk.zammad.faults = [None, Fault.NOT_SENT]
    desk.send("eins")
    merged = merge(desk)
    desk.webhook(merged, desk.zammad.tickets[merged].articles[0])
    desk.work_until_done()
    assert not any("[de] merged" in desk.zammad.bodies(t) for t in desk.zammad.tickets)


def test_the_bot_sees_a_merger_between_two_looks() -> None:
    """Merged after the ticket was read and before its articles were: no answer, nothing emptied."""
    desk = DeskInMemory()
    desk.send("eins")
    desk.zammad.advise(max(desk.zammad.tickets), "intern", internal=True)
    desk.before_next("articles", lambda: merge(desk))
    desk.work_until_done()
    assert not any("echo: eins" in desk.zammad.bodies(t) for t in desk.zammad.tickets)
    assert desk.chat().ended
    assert [m.content for m in desk.chat().messages] == ["eins"]


def test_a_message_that_is_deleted_alone_ends_nothing(desk: DeskInMemory) -> None:
    """A ticket that lacks one message and is not merged stays the chat's, without that message."""
    desk.send("zwei")
    desk.work_until_done()
    del desk.zammad.tickets[max(desk.zammad.tickets)].articles[0]
    desk.clock.advance(61)
    assert desk.texts() == ["zwei"]


def test_a_ticket_merged_while_it_is_opened_again_stays_merged() -> None:
    """The bot's look found it closed; a moment later it is merged: nothing may hide that."""
    desk = DeskInMemory()
    desk.send("eins")
    desk.work_until_done()
    old = max(desk.zammad.tickets)
    desk.zammad.close(old)
    desk.send("zwei")

    def merged_meanwhile(call: str) -> None:
        if call == "update_ticket" and desk.zammad.tickets[old].state == "closed":
            desk.zammad.merge(old)

    desk.zammad.before_call = merged_meanwhile
    desk.work_until_done()
    assert desk.zammad.tickets[old].state == "merged"
    desk.send("drei")
    desk.work_until_done()
    assert in_new_tickets(desk)[-1][0] == "drei"
