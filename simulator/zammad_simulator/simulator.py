"""The simulator as one object: start and stop it, act as the adviser, look at what happened, make
things fail.

State outlives `stop()`: a simulator started again is the same server on the same port.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from types import TracebackType

from flask import Flask

from zammad_simulator import control, page, rest
from zammad_simulator.dispatcher import Dispatcher, ReleaseOrder
from zammad_simulator.drafting import draft_from_adviser
from zammad_simulator.errors import NotFound
from zammad_simulator.front import FaultPlan, Front, RecordedRequest, RequestLog
from zammad_simulator.render import (
    Json,
    article_json,
    article_note,
    expanded_ticket_json,
    webhook_article,
    webhook_ticket,
)
from zammad_simulator.server import SimulatorServer
from zammad_simulator.settings import Fault, SimulatorSettings, Upload, Webhook
from zammad_simulator.store import Store
from zammad_simulator.webhooks import Delivery

_POLL_SECONDS = 0.02


class ZammadSimulator:
    """A stand-in for a Zammad server. Use it as a context manager, or call `start` and `stop`."""

    def __init__(self, settings: SimulatorSettings | None = None) -> None:
        self.settings = settings or SimulatorSettings()
        self._faults, self._requests = FaultPlan(), RequestLog()
        self._dispatcher = Dispatcher(self.settings, self._payload)
        self.store = Store(self.settings, self._dispatcher.changed)
        self._front = Front(_application(self), self._faults, self._requests)
        self._port = self.settings.port
        self._server: SimulatorServer | None = None
        self._thread: threading.Thread | None = None

    @property
    def url(self) -> str:
        """The base address, known after the first start: `http://127.0.0.1:8001`."""
        host = self.settings.host
        return f"http://{f'[{host}]' if ':' in host else host}:{self._port}"

    def start(self) -> None:
        """Listen and post webhooks; does nothing when already started. Raises OSError when the
        port is taken.
        """
        if self._server is not None:
            return
        self._front.stopping.clear()
        self._server = SimulatorServer(self.settings.host, self._port, self._front)
        self._port = self._server.port
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(_POLL_SECONDS,), name="zammad-http"
        )
        self._thread.start()
        self._dispatcher.start()

    def stop(self) -> None:
        """Vanish: refuse connections, cut open ones, keep the state, leave no thread behind."""
        if self._server is None or self._thread is None:
            return
        self._front.stopping.set()
        self._dispatcher.stop()
        self._server.shutdown()
        self._thread.join()
        self._server = self._thread = None

    def __enter__(self) -> ZammadSimulator:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def tickets(self) -> list[Json]:
        """All tickets, oldest first, as REST shows them with `expand`."""
        with self.store.lock:
            return [expanded_ticket_json(ticket) for ticket in self.store.tickets()]

    def ticket(self, ticket_id: int) -> Json:
        """One ticket as REST shows it with `expand`. Raises NotFound."""
        with self.store.lock:
            return expanded_ticket_json(self.store.ticket(ticket_id))

    def articles(self, ticket_id: int) -> list[Json]:
        """The articles of a ticket as REST shows them, oldest first. Raises NotFound."""
        with self.store.lock:
            return [article_json(article) for article in self.store.ticket(ticket_id).articles]

    def new_articles(self, after: int, most: int = 200) -> list[Json]:
        """The newest articles with an id above `after`, oldest first, without what they say."""
        with self.store.lock:
            found = [
                article_note(article, is_first=article is ticket.articles[0])
                for ticket in self.store.tickets()
                for article in ticket.articles
                if article.id > after
            ]
        return sorted(found, key=lambda note: int(note["id"]))[-most:]

    def answer(
        self,
        ticket_id: int,
        body: str,
        *,
        internal: bool = False,
        attachments: Sequence[Upload] = (),
    ) -> Json:
        """Write as the adviser: a public answer in HTML, or an internal note. The article. Raises
        NotFound.
        """
        draft = draft_from_adviser(body, internal=internal, attachments=attachments)
        with self.store.lock:
            article = article_json(
                self.store.add_article(ticket_id, draft, self.store.directory.agent)
            )
            self.store.mark_read(ticket_id)
            return article

    def update_ticket(self, ticket_id: int, **changes: object) -> Json:
        """Change a ticket as the adviser, such as `state="closed"`. Raises NotFound,
        Unprocessable.
        """
        with self.store.lock:
            return expanded_ticket_json(
                self.store.update_ticket(ticket_id, changes, self.store.directory.agent)
            )

    def merge_tickets(self, source_id: int, target_id: int) -> Json:
        """Merge the first ticket into the second as the adviser. Raises NotFound."""
        with self.store.lock:
            agent = self.store.directory.agent
            return expanded_ticket_json(self.store.merge_ticket(source_id, target_id, agent))

    def delete_ticket(self, ticket_id: int) -> None:
        """Delete a ticket as an administrator or a scheduler does. Raises NotFound."""
        self.store.delete_ticket(ticket_id)

    def add_webhook(self, webhook: Webhook) -> None:
        """Configure a trigger with a webhook."""
        self._dispatcher.add(webhook)

    def webhooks(self) -> list[Webhook]:
        """The configured webhooks."""
        return self._dispatcher.webhooks()

    def remove_webhooks(self) -> None:
        """Configure none."""
        self._dispatcher.remove_webhooks()

    def hold_webhooks(self) -> None:
        """Keep new deliveries back until `release_webhooks`."""
        self._dispatcher.hold()

    def release_webhooks(self, order: ReleaseOrder = "written") -> None:
        """Post the deliveries kept back, in the order `written` or `reversed`."""
        self._dispatcher.release(order)

    def redeliver(self, delivery_id: str) -> bool:
        """Post a delivery again under its old id; False when unknown."""
        return self._dispatcher.redeliver(delivery_id)

    def deliveries(self) -> list[dict[str, object]]:
        """Every webhook delivery with its attempts, oldest first."""
        return self._dispatcher.deliveries()

    def wait_for_webhooks(self, timeout: float = 5.0) -> bool:
        """Wait until no delivery is due or being posted; False when the time (seconds) runs out."""
        return self._dispatcher.wait_idle(timeout)

    def inject(self, fault: Fault) -> None:
        """Make REST calls fail from now on. Raises ValueError for a bad regular expression."""
        self._faults.add(fault)

    def faults(self) -> list[dict[str, object]]:
        """The active faults."""
        return self._faults.as_json()

    def clear_faults(self) -> None:
        """Heal everything."""
        self._faults.clear()

    def requests(self) -> list[RecordedRequest]:
        """The REST calls received since the last reset."""
        return self._requests.all()

    def request_counts(self) -> dict[str, int]:
        """How often each call was made since the last reset: `{"GET /api/v1/tickets/{id}": 3}`."""
        return self._requests.counts()

    def reset_requests(self) -> None:
        """Count calls from zero."""
        self._requests.reset()

    def reset(self) -> None:
        """Forget tickets, faults, calls and deliveries; settings, webhooks and the count of ids
        stay.
        """
        self._dispatcher.clear()
        self.store.clear()
        self._faults.clear()
        self._requests.reset()

    def _payload(self, delivery: Delivery) -> object | None:
        """The payload as of now, None when ticket or article are gone."""
        with self.store.lock:
            try:
                ticket = self.store.ticket(delivery.ticket_id)
                article = self.store.article(delivery.article_id) if delivery.article_id else None
            except NotFound:
                return None
            if delivery.webhook.custom_payload is not None:
                return dict(delivery.webhook.custom_payload)
            return {
                "ticket": webhook_ticket(ticket),
                "article": webhook_article(article, self.url) if article else {},
            }


def _application(simulator: ZammadSimulator) -> Flask:
    app = Flask("zammad_simulator")
    app.json.sort_keys = False  # type: ignore[attr-defined]
    app.json.ensure_ascii = False  # type: ignore[attr-defined]
    app.register_blueprint(rest.blueprint(simulator.store))
    app.register_blueprint(control.blueprint(simulator))
    app.register_blueprint(page.blueprint(simulator))
    app.register_error_handler(404, lambda _: rest.answer_no_route())
    app.register_error_handler(405, lambda _: rest.answer_no_route())
    return app
