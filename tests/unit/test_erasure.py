"""Erasing a device while others are at work on its chat."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace

import pytest

from switchboard.domain.errors import AppError, ChatNotFound, HelpDeskRefused, Misconfigured
from switchboard.domain.jobs import EraseTicketJob
from switchboard.usecases.erasure import Erasure
from tests.fakes.zammad import Fault
from tests.unit.conversation import DEVICE, REGION, DeskInMemory

DELETING = replace(REGION, zammad=replace(REGION.zammad, close_on_erase=False))  # type: ignore[type-var]


def erase(desk: DeskInMemory) -> int:
    return Erasure(desk.chats, desk.devices, desk.queue, desk.files)(desk.region, DEVICE)


def finish(desk: DeskInMemory) -> None:
    """Runs jobs, and those that they or others queue, until there are none; none is given up."""
    for _ in range(50):
        failed = desk.work()
        assert all(error.retryable for error in failed), failed
        if failed:
            desk.clock.advance(40)
    assert desk.queue.jobs == []


def once(action: Callable[[], object], *, at: str) -> Callable[[str], None]:
    """Runs `action` before the first call of this name."""
    done: list[str] = []

    def before(call: str) -> None:
        if call == at and not done:
            done.append(call)
            action()

    return before


def test_no_work_under_way_brings_a_chat_back() -> None:
    """Erased between any two steps of a job or a request, a chat stays erased."""
    steps = 0
    while True:
        desk, taken = DeskInMemory(), [steps]

        def step(call: str, desk: DeskInMemory = desk, taken: list[int] = taken) -> None:
            taken[0] -= 1
            if taken[0] == -1:
                erase(desk)

        desk.zammad.before_call = step
        desk.chats_hook(step)
        with suppress(ChatNotFound):
            desk.send("Hallo?")
        finish(desk)
        if taken[0] >= 0:
            break
        steps += 1
        if DEVICE in {key.device for key in desk.chats.stored}:
            # Erased before the message was accepted: that is a new chat.
            assert desk.texts()[0] == "Hallo?"
        else:
            assert all(t.closed for t in desk.zammad.tickets.values())
    assert steps > 8


def test_a_new_chat_is_none_of_the_old_works() -> None:
    """A worker that still holds the erased chat leaves the one begun after it alone."""
    desk = DeskInMemory()
    desk.send("alt")

    def erase_and_begin() -> None:
        desk.bot.before_answer = None
        erase(desk)
        desk.send("neu")

    desk.bot.before_answer = erase_and_begin
    finish(desk)
    assert desk.texts() == ["neu", "echo: neu"]
    old, new = desk.zammad.tickets
    assert desk.zammad.tickets[old].closed
    assert not desk.zammad.tickets[new].closed


def test_a_ticket_opened_beside_the_erasure_is_closed() -> None:
    """A ticket whose opening was under way is found by its message's mark; the index lags."""
    desk = DeskInMemory()
    desk.zammad.search_lag_ms = 50_000
    desk.zammad.before_call = once(lambda: erase(desk), at="create_ticket")
    with pytest.raises(ChatNotFound):
        desk.send("Hallo")
    desk.send("neu", idempotency_key="1")
    finish(desk)
    old, new = desk.zammad.tickets
    assert desk.zammad.tickets[old].closed
    assert not desk.zammad.tickets[new].closed
    assert desk.texts() == ["neu", "echo: neu"]


def test_a_ticket_that_was_never_opened_is_not_waited_for() -> None:
    """If nothing arrived in Zammad, the job ends after the search has had its time."""
    desk = DeskInMemory()
    desk.zammad.faults = [Fault.LOST_REQUEST]
    desk.send("Hallo")
    erase(desk)
    finish(desk)
    assert desk.zammad.tickets == {}
    assert desk.queue.jobs == []


def test_every_chat_of_the_device_goes() -> None:
    """Earlier chats are erased with the current one, and each ticket is closed."""
    desk = DeskInMemory()
    for text in ("eins", "zwei", "drei"):
        desk.send(text, force_new=True)
    assert erase(desk) == 3
    assert desk.chats.stored == {}
    finish(desk)
    assert [t.closed for t in desk.zammad.tickets.values()] == [True, True, True]


def test_where_the_region_says_so_the_ticket_is_deleted() -> None:
    """`closeOnErase` off: the ticket goes for ever, also if that has to be tried again."""
    desk = DeskInMemory(DELETING)
    desk.send("Hallo")
    finish(desk)
    erase(desk)
    desk.zammad.faults = [Fault.NOT_SENT, Fault.LOST_ANSWER]
    finish(desk)
    (ticket,) = desk.zammad.tickets.values()
    assert ticket.deleted
    assert not ticket.closed


def test_without_the_right_to_delete_it_is_closed_and_told() -> None:
    """A 403 on deleting closes the ticket instead; the job still fails for good: an alarm."""
    desk = DeskInMemory(DELETING)
    desk.send("Hallo")
    finish(desk)
    erase(desk)
    (job,) = desk.queue.jobs
    desk.zammad.faults = [Fault.REFUSED]
    error = desk.run(job)
    assert isinstance(error, HelpDeskRefused)
    assert not error.retryable
    (ticket,) = desk.zammad.tickets.values()
    assert ticket.closed
    assert not ticket.deleted


def test_a_region_that_moved_tells_an_operator() -> None:
    """The token of another help desk is not tried on the erased chat's one."""
    desk = DeskInMemory()
    desk.send("Hallo")
    finish(desk)
    calls = len(desk.zammad.calls)
    job = EraseTicketJob(REGION.slug, "https://former.example.org", max(desk.zammad.tickets))
    error: AppError | None = desk.run(job)
    assert isinstance(error, Misconfigured)
    assert len(desk.zammad.calls) == calls


def test_a_job_for_a_ticket_names_nothing_of_the_device() -> None:
    """What is left in the queue after an erasure leads to no device."""
    desk = DeskInMemory()
    desk.send("canary")
    finish(desk)
    erase(desk)
    (job,) = desk.queue.jobs
    assert DEVICE not in str(job)
    assert "canary" not in str(job)
