"""A new chat, because the user asks for one or the ticket was deleted: nothing is lost between."""

from __future__ import annotations

import pytest

from switchboard.domain.errors import ChatNotFound
from switchboard.domain.ticket import AUTOMATIC_SUBJECT, USER_SUBJECT
from tests.fakes.zammad import Fault
from tests.unit.conversation import DeskInMemory


def desk_with_a_message_pending() -> DeskInMemory:
    """`eins` is in the ticket and answered; `zwei` could not be sent yet."""
    desk = DeskInMemory()
    desk.send("eins")
    desk.work_until_done()
    desk.zammad.faults = [Fault.NOT_SENT]
    desk.send("zwei")
    return desk


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
    desk.zammad.delete(min(desk.zammad.tickets))
    accepted = desk.send("neu")
    assert accepted.message is not None
    desk.work_until_done()
    assert desk.ticket == ["neu", "echo: neu"]
    assert desk.texts() == ["neu", "echo: neu"]


def test_a_stale_index_shows_a_deleted_ticket() -> None:
    """A deleted ticket of nobody's that the index still lists does not stop the search."""
    desk = DeskInMemory()
    desk.zammad.search_lag_ms = 5_000
    desk.zammad.faults = [Fault.LOST_ANSWER]
    desk.send("eins")
    desk.clock.advance(10)
    desk.zammad.delete(min(desk.zammad.tickets))
    desk.clock.advance(1)
    errors = desk.work()
    assert [error.code for error in errors] == ["chat_server_unavailable"]
    desk.work_until_done()
    assert desk.ticket == ["eins", "echo: eins"]


def test_a_deleted_ticket_of_an_earlier_chat_does_not_stop_a_new_one() -> None:
    """A new chat finds its own new ticket although the index still lists an old, deleted one."""
    desk = DeskInMemory()
    desk.zammad.search_lag_ms = 20_000
    desk.send("alt")
    desk.work_until_done()
    desk.clock.advance(60)
    desk.zammad.delete(min(desk.zammad.tickets))
    desk.zammad.faults = [Fault.LOST_ANSWER]
    desk.send("neu", force_new=True)
    desk.work_until_done()
    assert [desk.zammad.bodies(t) for t in desk.zammad.alive] == [["neu", "echo: neu"]]


def test_the_same_words_in_an_earlier_chat_are_not_this_message() -> None:
    """Where a server drops markers, a new chat does not take an old chat's ticket for its own."""
    desk = DeskInMemory(drops_message_ids=True)
    desk.send("Hallo")
    desk.work_until_done()
    desk.clock.advance(40)
    desk.zammad.faults = [Fault.LOST_REQUEST]
    desk.send("Hallo", force_new=True)
    desk.clock.advance(31)
    desk.work_until_done()
    both = [desk.zammad.bodies(t) for t in desk.zammad.tickets]
    assert both == [["Hallo", "echo: Hallo"]] * 2


def test_a_moved_message_is_not_lost_to_a_new_chat() -> None:
    """A message that moved out of a deleted ticket is delivered although the user begins anew."""
    desk = DeskInMemory()
    desk.send("alt")
    desk.work_until_done()
    desk.zammad.delete(min(desk.zammad.tickets))
    desk.zammad.faults = [None, Fault.NOT_SENT]
    desk.send("wichtig")
    desk.send("neu", force_new=True)
    desk.work_until_done()
    alive = [desk.zammad.bodies(t) for t in desk.zammad.alive]
    assert sorted(alive) == [["neu", "echo: neu"], ["wichtig", "echo: wichtig"]]


def test_what_is_left_behind_gets_a_job_anew() -> None:
    """With `force_new` nobody reads the old chat any more: its lost job comes back at once."""
    desk = desk_with_a_message_pending()
    desk.queue.jobs.clear()
    desk.send("neu", force_new=True)
    desk.work_until_done()
    assert desk.zammad.bodies(min(desk.zammad.tickets), USER_SUBJECT) == ["eins", "zwei"]


def test_order_is_kept_over_a_deleted_ticket() -> None:
    """What was pending when the ticket was deleted comes before what is sent afterwards."""
    desk = desk_with_a_message_pending()
    desk.zammad.delete(min(desk.zammad.tickets))
    desk.clock.advance(61)
    with pytest.raises(ChatNotFound):
        desk.read()
    desk.send("drei")
    desk.work_until_done()
    assert desk.zammad.bodies(desk.zammad.alive[-1], USER_SUBJECT) == ["zwei", "drei"]
    assert [text for text in desk.texts() if not text.startswith("echo")] == ["zwei", "drei"]


@pytest.mark.parametrize("force_new", [False, True])
def test_a_hand_over_moves_with_its_brief(force_new: bool) -> None:
    """Handed over before it is in a ticket, and that deleted: advisers are told in the next one."""
    desk = DeskInMemory()
    desk.send("eins")
    desk.work_until_done()
    desk.bot.hands_off = True

    def meanwhile() -> None:
        desk.work()
        desk.zammad.faults = [Fault.NOT_SENT]

    desk.before_next("create_article", meanwhile)
    desk.send("Mensch, bitte")
    desk.zammad.delete(min(desk.zammad.tickets))
    if force_new:
        desk.zammad.faults = [Fault.NOT_SENT]
        desk.send("Hallo?", force_new=True)
    desk.work_until_done()
    ticket = desk.zammad.tickets[desk.zammad.alive[-1]]
    assert [a.internal for a in ticket.articles if a.subject == AUTOMATIC_SUBJECT] == [False, True]
    assert ticket.automatic_answers is False


def test_what_moves_into_a_chat_begun_meanwhile_stands_first() -> None:
    """What was pending in a deleted ticket comes before what waits in the user's newer chat."""
    desk = desk_with_a_message_pending()
    desk.zammad.delete(min(desk.zammad.tickets))
    desk.zammad.faults = [Fault.NOT_SENT]
    desk.send("drei", force_new=True)
    desk.work_until_done()
    assert desk.zammad.bodies(desk.zammad.alive[-1], USER_SUBJECT) == ["zwei", "drei"]


def test_two_first_messages_at_once_make_one_ticket() -> None:
    """Whoever is second joins the chat that the first has just begun."""
    desk = DeskInMemory()
    desk.before_next("save", lambda: desk.send("eins"))
    desk.send("zwei")
    desk.work_until_done()
    assert [desk.zammad.bodies(t, USER_SUBJECT) for t in desk.zammad.tickets] == [["eins", "zwei"]]


def test_two_requests_for_a_new_chat_at_once_begin_one() -> None:
    """A chat that another request began meanwhile is new enough for `force_new`."""
    desk = DeskInMemory()
    desk.send("alt")
    desk.work_until_done()
    desk.before_next("save", lambda: desk.send("eins", force_new=True))
    desk.send("zwei", force_new=True)
    desk.work_until_done()
    both = [desk.zammad.bodies(t, USER_SUBJECT) for t in desk.zammad.tickets]
    assert both == [["alt"], ["eins", "zwei"]]


def test_nobody_answers_into_a_deleted_ticket() -> None:
    """Questions in a ticket that turns out to be deleted ask the bot once at most, and hold up
    nobody: their jobs are done at the first try."""
    desk = DeskInMemory()
    for text in ("eins", "zwei", "drei"):
        desk.send(text)
    desk.zammad.delete(min(desk.zammad.tickets))
    assert desk.work() == []
    assert len(desk.bot.asked) == 1
