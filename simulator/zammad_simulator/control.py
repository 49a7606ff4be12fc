"""The control API under /simulator: faults, calls, deliveries, webhooks, reset. For tests and
development only.

It needs no credentials; a simulator must not listen where strangers can reach it.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import asdict, fields
from typing import TYPE_CHECKING, Any, get_args

from flask import Blueprint, Response, jsonify, request

from zammad_simulator.settings import Fault, FaultKind, Webhook

if TYPE_CHECKING:
    from zammad_simulator.simulator import ZammadSimulator

Answer = Response | tuple[Response, int]


def blueprint(simulator: ZammadSimulator) -> Blueprint:
    """The control API for one simulator."""
    control, views = Blueprint("control", __name__, url_prefix="/simulator"), _Control(simulator)
    routes: list[tuple[str, str, Callable[..., Answer]]] = [
        ("GET", "/health", views.health),
        ("POST", "/reset", views.reset),
        ("GET", "/faults", views.list_faults),
        ("POST", "/faults", views.add_fault),
        ("DELETE", "/faults", views.clear_faults),
        ("GET", "/requests", views.list_requests),
        ("DELETE", "/requests", views.reset_requests),
        ("GET", "/deliveries", views.list_deliveries),
        ("POST", "/deliveries/hold", views.hold),
        ("POST", "/deliveries/release", views.release),
        ("POST", "/deliveries/<delivery_id>/redeliver", views.redeliver),
        ("GET", "/articles", views.list_articles),
        ("GET", "/webhooks", views.list_webhooks),
        ("POST", "/webhooks", views.add_webhook),
        ("DELETE", "/webhooks", views.remove_webhooks),
    ]
    for method, rule, view in routes:
        control.add_url_rule(rule, f"{method.lower()}_{view.__name__}", view, methods=[method])
    control.register_error_handler(ValueError, _invalid)
    return control


class _Control:
    """The views; each is one call of the simulator's Python API."""

    def __init__(self, simulator: ZammadSimulator) -> None:
        self._simulator = simulator

    def health(self) -> Answer:
        """Says that the simulator is up, and that it is one."""
        return jsonify({"status": "ok", "what": "Zammad simulator"})

    def reset(self) -> Answer:
        """Forget tickets, faults, calls and deliveries."""
        self._simulator.reset()
        return jsonify({"status": "ok"})

    def list_faults(self) -> Answer:
        """The active faults."""
        return jsonify(self._simulator.faults())

    def add_fault(self) -> Answer:
        """Add one fault or a list of them: 201, or 400 when it is not a fault."""
        body = request.get_json(force=True)
        for entry in body if isinstance(body, list) else [body]:
            fault = Fault(**_known_keys(entry, Fault))
            if fault.kind not in get_args(FaultKind):
                raise ValueError(f"kind must be one of {', '.join(get_args(FaultKind))}")
            self._simulator.inject(fault)
        return jsonify(self._simulator.faults()), 201

    def clear_faults(self) -> Answer:
        """Heal everything."""
        self._simulator.clear_faults()
        return jsonify([])

    def list_requests(self) -> Answer:
        """The calls, filtered by `method` and by `path` (a regular expression), with their number
        and counts.
        """
        method, path = request.args.get("method"), request.args.get("path", "")
        found = [
            asdict(entry)
            for entry in self._simulator.requests()
            if (method is None or entry.method == method.upper()) and re.search(path, entry.path)
        ]
        return jsonify(
            {"count": len(found), "counts": self._simulator.request_counts(), "requests": found}
        )

    def reset_requests(self) -> Answer:
        """Count from zero."""
        self._simulator.reset_requests()
        return jsonify({"count": 0})

    def list_deliveries(self) -> Answer:
        """The webhook deliveries."""
        return jsonify(self._simulator.deliveries())

    def hold(self) -> Answer:
        """Keep deliveries back."""
        self._simulator.hold_webhooks()
        return jsonify({"status": "held"})

    def release(self) -> Answer:
        """Let deliveries go, `{"order": "reversed"}` newest first."""
        body = request.get_json(force=True, silent=True) or {}
        self._simulator.release_webhooks(
            "reversed" if body.get("order") == "reversed" else "written"
        )
        return jsonify({"status": "released"})

    def redeliver(self, delivery_id: str) -> Answer:
        """Post a delivery once more: 404 when it is unknown."""
        if not self._simulator.redeliver(delivery_id):
            return jsonify({"error": "unknown delivery"}), 404
        return jsonify({"status": "queued"})

    def list_articles(self) -> Answer:
        """The newest articles above `after`, at most 200, without what they say."""
        after = request.args.get("after", 0, type=int)
        return jsonify(self._simulator.new_articles(after))

    def list_webhooks(self) -> Answer:
        """The configured webhooks, without their secrets."""
        hidden = ("signature_token", "bearer_token", "basic_auth")
        listed = [
            {key: value for key, value in asdict(webhook).items() if key not in hidden}
            for webhook in self._simulator.webhooks()
        ]
        return jsonify(listed)

    def add_webhook(self) -> Answer:
        """Configure a webhook; keys as in `Webhook`: 201."""
        keys = _known_keys(request.get_json(force=True), Webhook)
        if isinstance(keys.get("basic_auth"), list):
            keys["basic_auth"] = tuple(keys["basic_auth"])
        self._simulator.add_webhook(Webhook(**keys))
        return jsonify({"status": "ok"}), 201

    def remove_webhooks(self) -> Answer:
        """Configure none."""
        self._simulator.remove_webhooks()
        return jsonify([])


def _known_keys(entry: Any, kind: type[Fault] | type[Webhook]) -> dict[str, Any]:
    allowed = {field.name for field in fields(kind)}
    required = "kind" if kind is Fault else "url"
    if not isinstance(entry, dict) or required not in entry or not entry.keys() <= allowed:
        raise ValueError(
            f"expected an object with {required} and keys out of: {', '.join(sorted(allowed))}"
        )
    return entry


def _invalid(error: ValueError) -> Answer:
    return jsonify({"error": str(error)}), 400
