"""The page at `/` for a person who plays the adviser: tickets, one ticket with its articles,
answer, switches.

Everything users wrote is shown through the sanitiser or escaped; the page's policy allows no
inline script. No login.
"""

from __future__ import annotations

from collections.abc import Callable
from html import escape
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from flask import Blueprint, Response, abort, redirect, render_template, request, url_for
from markupsafe import Markup

from zammad_simulator.errors import NotFound, ZammadError
from zammad_simulator.model import Article, Ticket
from zammad_simulator.render import author_of
from zammad_simulator.rest import file_answer
from zammad_simulator.sanitize import safe_html
from zammad_simulator.settings import Upload

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue
    from werkzeug.wrappers import Response as BaseResponse

    from zammad_simulator.simulator import ZammadSimulator

_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors "
)


def blueprint(simulator: ZammadSimulator) -> Blueprint:
    """The page for one simulator."""
    page = Blueprint(
        "page",
        __name__,
        template_folder="templates",
        static_folder="static",
        static_url_path="/simulator/static",
    )
    views = _Page(simulator)
    routes: list[tuple[str, str, Callable[..., ResponseReturnValue]]] = [
        ("GET", "/", views.tickets),
        ("GET", "/tickets/list", views.ticket_rows),
        ("GET", "/tickets/<int:ticket_id>", views.ticket),
        ("GET", "/tickets/<int:ticket_id>/articles", views.articles),
        ("GET", "/tickets/<int:ticket_id>/files/<int:article_id>/<int:attachment_id>", views.file),
        ("POST", "/tickets/<int:ticket_id>/answer", views.answer),
        ("POST", "/tickets/<int:ticket_id>/automatic_answers", views.switch_automatic_answers),
        ("POST", "/tickets/<int:ticket_id>/state", views.set_state),
    ]
    for method, rule, view in routes:
        page.add_url_rule(rule, view.__name__, view, methods=[method])
    page.before_request(_refuse_other_sites)
    framed_by = " ".join(simulator.settings.frame_ancestors) or "'none'"
    page.after_request(_hardening(_POLICY + framed_by))
    page.register_error_handler(NotFound, lambda _: (render_template("missing.html"), 404))
    page.register_error_handler(ZammadError, lambda error: (escape(error.message), error.status))
    return page


class _Page:
    """The views; rendering happens under the store's lock."""

    def __init__(self, simulator: ZammadSimulator) -> None:
        self._simulator = simulator
        self._store = simulator.store

    def tickets(self) -> str:
        """The list of tickets."""
        return self._list("tickets.html")

    def ticket_rows(self) -> str:
        """The part of the list that refreshes."""
        return self._list("ticket_rows.html")

    def ticket(self, ticket_id: int) -> str:
        """One ticket with the form to answer; takes the unread mark off."""
        return self._one("ticket.html", ticket_id)

    def articles(self, ticket_id: int) -> str:
        """The part of a ticket that refreshes: state and articles."""
        return self._one("articles.html", ticket_id)

    def file(self, ticket_id: int, article_id: int, attachment_id: int) -> Response:
        """A file of an article."""
        file = self._store.attachment(ticket_id, article_id, attachment_id)
        inline = request.args.get("view") == "inline"
        return file_answer(file.filename, file.data, file.content_type, inline=inline)

    def answer(self, ticket_id: int) -> BaseResponse:
        """Post what the adviser typed; a blank text with no file does nothing."""
        text = request.form.get("body", "").strip()
        uploads = [
            Upload(file.filename, file.read(), file.mimetype or "application/octet-stream")
            for file in request.files.getlist("attachment")
            if file.filename
        ]
        if text or uploads:
            body = escape(text, quote=False).replace("\r\n", "\n").replace("\n", "<br>") or "-"
            internal = request.form.get("kind") == "internal"
            self._simulator.answer(ticket_id, body, internal=internal, attachments=uploads)
        return _back(ticket_id)

    def switch_automatic_answers(self, ticket_id: int) -> BaseResponse:
        """Switch the bot on or off for this ticket."""
        self._simulator.update_ticket(ticket_id, automatic_answers=request.form.get("on") == "1")
        return _back(ticket_id)

    def set_state(self, ticket_id: int) -> BaseResponse:
        """Close the ticket or open it again."""
        self._simulator.update_ticket(
            ticket_id, state="closed" if request.form.get("state") == "closed" else "open"
        )
        return _back(ticket_id)

    def _list(self, template: str) -> str:
        with self._store.lock:
            newest_first = sorted(
                self._store.tickets(), key=lambda ticket: ticket.updated_at, reverse=True
            )
            return render_template(template, tickets=newest_first, last_public=_last_public)

    def _one(self, template: str, ticket_id: int) -> str:
        with self._store.lock:
            ticket = self._store.ticket(ticket_id)
            self._store.mark_read(ticket_id)
            return render_template(
                template,
                ticket=ticket,
                others_unread=sum(other.unread for other in self._store.tickets()),
                shown=_shown,
                author_of=author_of,
            )


def _shown(article: Article) -> Markup:
    """The body, sanitised when HTML, else escaped with its line ends."""
    if article.content_type.lower().startswith("text/html"):
        return Markup(safe_html(article.body))  # noqa: S704 - sanitised
    return Markup(escape(article.body).replace("\n", "<br>"))  # noqa: S704 - escaped


def _last_public(ticket: Ticket) -> str:
    """The newest public text without tags, for the list."""
    for article in reversed(ticket.articles):
        if not article.internal:
            return _shown(article).replace("<br>", " ").striptags()[:140]
    return ""


def _back(ticket_id: int) -> BaseResponse:
    return redirect(url_for("page.ticket", ticket_id=ticket_id, _anchor="answer"), code=303)


def _refuse_other_sites() -> None:
    """A form on another site must not post here with the person's browser."""
    origin = request.headers.get("Origin")
    if request.method == "POST" and origin and urlsplit(origin).netloc != request.host:
        abort(403)


def _hardening(policy: str) -> Callable[[Response], Response]:
    def harden(response: Response) -> Response:
        response.headers["Content-Security-Policy"] = policy
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["Referrer-Policy"] = "same-origin"
        if not request.path.startswith("/simulator/static/"):
            response.headers["Cache-Control"] = "no-store"
        return response

    return harden
