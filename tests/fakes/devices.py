"""Roll-out decisions and counters in memory."""

from __future__ import annotations

from switchboard.domain.ids import DeviceHash, RegionSlug


class InMemoryDevices:
    def __init__(self) -> None:
        self.decisions: dict[tuple[RegionSlug, DeviceHash], bool] = {}
        self.sent: dict[tuple[str, int], int] = {}

    def admitted(self, region: RegionSlug, device: DeviceHash, now: int) -> bool | None:
        return self.decisions.get((region, device))

    def admit(self, region: RegionSlug, device: DeviceHash, admitted: bool, now: int) -> bool:
        return self.decisions.setdefault((region, device), admitted)

    def forget(self, region: RegionSlug, device: DeviceHash) -> None:
        self.decisions.pop((region, device), None)

    def count_message(self, address: str, window: int, most: int, expires_at: int) -> bool:
        sent = self.sent.get((address, window), 0)
        if sent >= most:
            return False
        self.sent[address, window] = sent + 1
        return True
