"""May this device use the region's chat? Drawn once, then the same for ever."""

from __future__ import annotations

from dataclasses import dataclass

from switchboard.domain.directory import Region
from switchboard.domain.ids import DeviceHash
from switchboard.ports.clock import Clock, IdSource
from switchboard.ports.devices import DeviceRepository


@dataclass(frozen=True, slots=True)
class Rollout:
    devices: DeviceRepository
    clock: Clock
    ids: IdSource

    def __call__(self, region: Region, device: DeviceHash) -> bool:
        """False, and nothing is decided, while the region's chat is disabled or not configured.

        Of parallel first calls one decides, and all answer the same.
        """
        if not region.is_chat_enabled:
            return False
        now = self.clock.now()
        decided = self.devices.admitted(region.slug, device, now)
        if decided is None:
            lot = int(self.ids.token()[-12:], 16) % 100
            drawn = lot < region.beta_tester_percentage
            decided = self.devices.admit(region.slug, device, drawn, now)
        return decided
