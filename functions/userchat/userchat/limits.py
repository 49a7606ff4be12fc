"""How often clients may read and write (contracts/userchat.md, "Limits"; docs/adr/0023).

Reads are counted in the memory of this execution environment and never cost a write.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from switchboard.domain.chat import Chat
from switchboard.domain.errors import RateLimited
from switchboard.domain.limits import (
    address_digest,
    check_times,
    recent,
    until_next_window,
    window_number,
)
from switchboard.ports.clock import Clock
from switchboard.ports.counters import Counters

MOST_ADDRESSES = 20_000


class ReadLimit:
    """`most` requests of one address in a window of `window_seconds`; 0: no limit.

    Forgets everything when a window ends, or when more addresses came than memory is meant for.
    """

    def __init__(self, clock: Clock, most: int, window_seconds: int) -> None:
        self._clock = clock
        self._most = most
        self._window = window_seconds * 1000
        self._number = 0
        self._counts: dict[str, int] = {}

    def count(self, address: str) -> None:
        """Raises `RateLimited` for the one too many."""
        if not self._most:
            return
        now = self._clock.now()
        number = window_number(now, self._window)
        digest = address_digest(address)
        is_full = len(self._counts) >= MOST_ADDRESSES and digest not in self._counts
        if number != self._number or is_full:
            self._number, self._counts = number, {}
        count = self._counts.get(digest, 0)
        if count >= self._most:
            raise RateLimited(retry_after=until_next_window(now, self._window))
        self._counts[digest] = count + 1


@dataclass(frozen=True, slots=True)
class SendLimits:
    """For what a POST would newly store; 0: no limit."""

    counters: Counters
    per_device: int
    per_address: int
    window_seconds: int

    def admit(self, chat: Chat | None, address: str, now: int, counted: bool) -> bool:
        """Both checks; the address is not counted if this request was `counted` before. True."""
        self.check_device(chat, now)
        if not counted:
            self.count_address(address, now)
        return True

    def check_device(self, chat: Chat | None, now: int) -> None:
        """Raises `RateLimited` if the device has sent too much; costs no call."""
        sends = chat.sends if chat else ()
        check_times(sends, self.per_device, now, self.window_seconds * 1000)

    def count_address(self, address: str, now: int) -> None:
        """Counts one message from there, in one write. Raises `RateLimited` for one too many."""
        if not self.per_address:
            return
        window = self.window_seconds * 1000
        number = window_number(now, window)
        expires_at = (number + 2) * self.window_seconds
        counter = f"Address#{address_digest(address)}"
        if not self.counters.add(counter, number, 1, most=self.per_address, expires_at=expires_at):
            raise RateLimited(retry_after=until_next_window(now, window))

    def noted(self, chat: Chat, now: int) -> Chat:
        """The chat with what is being sent now among the device's recent sends."""
        if not self.per_device:
            return chat
        return replace(chat, sends=(*recent(chat.sends, now, self.window_seconds * 1000), now))
