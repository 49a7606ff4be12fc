"""Posts webhooks in the background, the way Zammad's job queue does: delayed, repeated, without a
promise of order.

Jobs wait in memory and survive `stop()`/`start()`, as rows in Zammad's database survive a restart.
Nothing here knows what a payload contains: it is built by a function at every attempt.
"""

from __future__ import annotations

import heapq
import itertools
import threading
import time
import uuid
from collections import deque
from collections.abc import Callable
from typing import Literal

from zammad_simulator.model import Change
from zammad_simulator.outbound import Outbound
from zammad_simulator.settings import SimulatorSettings, Webhook
from zammad_simulator.webhooks import Attempt, Delivery, encode_body, headers, wants

ATTEMPTS = 5
RETRY_WAITS = (10.0, 20.0, 30.0, 40.0)
_KEPT = 10_000

PayloadBuilder = Callable[[Delivery], object | None]
ReleaseOrder = Literal["written", "reversed"]


class Dispatcher:
    """The queue of deliveries and the threads that work on it."""

    def __init__(self, settings: SimulatorSettings, build_payload: PayloadBuilder) -> None:
        self._settings = settings
        self._build_payload = build_payload
        self._condition = threading.Condition()
        self._webhooks: list[Webhook] = []
        self._queue: list[tuple[float, int, Delivery]] = []
        self._held: list[Delivery] | None = None
        self._sequence = itertools.count()
        self._busy = 0
        self._running = False
        self._threads: list[threading.Thread] = []
        self._outbound = Outbound(settings.open_timeout, settings.read_timeout)
        self._log: deque[Delivery] = deque(maxlen=_KEPT)

    def start(self) -> None:
        """Begin or go on posting."""
        self._running = True
        self._outbound.open()
        for number in range(self._settings.webhook_workers):
            thread = threading.Thread(
                target=self._work, name=f"zammad-webhooks-{number}", daemon=True
            )
            thread.start()
            self._threads.append(thread)

    def stop(self) -> None:
        """Stop posting and wait for the threads; a try under way is cut off and will be made again
        after `start`.
        """
        with self._condition:
            self._running = False
            self._condition.notify_all()
        self._outbound.close()
        for thread in self._threads:
            thread.join()
        self._threads.clear()

    def add(self, webhook: Webhook) -> None:
        """Configure one more webhook."""
        with self._condition:
            self._webhooks.append(webhook)

    def webhooks(self) -> list[Webhook]:
        """The configured webhooks."""
        with self._condition:
            return list(self._webhooks)

    def remove_webhooks(self) -> None:
        """Configure no webhook any more; jobs already queued are still posted."""
        with self._condition:
            self._webhooks.clear()

    def changed(self, change: Change) -> None:
        """Queue a job for each webhook whose trigger fires, one per copy."""
        with self._condition:
            for webhook in self._webhooks:
                if wants(webhook, change):
                    for _ in range(webhook.copies):
                        delivery = Delivery(
                            str(uuid.uuid4()), webhook, change.ticket_id, change.article_id
                        )
                        self._log.append(delivery)
                        self._enqueue(delivery, self._settings.webhook_delay)

    def hold(self) -> None:
        """Keep new jobs back until `release`; jobs already due go on."""
        with self._condition:
            if self._held is None:
                self._held = []

    def release(self, order: ReleaseOrder = "written") -> None:
        """Post what was kept back, in the order written or reversed."""
        with self._condition:
            held, self._held = self._held or [], None
            for delivery in reversed(held) if order == "reversed" else held:
                self._enqueue(delivery, 0.0)

    def redeliver(self, delivery_id: str) -> bool:
        """Post a known delivery once more under its old id; False when it is unknown."""
        with self._condition:
            for delivery in self._log:
                if delivery.id == delivery_id:
                    delivery.state = "pending"
                    self._enqueue(delivery, 0.0)
                    return True
            return False

    def deliveries(self) -> list[dict[str, object]]:
        """The record of every delivery, oldest first."""
        with self._condition:
            return [delivery.as_json() for delivery in self._log]

    def clear(self) -> None:
        """Forget queued, held and recorded deliveries; webhooks stay configured."""
        with self._condition:
            self._queue.clear()
            self._log.clear()
            self._held = None

    def wait_idle(self, timeout: float) -> bool:
        """Wait until nothing is queued or being posted (held jobs do not count); False when time
        runs out.
        """
        with self._condition:
            return self._condition.wait_for(lambda: not self._queue and not self._busy, timeout)

    def _enqueue(self, delivery: Delivery, wait: float) -> None:
        if self._held is not None:
            self._held.append(delivery)
            return
        heapq.heappush(self._queue, (time.monotonic() + wait, next(self._sequence), delivery))
        self._condition.notify()

    def _next(self) -> Delivery | None:
        """Wait for a job that is due; None when stopping."""
        with self._condition:
            while self._running:
                wait = self._queue[0][0] - time.monotonic() if self._queue else None
                if wait is not None and wait <= 0:
                    self._busy += 1
                    return heapq.heappop(self._queue)[2]
                self._condition.wait(wait)
            return None

    def _work(self) -> None:
        while (delivery := self._next()) is not None:
            retry_in: float | None = None
            try:
                retry_in = self._attempt(delivery)
            finally:
                with self._condition:
                    self._busy -= 1
                    if retry_in is not None and (delivery in self._log):
                        due = time.monotonic() + retry_in
                        heapq.heappush(self._queue, (due, next(self._sequence), delivery))
                    self._condition.notify_all()

    def _attempt(self, delivery: Delivery) -> float | None:
        """Post once; the wait before the next try, or None when there is none."""
        payload = self._build_payload(delivery)
        if payload is None:
            delivery.state = "discarded"
            return None
        body = encode_body(payload)
        attempt = Attempt(len(delivery.attempts) + 1, time.time())
        target = delivery.webhook
        attempt.status, attempt.error = self._outbound.post(
            target.url, body, headers(target, delivery.id, body)
        )
        if not self._running and attempt.status is None:
            return 0.0
        with self._condition:
            delivery.attempts.append(attempt)
        if attempt.status is not None and 200 <= attempt.status < 300:
            delivery.state = "delivered"
            return None
        if attempt.number >= ATTEMPTS:
            delivery.state = "failed"
            return None
        return RETRY_WAITS[attempt.number - 1] * self._settings.time_scale
