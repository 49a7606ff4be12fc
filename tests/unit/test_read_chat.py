"""Reading a chat: what the ticket says, soon, and whatever else is out of order."""

from __future__ import annotations

import pytest

from switchboard.domain.errors import ChatNotFound
from tests.fakes.zammad import Fault
from tests.unit.conversation import REGION, DeskInMemory
from userchat.view import chat_document


def newer(desk: DeskInMemory, after: int) -> list[str]:
    """What a client that knows the message `after` is shown."""
    document = chat_document(desk.read(), REGION, desk.clock.now(), after=str(after))
    return [message["content"] for message in document["messages"]]


@pytest.fixture
def desk() -> DeskInMemory:
    """A chat with a question and its answer, its copy older than the region allows."""
    desk = DeskInMemory()
    desk.send("eins")
    desk.work_until_done()
    desk.clock.advance(61)
    return desk


def test_an_article_read_late_is_newer(desk: DeskInMemory) -> None:
    """`after` shows what the client does not have, also if its place is before what it has."""
    desk.zammad.advise(max(desk.zammad.tickets), "ein Mensch")
    message = desk.send("zwei").message
    assert message is not None
    desk.clock.advance(61)
    assert newer(desk, message.shown_id) == ["ein Mensch"]
    assert desk.texts() == ["eins", "echo: eins", "ein Mensch", "zwei"]


def test_a_client_may_know_a_message_by_its_pending_id(desk: DeskInMemory) -> None:
    """`after` understands the id that a message had before it was delivered."""
    desk.zammad.faults = [Fault.NOT_SENT]
    pending = desk.send("zwei").message
    assert pending is not None
    desk.work_until_done()
    assert newer(desk, pending.shown_id) == ["echo: zwei"]
    assert newer(desk, desk.read().messages[-2].shown_id) == ["echo: zwei"]


@pytest.mark.parametrize("internal", [False, True])
def test_the_view_follows_the_ticket(desk: DeskInMemory, internal: bool) -> None:
    """What an adviser writes or hides is shown or gone when the copy has aged, webhook or not."""
    ticket = max(desk.zammad.tickets)
    article = desk.zammad.advise(ticket, "ein Mensch")
    assert desk.texts()[-1] == "ein Mensch"
    desk.zammad.set_internal(ticket, article.id, internal)
    desk.clock.advance(61)
    assert (desk.texts()[-1] == "ein Mensch") is not internal


def test_an_older_reading_does_not_undo_a_newer_one(desk: DeskInMemory) -> None:
    """A poller whose answer is slow takes nothing back that a faster one has seen meanwhile."""
    ticket = max(desk.zammad.tickets)
    article = desk.zammad.advise(ticket, "ein Mensch")

    def hide_and_read() -> None:
        desk.zammad.seconds_per_call = 0
        desk.zammad.set_internal(ticket, article.id, True)
        desk.read()

    desk.zammad.seconds_per_call = 20
    desk.clock.after(17, hide_and_read)
    assert desk.texts() == ["eins", "echo: eins"]


def test_what_is_sent_while_a_poller_waits_stays(desk: DeskInMemory) -> None:
    """A reading that began before a message was sent does not take the message away."""

    def send() -> None:
        desk.zammad.seconds_per_call = 0
        desk.send("zwei")

    desk.zammad.seconds_per_call = 5
    desk.clock.after(3, send)
    assert desk.texts() == ["eins", "echo: eins", "zwei"]


@pytest.mark.parametrize("fault", [Fault.NOT_SENT, Fault.LOST_ANSWER, Fault.REFUSED])
def test_a_failing_help_desk_is_not_the_readers_problem(desk: DeskInMemory, fault: Fault) -> None:
    """If the ticket cannot be read, the stored copy is shown."""
    desk.zammad.faults = [fault]
    assert desk.texts() == ["eins", "echo: eins"]


def test_a_missing_token_is_not_the_readers_problem(desk: DeskInMemory) -> None:
    """If the region's token is not there, the stored copy is shown."""
    desk.zammad.has_token = False
    assert desk.texts() == ["eins", "echo: eins"]


def test_a_queue_that_fails_is_not_the_readers_problem() -> None:
    """A reader who finds an overdue message sees it, although its job cannot be queued."""
    desk = DeskInMemory()
    desk.zammad.faults = [Fault.NOT_SENT]
    desk.send("eins")
    desk.clock.advance(61)
    desk.queue.is_down = True
    assert desk.texts() == ["eins"]


def test_a_reader_brings_back_a_lost_job() -> None:
    """A message that has waited for a minute is queued again by whoever reads the chat."""
    desk = DeskInMemory()
    desk.zammad.faults = [Fault.NOT_SENT]
    desk.send("eins")
    desk.queue.jobs.clear()
    desk.clock.advance(59)
    desk.read()
    assert desk.queue.jobs == []
    desk.clock.advance(2)
    desk.read()
    desk.read()
    assert len(desk.queue.jobs) == 1
    desk.work_until_done()
    assert desk.ticket == ["eins", "echo: eins"]


def test_a_reader_brings_back_a_lost_answer() -> None:
    """A question that is in the ticket, and whose job is lost, is answered when somebody reads."""
    desk = DeskInMemory()
    desk.send("eins")
    desk.queue.jobs.clear()
    desk.clock.advance(61)
    desk.read()
    desk.work_until_done()
    assert desk.ticket == ["eins", "echo: eins"]


def test_only_one_poller_asks_the_help_desk(desk: DeskInMemory) -> None:
    """While one poller waits for Zammad the others get the copy."""
    seen: list[list[str]] = []
    desk.before_next("articles", lambda: seen.append(desk.texts()))
    calls = len(desk.zammad.calls)
    desk.read()
    assert desk.zammad.calls[calls:] == ["articles"]
    assert seen == [["eins", "echo: eins"]]


def test_a_deleted_ticket_is_no_chat(desk: DeskInMemory) -> None:
    """When the ticket was deleted, there is no chat any more."""
    desk.zammad.delete(max(desk.zammad.tickets))
    for _ in range(2):
        with pytest.raises(ChatNotFound):
            desk.read()
