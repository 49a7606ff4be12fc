"""What is kept of a device beside its chats, and of a client's address."""

from __future__ import annotations

from typing import Protocol

from switchboard.domain.ids import DeviceHash, RegionSlug


class DeviceRepository(Protocol):
    """Reads are strongly consistent; `now` is in milliseconds."""

    def admitted(self, region: RegionSlug, device: DeviceHash, now: int) -> bool | None:
        """Whether the device may use the region's chat; None: not decided yet.

        A decision that is asked for is kept: it does not run out while the device is in use.
        """
        ...

    def admit(self, region: RegionSlug, device: DeviceHash, admitted: bool, now: int) -> bool:
        """Decides, unless somebody else was faster; returns what holds from now on."""
        ...

    def forget(self, region: RegionSlug, device: DeviceHash) -> None:
        """Deletes all that is kept of the device but its chats, which go first."""
        ...


class AddressCounter(Protocol):
    def count_message(self, address: str, window: int, most: int, expires_at: int) -> bool:
        """Counts one message of an address, given as its digest, in the window of this number.

        False, and nothing is counted, if there were `most` already. One write, no read.
        `expires_at`: from when on it may be forgotten, in seconds since the epoch.
        """
        ...
