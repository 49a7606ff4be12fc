"""A web site of somebody else that embeds the widget: another origin, under a strict policy."""

from __future__ import annotations

import base64
import html
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=="
)
"""A picture."""
WIDGET = Path(__file__).parents[2] / "web" / "dist" / "switchboard-chat.js"
OPEN = "/open/"
"""Where pages without a policy are."""
PAGE = """<!doctype html>
<html lang="{language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>City library</title>
<link rel="icon" href="data:,">
<script src="/switchboard-chat.js" defer></script>
</head>
<body>
<main><h1>City library</h1><p>Open from nine to five. <a href="#top">Directions</a></p></main>
{element}
</body>
</html>
"""


class Site:
    """Serves pages until `stop`; they may reach nothing but themselves and the allowed APIs."""

    def __init__(self) -> None:
        self.allowed: tuple[str, ...] = ()
        self._pages: dict[str, str] = {}
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def page(
        self, attributes: Mapping[str, str], language: str = "en", *, is_strict: bool = True
    ) -> str:
        """The address of a page with a widget that has these attributes.

        Without `is_strict` the page has no policy that would stop what it should not run.
        """
        written = "".join(f' {name}="{html.escape(text)}"' for name, text in attributes.items())
        element = f"<switchboard-chat{written}></switchboard-chat>"
        path = f"{'/' if is_strict else OPEN}{len(self._pages)}.html"
        self._pages[path] = PAGE.format(language=language, element=element)
        return self.url + path

    @property
    def policy(self) -> str:
        allowed = " ".join(self.allowed)
        return (
            f"default-src 'none'; script-src 'self'; connect-src {allowed}; "
            f"img-src data: {allowed}; base-uri 'none'; form-action 'none'"
        )

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        site = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                kind, body = "text/html; charset=utf-8", site._pages.get(self.path, "").encode()
                if self.path == "/switchboard-chat.js":
                    kind, body = "text/javascript; charset=utf-8", WIDGET.read_bytes()
                self.send_response(200 if body else 404)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(body)))
                if not self.path.startswith(OPEN):
                    self.send_header("Content-Security-Policy", site.policy)
                self.send_header("Cache-Control", "no-store")
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *values: object) -> None:
                """Silent."""

        return Handler
