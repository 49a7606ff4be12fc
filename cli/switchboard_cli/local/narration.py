"""What happened in the local stack, in words: requests, jobs, log records and articles as events.

Only ids of tickets and articles, kinds, states, names from the configuration, numbers and
milliseconds; never what somebody wrote, never a path or a device.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from io import BytesIO
from typing import Any, Literal
from urllib.parse import parse_qsl

from multipart import (  # type: ignore[import-untyped]
    MultipartError,
    MultipartParser,
    parse_options_header,
)

from switchboard.domain.ticket import AUTOMATIC_SUBJECT
from switchboard_cli.local.events import HttpRequest, HttpResponse

Kind = Literal["app", "ticket", "webhook", "job", "bot", "problem"]
AUTHORS = {
    "user": "by the app user",
    "bot": "by Switchboard",
    "adviser": "by an adviser",
    "system": "by a trigger",
}


@dataclass(frozen=True, slots=True)
class Event:
    """`at` is in seconds since the epoch; `ticket` is the id of the ticket it is about."""

    at: float
    kind: Kind
    text: str
    detail: str = ""
    ticket: int | None = None


def is_poll(function: str, request: HttpRequest, response: HttpResponse) -> bool:
    """An app asked for its chat and learned nothing new."""
    is_reading = request.method == "GET" and _what(request) == "chat"
    return function == "userchat" and is_reading and response.status in (304, 404)


def of_request(
    at: float, function: str, request: HttpRequest, response: HttpResponse, seconds: float
) -> Event | None:
    """A request that a function answered. None: nobody needs to know of it."""
    tell = {"userchat": _of_app, "webhook": _of_webhook, "chatbot": _of_question}.get(function)
    if tell is None or request.method in ("OPTIONS", "HEAD"):
        return None
    return tell(at, request, response, seconds)


def of_job(at: float, body: str, is_done: bool, seconds: float) -> Event:
    """`body` is the queue message's (`switchboard.adapters.sqs_jobs`)."""
    job = _object(body)
    ticket = _id(job.get("ticket"))
    what = {
        "message": "deliver the user's message, ask the chatbot",
        "article": f"read ticket {ticket} again",
        "consent": "tell the ticket about consent and language",
        "erase_ticket": f"erase ticket {ticket}" if ticket else "erase a ticket",
    }.get(str(job.get("kind")), "unknown")
    detail = _ms(seconds)
    if is_done:
        return Event(at, "job", f"Job run: {what}", detail, ticket)
    return Event(at, "problem", f"Job failed, will be tried again: {what}", detail, ticket)


def of_record(at: float, line: str, name_of: Callable[[str], str]) -> Event | None:
    """A line of a function's log: a chatbot's turn, or a job that was given up."""
    if '"turn"' not in line and '"job parked"' not in line:
        return None
    record = _object(line)
    if record.get("message") == "job parked":
        return Event(at, "problem", "Job given up", f"reason: {record.get('reason', '')}")
    if record.get("message") != "turn":
        return None
    tokens = record.get("PromptTokens", 0) + record.get("CompletionTokens", 0)
    parts = [f"model {record.get('model') or 'none'}", f"{tokens} tokens"]
    if record.get("plugins"):
        parts.append("from " + ", ".join(map(str, record["plugins"])))
    if record.get("HandOvers"):
        parts.append("hands over to an adviser")
    parts.append(f"{record.get('TurnTime', 0)} ms")
    name = name_of(str(record.get("chatbot", "")))
    return Event(at, "bot", f"Chatbot {name} answered", " · ".join(parts))


def of_article(article: Mapping[str, Any]) -> Event:
    """An article as the simulator lists it at `/simulator/articles`."""
    ticket, author = int(article["ticket_id"]), AUTHORS[article["author"]]
    about = f"Article {article['id']} created in ticket {ticket} {author}"
    if article["opens"]:
        about = f"Ticket {ticket} opened {author}, with article {article['id']}"
    parts = ["internal note"] if article["internal"] else []
    parts += ["automatic"] if article["author"] == "bot" else []
    parts += [f"{article['files']} attached"] if article["files"] else []
    return Event(float(article["at"]), "ticket", about, " · ".join(parts), ticket)


def _what(request: HttpRequest) -> str:
    """What of the user chat's API it is about: the chat, a file of it, or neither."""
    steps = request.raw_path.strip("/").split("/")
    is_chats = len(steps) in (6, 7) and steps[4] == "chat"
    return ("chat" if len(steps) == 6 else "file") if is_chats else ""


def _of_app(
    at: float, request: HttpRequest, response: HttpResponse, seconds: float
) -> Event | None:
    method, what = request.method, _what(request)
    if not what:
        return None
    detail = f"{method} {what} · {response.status} · {_ms(seconds)}"
    if response.status >= 400:
        return Event(at, "problem", "A request of the app was refused", detail)
    text = {
        ("GET", "chat"): "The app read the chat",
        ("GET", "file"): "The app read a file",
        ("POST", "chat"): "Message received from the app",
        ("DELETE", "chat"): "Chat erased by its user",
    }.get((method, what), "Request of the app")
    if method == "POST" and not _holds_message(request):
        text = "Consent to evaluation received from the app"
    return Event(at, "app", text, detail)


def _holds_message(request: HttpRequest) -> bool:
    """A text or a file, in any of the three forms of contracts/userchat.md; else a consent."""
    content_type, options = parse_options_header(request.header("content-type"))
    if content_type == "multipart/form-data":
        try:
            # In memory, as it came: the gateway has bounded it.
            parser = MultipartParser(
                BytesIO(request.body), options.get("boundary", ""), spool_limit=len(request.body)
            )
            return any(part.size and part.name in ("message", "attachment") for part in parser)
        except (MultipartError, ValueError, LookupError):
            return False
    if content_type == "application/json":
        fields = _object(request.body)
        return bool(fields.get("message") or fields.get("attachments"))
    return "message" in dict(parse_qsl(request.body.decode(errors="replace")))


def _of_webhook(at: float, request: HttpRequest, response: HttpResponse, seconds: float) -> Event:
    detail = f"{response.status} · {_ms(seconds)}"
    if response.status != 200:
        return Event(at, "problem", "A webhook was refused", detail)
    body = _object(request.body)
    ticket, article = body.get("ticket"), body.get("article")
    about = _id(ticket.get("id")) if isinstance(ticket, dict) else None
    if not isinstance(ticket, dict) or about is None:
        return Event(at, "webhook", "Webhook delivered", detail)
    written = _id(article.get("id")) if isinstance(article, dict) else None
    if isinstance(article, dict) and written:
        seen = "internal" if article.get("internal") else "public"
        what = f", article {written} {AUTHORS[_author(article)]}, {seen}"
    else:
        switched = "off" if ticket.get("automatic_answers") is False else "on"
        state = {"closed": "closed", "merged": "merged"}.get(str(ticket.get("state")), "not closed")
        what = f" changed: {state}, automatic answers {switched}"
    if _object(response.body).get("reason") == "unknown ticket":
        detail += " · ignored: no chat belongs to it"
    return Event(at, "webhook", f"Webhook delivered: ticket {about}{what}", detail, about)


def _author(article: Mapping[str, Any]) -> str:
    if article.get("subject") == AUTOMATIC_SUBJECT:
        return "bot"
    return {"Customer": "user", "System": "system"}.get(str(article.get("sender")), "adviser")


def _of_question(
    at: float, request: HttpRequest, response: HttpResponse, seconds: float
) -> Event | None:
    detail = f"{request.method} · {response.status} · {_ms(seconds)}"
    if response.status >= 400:
        return Event(at, "problem", "A request to a chatbot was refused", detail)
    if request.method != "POST":
        return None
    return Event(at, "app", "A chatbot was asked directly", detail)


def _object(text: str | bytes) -> dict[str, Any]:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def _id(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _ms(seconds: float) -> str:
    return f"{round(seconds * 1000)} ms"
