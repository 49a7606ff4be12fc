"""A model server that speaks OpenAI chat completions and does what its script says.

It is a real HTTP server on this machine, so that timeouts, cut connections and odd answers are
real ones too.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import ThreadingHTTPServer
from typing import Any

from tests.servers.serving import Handler, serving

JSON = "application/json"


@dataclass(frozen=True)
class Reply:
    """One answer. With `cut` the connection closes without one; with `hang` none ever comes.

    With `drip` the body comes byte by byte until the client gives up.
    """

    status: int = 200
    body: str = ""
    headers: Mapping[str, str] = field(default_factory=lambda: {"Content-Type": JSON})
    cut: bool = False
    hang: bool = False
    drip: bool = False


def text_reply(text: str, **usage: int) -> Reply:
    return message_reply({"role": "assistant", "content": text}, "stop", **usage)


def tool_reply(*calls: tuple[str, str, str], **usage: int) -> Reply:
    """Calls as (id, name, arguments)."""
    written = [
        {"id": call_id, "type": "function", "function": {"name": name, "arguments": arguments}}
        for call_id, name, arguments in calls
    ]
    message = {"role": "assistant", "content": None, "tool_calls": written}
    return message_reply(message, "tool_calls", **usage)


def message_reply(message: Any, finish_reason: str = "stop", **usage: int) -> Reply:
    document = {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1,
        "model": "scripted-1",
        "choices": [{"index": 0, "message": message, "finish_reason": finish_reason}],
        "usage": usage or None,
    }
    return Reply(body=json.dumps(document))


class OpenAiServer:
    """`replies` are given in turn, the last one again and again; `requests` are what came in."""

    def __init__(self, url: str, closing: threading.Event) -> None:
        self.url = url
        self.requests: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        self.paths: list[str] = []
        self.replies: list[Reply] = [text_reply("Hello.")]
        self.closing = closing

    def script(self, *replies: Reply) -> None:
        self.replies = list(replies)

    def next_reply(self) -> Reply:
        return self.replies.pop(0) if len(self.replies) > 1 else self.replies[0]


@contextmanager
def openai_server() -> Iterator[OpenAiServer]:
    """A running server; its base URL ends with `/v1`, as a manifest's `baseUrl` would."""
    closing = threading.Event()
    listener = _Listener(("127.0.0.1", 0), _Handler)
    server = OpenAiServer(f"http://127.0.0.1:{listener.server_port}/v1", closing)
    listener.script = server
    with serving(listener):
        try:
            yield server
        finally:
            closing.set()


class _Listener(ThreadingHTTPServer):
    daemon_threads = True
    script: OpenAiServer


class _Handler(Handler):
    protocol_version = "HTTP/1.1"
    server: _Listener

    def take(self) -> None:
        script = self.server.script
        body = self.read()
        script.paths.append(self.path)
        script.headers.append({name.lower(): value for name, value in self.headers.items()})
        script.requests.append(json.loads(body))
        self._give(script.next_reply(), script.closing)

    def _give(self, reply: Reply, closing: threading.Event) -> None:
        if reply.cut or reply.hang:
            self.close_connection = True
            if reply.hang:
                closing.wait(30)
            return
        raw = reply.body.encode()
        self.begin(reply.status, reply.headers, len(raw) + (1_000_000 if reply.drip else 0))
        self.wfile.write(raw)
        while reply.drip and not closing.wait(0.02):
            try:
                self.wfile.write(b" ")
            except OSError:
                self.close_connection = True
                return
