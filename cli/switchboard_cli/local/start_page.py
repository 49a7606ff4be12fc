"""The page at `/` of the local stack, its files, and what it asks: settings and events.

Plain files under a strict policy. The page may frame the adviser's desk, and ask the chatbots of
this stack; nothing else.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from urllib.parse import parse_qs

from switchboard_cli.local.activity import Activity
from switchboard_cli.local.events import HttpRequest, HttpResponse

_PAGES = Path(__file__).parent.parent / "pages"
_WIDGET = Path(__file__).parents[3] / "web" / "dist" / "switchboard-chat.js"
_JAVASCRIPT = "text/javascript; charset=utf-8"
_FILES: Mapping[str, tuple[Path, str]] = {
    "/": (_PAGES / "index.html", "text/html; charset=utf-8"),
    "/start.css": (_PAGES / "start.css", "text/css; charset=utf-8"),
    "/start.js": (_PAGES / "start.js", _JAVASCRIPT),
    "/activity.js": (_PAGES / "activity.js", _JAVASCRIPT),
    "/columns.js": (_PAGES / "columns.js", _JAVASCRIPT),
    "/switchboard-chat.js": (_WIDGET, _JAVASCRIPT),
}


class StartPage:
    """`settings` gives what the page may know; `desk` and `chatbots` are origins, or empty."""

    def __init__(
        self,
        settings: Callable[[], Mapping[str, object]],
        activity: Activity,
        *,
        desk: str = "",
        chatbots: str = "",
    ) -> None:
        self._settings = settings
        self._activity = activity
        connect = f"'self' {chatbots}".strip()
        frame = desk or "'none'"
        self._headers = (
            ("cache-control", "no-store"),
            (
                "content-security-policy",
                "default-src 'none'; script-src 'self'; style-src 'self'; "
                f"connect-src {connect}; img-src {connect} data:; frame-src {frame}; "
                "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
            ),
            ("referrer-policy", "no-referrer"),
            ("x-content-type-options", "nosniff"),
        )

    def answer(self, request: HttpRequest) -> HttpResponse | None:
        """None: the path is not one of the page's."""
        path = request.raw_path
        if path == "/local.json":
            return self._json(self._settings())
        if path == "/local/events":
            return self._json(self._activity.after(_after(request)))
        if path not in _FILES:
            return None
        file, kind = _FILES[path]
        return HttpResponse(200, file.read_bytes(), (("content-type", kind), *self._headers))

    def _json(self, document: Mapping[str, object]) -> HttpResponse:
        body = json.dumps(document, ensure_ascii=False).encode()
        return HttpResponse(200, body, (("content-type", "application/json"), *self._headers))


def _after(request: HttpRequest) -> int:
    """The query's `after`; everything if it is no number."""
    given = parse_qs(request.target.partition("?")[2]).get("after", [""])[0]
    return int(given) if given.isascii() and given.isdigit() and len(given) < 19 else 0
