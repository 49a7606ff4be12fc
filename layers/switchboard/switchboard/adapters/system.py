"""The machine's clock and its randomness."""

from __future__ import annotations

import secrets
import time

from switchboard.domain.ids import MessageId


class SystemClock:
    def now(self) -> int:
        return time.time_ns() // 1_000_000

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)


class RandomIds:
    def message_id(self) -> MessageId:
        return MessageId(secrets.token_hex(16))

    def token(self) -> str:
        return secrets.token_hex(32)
