"""Windows: what is counted, for how long, and when to come back."""

from __future__ import annotations

import pytest

from switchboard.domain.chat import Chat, ChatKey
from switchboard.domain.errors import RateLimited
from switchboard.domain.limits import address_digest
from tests.fakes.clock import NOON, HandClock
from tests.fakes.counters import InMemoryCounters
from tests.unit.conversation import DEVICE, REGION
from userchat import limits
from userchat.limits import ReadLimit, SendLimits


def chat() -> Chat:
    return Chat(ChatKey(REGION.slug, DEVICE, 1), "de", NOON)


def retry_after(caught: pytest.ExceptionInfo[RateLimited]) -> int:
    return int(caught.value.data["retry_after"])


def test_a_devices_window_slides() -> None:
    """The oldest send frees its place exactly one window later, and not a millisecond before."""
    sending = SendLimits(InMemoryCounters(), 2, 0, 600)
    sent = sending.noted(sending.noted(chat(), NOON), NOON + 100_000)
    with pytest.raises(RateLimited) as caught:
        sending.check_device(sent, NOON + 100_001)
    assert caught.value.detail == "You're doing that too often."
    assert retry_after(caught) == 500
    with pytest.raises(RateLimited) as caught:
        sending.check_device(sent, NOON + 599_999)
    assert retry_after(caught) == 1
    sending.check_device(sent, NOON + 600_000)


def test_a_lowered_limit_counts_what_was_sent_before() -> None:
    """With more sends than a new limit allows, the wait ends when enough of them are old."""
    sent = chat()
    for second in range(4):
        sent = SendLimits(InMemoryCounters(), 9, 0, 600).noted(sent, NOON + second * 1000)
    with pytest.raises(RateLimited) as caught:
        SendLimits(InMemoryCounters(), 2, 0, 600).check_device(sent, NOON + 4000)
    assert retry_after(caught) == 598


def test_old_sends_are_not_kept() -> None:
    """A chat of months holds the times of the last window only."""
    sending, sent = SendLimits(InMemoryCounters(), 50, 0, 600), chat()
    for minute in range(0, 100, 5):
        sent = sending.noted(sent, NOON + minute * 60_000)
    assert len(sent.sends) == 2


def test_an_addresss_messages_are_counted_by_window() -> None:
    """The one too many has to wait for the window's end, and is welcome then."""
    sending = SendLimits(InMemoryCounters(), 0, 2, 600)
    start = NOON // 600_000 * 600_000
    for _ in range(2):
        sending.count_address("203.0.113.7", start + 500_000)
    with pytest.raises(RateLimited) as caught:
        sending.count_address("203.0.113.7", start + 590_000)
    assert caught.value.detail == "Too many requests. Please try again later."
    assert retry_after(caught) == 10
    sending.count_address("203.0.113.8", start + 590_000)
    sending.count_address("203.0.113.7", start + 600_000)


def test_reads_are_counted_by_address_and_window() -> None:
    """Each address has its own count; a new window begins from nothing."""
    clock = HandClock(NOON // 600_000 * 600_000)
    reads = ReadLimit(clock, 3, 600)
    for _ in range(3):
        reads.count("203.0.113.7")
    with pytest.raises(RateLimited) as caught:
        reads.count("203.0.113.7")
    assert retry_after(caught) == 600
    reads.count("203.0.113.8")
    clock.advance(600)
    reads.count("203.0.113.7")


def test_counting_reads_does_not_fill_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """However many addresses come, counting goes on within bounds."""
    monkeypatch.setattr(limits, "MOST_ADDRESSES", 10)
    reads = ReadLimit(HandClock(), 3, 600)
    for number in range(100):
        reads.count(f"203.0.113.{number}")
    for _ in range(2):
        reads.count("203.0.113.99")
    with pytest.raises(RateLimited):
        reads.count("203.0.113.99")


def test_zero_lifts_a_limit() -> None:
    """An operator can switch each limit off."""
    sending, reads = SendLimits(InMemoryCounters(), 0, 0, 600), ReadLimit(HandClock(), 0, 600)
    sent = chat()
    for _ in range(1000):
        sent = sending.noted(sent, NOON)
        sending.check_device(sent, NOON)
        sending.count_address("203.0.113.7", NOON)
        reads.count("203.0.113.7")


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", True),
        ("2001:db8:1:2::1", "2001:db8:1:3::1", False),
        ("::ffff:203.0.113.7", "203.0.113.7", True),
        ("203.0.113.7", "203.0.113.8", False),
        ("not:an:address", "not:an:address", True),
    ],
)
def test_addresses_of_one_client_are_one(one: str, other: str, same: bool) -> None:
    """An IPv6 client has a whole /64 to itself; an address that cannot be one is still counted."""
    assert (address_digest(one) == address_digest(other)) is same
    assert one not in address_digest(one)
