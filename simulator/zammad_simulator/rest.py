"""Zammad's REST API under /api/v1, as far as the wire contract and an ordinary client go.

Reads parameters the way Rails does (query, form and JSON together), authenticates, and renders the
store's records.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, cast
from urllib.parse import quote

from flask import Blueprint, Response, g, jsonify, request
from werkzeug.exceptions import HTTPException

from zammad_simulator.catalogue import Catalogue
from zammad_simulator.errors import BadRequest, Forbidden, ZammadError, internal_error_text
from zammad_simulator.model import Ticket, User
from zammad_simulator.paging import page_of
from zammad_simulator.render import Json, article_json, expanded_ticket_json, ticket_json
from zammad_simulator.store import Store

_INLINE_TYPES = frozenset({"image/gif", "image/jpeg", "image/png", "image/webp"})
_ACTIVE_TYPES = frozenset(
    {"text/html", "application/xhtml+xml", "image/svg+xml", "text/xml", "application/javascript"}
)

Answer = Response | tuple[Response, int]


def blueprint(store: Store) -> Blueprint:
    """The API for one store."""
    api, rest = Blueprint("rest", __name__, url_prefix="/api/v1"), _Rest(store)
    api.before_request(rest.authenticate)
    api.register_error_handler(ZammadError, answer_error)
    api.register_error_handler(Exception, answer_unexpected)
    routes: list[tuple[str, str, Callable[..., Answer]]] = [
        ("GET", "/tickets", rest.list_tickets),
        ("POST", "/tickets", rest.create_ticket),
        ("GET", "/tickets/search", rest.search_tickets),
        ("GET", "/tickets/<ticket_id>", rest.show_ticket),
        ("PUT", "/tickets/<ticket_id>", rest.update_ticket),
        ("DELETE", "/tickets/<ticket_id>", rest.delete_ticket),
        ("POST", "/ticket_articles", rest.create_article),
        ("GET", "/ticket_articles/by_ticket/<ticket_id>", rest.articles_of_ticket),
        ("GET", "/ticket_articles/<article_id>", rest.show_article),
        ("PUT", "/ticket_articles/<article_id>", rest.update_article),
        ("GET", "/ticket_attachment/<ticket_id>/<article_id>/<attachment_id>", rest.download),
    ]
    for method, rule, view in [*routes, *Catalogue(store).routes()]:
        name = f"{method.lower()}_{view.__name__}"
        api.add_url_rule(rule, name, view, methods=[method], strict_slashes=False)
    return api


def answer_error(error: ZammadError) -> Answer:
    """A refusal in Zammad's shape; 401 and 403 repeat the reason in `X-Failure`."""
    response = jsonify(error.body())
    if error.status in (401, 403):
        response.headers["X-Failure"] = error.message
    return response, error.status


def answer_unexpected(error: Exception) -> Answer:
    """Anything that should not happen: 500 without details. Werkzeug's own HTTP errors keep their
    status.
    """
    if isinstance(error, HTTPException) and error.code == 400:
        return answer_error(BadRequest("Error occurred while parsing request parameters"))
    return jsonify({"error": internal_error_text()}), 500


def answer_no_route() -> Answer:
    """404 for a path or method the server does not have."""
    text = f"No route matches [{request.method}] {request.path}"
    return jsonify({"error": text, "error_human": text}), 404


def params() -> dict[str, Any]:
    """Query, form and JSON parameters in one dictionary, the body winning. Raises BadRequest for
    broken JSON.
    """
    merged: dict[str, Any] = {**request.args.to_dict(), **request.form.to_dict()}
    if request.is_json and request.get_data():
        body = request.get_json(silent=True)
        if body is None and request.get_data().strip() != b"null":
            raise BadRequest("Error occurred while parsing request parameters")
        merged.update(body if isinstance(body, dict) else {})
    return merged


class _Rest:
    """The views. Each takes the store's lock while it reads records that others may change."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def authenticate(self) -> None:
        """Find the caller; without `ticket.agent` one gets no further than one's own record."""
        user = self._store.directory.authenticate(request.headers.get("Authorization"))
        g.user = user
        if not user.is_agent and not request.path.rstrip("/").endswith("/users/me"):
            raise Forbidden("Not authorized", human="Not authorized")

    def list_tickets(self) -> Answer:
        """Every ticket, oldest first, 100 to a page at most."""
        with self._store.lock:
            return jsonify(
                [
                    _ticket(ticket)
                    for ticket in page_of(self._store.tickets(), default=100, most=100)
                ]
            )

    def create_ticket(self) -> Answer:
        """Create a ticket: 201."""
        with self._store.lock:
            return jsonify(_ticket(self._store.create_ticket(params(), _user()))), 201

    def show_ticket(self, ticket_id: str) -> Answer:
        """One ticket."""
        with self._store.lock:
            return jsonify(_ticket(self._store.ticket(ticket_id)))

    def update_ticket(self, ticket_id: str) -> Answer:
        """Change the given keys of a ticket."""
        with self._store.lock:
            return jsonify(_ticket(self._store.update_ticket(ticket_id, params(), _user())))

    def delete_ticket(self, ticket_id: str) -> Answer:
        """Delete a ticket, which only administrators may: 200 without a body."""
        with self._store.lock:
            self._store.ticket(ticket_id)
            if not _user().is_admin:
                raise Forbidden("admin permission required", human="admin permission required")
            self._store.delete_ticket(ticket_id)
            return Response(status=200, content_type="application/json")

    def search_tickets(self) -> Answer:
        """Tickets the index finds: a list with `expand`, else ids and assets."""
        query = str(params().get("query") or "*")
        with self._store.lock:
            existing = {ticket.id: ticket for ticket in self._store.tickets()}
            found = [
                existing[number] for number in self._store.index.find(query) if number in existing
            ]
            found = page_of(found, default=50, most=200)
            if _flag("expand"):
                return jsonify([expanded_ticket_json(ticket) for ticket in found])
            assets = (
                {"Ticket": {str(ticket.id): ticket_json(ticket) for ticket in found}}
                if found
                else {}
            )
            ids = [ticket.id for ticket in found]
            return jsonify({"tickets": ids, "tickets_count": len(ids), "assets": assets})

    def create_article(self) -> Answer:
        """Add an article: 201."""
        with self._store.lock:
            return jsonify(article_json(self._store.create_article(params(), _user()))), 201

    def articles_of_ticket(self, ticket_id: str) -> Answer:
        """Every article of a ticket, oldest first, internal ones too, no paging."""
        with self._store.lock:
            return jsonify(
                [article_json(article) for article in self._store.ticket(ticket_id).articles]
            )

    def show_article(self, article_id: str) -> Answer:
        """One article."""
        with self._store.lock:
            return jsonify(article_json(self._store.article(article_id)))

    def update_article(self, article_id: str) -> Answer:
        """Change an article's `internal` flag."""
        with self._store.lock:
            return jsonify(article_json(self._store.update_article(article_id, params(), _user())))

    def download(self, ticket_id: str, article_id: str, attachment_id: str) -> Answer:
        """The bytes of a file; types a browser might execute are sent as plain binary."""
        file = self._store.attachment(ticket_id, article_id, attachment_id)
        return file_answer(
            file.filename, file.data, file.content_type, inline=request.args.get("view") == "inline"
        )


def file_answer(filename: str, data: bytes, content_type: str, *, inline: bool) -> Response:
    """A download; `inline` is granted to bitmap images only."""
    kind = content_type.partition(";")[0].strip().lower()
    safe = (
        "application/octet-stream"
        if kind in _ACTIVE_TYPES or not kind.isprintable()
        else content_type
    )
    response = Response(data, content_type=" ".join(safe.split()))
    disposition = "inline" if inline and kind in _INLINE_TYPES else "attachment"
    name = "".join(character for character in filename if character.isprintable()) or "file"
    plain = re.sub(r"[^\w .()-]", "_", name, flags=re.ASCII)
    response.headers["Content-Disposition"] = (
        f"{disposition}; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"
    )
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response


def _user() -> User:
    return cast(User, g.user)


def _flag(name: str) -> bool:
    return str(params().get(name, "")).lower() in ("true", "1")


def _ticket(ticket: Ticket) -> Json:
    return expanded_ticket_json(ticket) if _flag("expand") else ticket_json(ticket)
