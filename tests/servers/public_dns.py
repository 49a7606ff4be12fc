"""A public resolver that answers DNS over HTTPS in JSON, on this machine."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

from switchboard_cli.local.events import HttpRequest, HttpResponse
from switchboard_cli.local.web import WebServer

TXT, CNAME = 16, 5


@dataclass
class PublicResolver:
    """`texts` by name, in the pieces they are stored in; `broken` is sent instead of an answer."""

    url: str = ""
    texts: dict[str, list[list[str]]] = field(default_factory=dict)
    broken: bytes | None = None
    asked: list[str] = field(default_factory=list)

    def answer(self, request: HttpRequest) -> HttpResponse:
        query = parse_qs(urlsplit(request.target).query)
        (name,), (kind,) = query["name"], query["type"]
        self.asked.append(f"{kind} {name}")
        if self.broken is not None:
            return HttpResponse(200, self.broken)
        document: dict[str, Any] = {"Status": 0, "Question": [{"name": name, "type": TXT}]}
        texts = self.texts.get(name)
        if texts is None:
            document["Status"] = 3
        else:
            data = [" ".join(json.dumps(piece) for piece in pieces) for pieces in texts]
            alias = {"name": name, "type": CNAME, "data": "elsewhere.example.net."}
            answers = [{"name": name, "type": TXT, "TTL": 60, "data": text} for text in data]
            document["Answer"] = [alias, *answers]
        return HttpResponse(200, json.dumps(document).encode())


@contextmanager
def public_resolver() -> Iterator[PublicResolver]:
    """Listens for the time of the block."""
    resolver = PublicResolver()
    server = WebServer("127.0.0.1", 0)
    server.start(resolver.answer)
    resolver.url = f"http://127.0.0.1:{server.port}/dns-query"
    try:
        yield resolver
    finally:
        server.stop()
