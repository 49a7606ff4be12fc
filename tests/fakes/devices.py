"""Roll-out decisions in memory."""

from __future__ import annotations

from switchboard.domain.ids import DeviceHash, RegionSlug


class InMemoryDevices:
    def __init__(self) -> None:
        self.decisions: dict[tuple[RegionSlug, DeviceHash], bool] = {}

    def admitted(self, region: RegionSlug, device: DeviceHash, now: int) -> bool | None:
        return self.decisions.get((region, device))

    def admit(self, region: RegionSlug, device: DeviceHash, admitted: bool, now: int) -> bool:
        return self.decisions.setdefault((region, device), admitted)

    def forget(self, region: RegionSlug, device: DeviceHash) -> None:
        self.decisions.pop((region, device), None)
