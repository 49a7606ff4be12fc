"""What is kept of a device beside its chats."""

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
