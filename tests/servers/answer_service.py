"""An answer service that speaks the protocol of contracts/userchat.md, over real HTTP."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import ThreadingHTTPServer
from typing import Any

from tests.servers.openai_server import Reply
from tests.servers.serving import Handler, serving

ANSWERS = "/chatanswers/extract_answer/"
TRANSLATIONS = "/translate/message/"


def reply(http_status: int = 200, /, **document: Any) -> Reply:
    return Reply(http_status, json.dumps(document))


class AnswerService:
    """Answers as scripted; translates by writing the target language before the text.

    `asked` and `translated` are the requests that came in. `translation` replaces the translator.
    """

    def __init__(self, host: str) -> None:
        self.host = host
        self.answer = reply(status="success", answer="Im Rathaus.", automatic_answers=True)
        self.translation: Reply | None = None
        self.asked: list[dict[str, Any]] = []
        self.translated: list[dict[str, Any]] = []
        self.paths: list[str] = []

    def take(self, path: str, document: dict[str, Any]) -> Reply:
        self.paths.append(path)
        if path == ANSWERS:
            self.asked.append(document)
            return self.answer
        if path != TRANSLATIONS:
            return reply(404)
        self.translated.append(document)
        text = f"[{document['target_language']}] {document['message']}"
        return self.translation or reply(translation=text, status="success")


@contextmanager
def answer_service() -> Iterator[AnswerService]:
    """A running service; its host is a loopback address with a port."""
    listener = _Listener(("127.0.0.1", 0), _Handler)
    listener.service = AnswerService(f"127.0.0.1:{listener.server_port}")
    with serving(listener):
        yield listener.service


class _Listener(ThreadingHTTPServer):
    daemon_threads = True
    service: AnswerService


class _Handler(Handler):
    protocol_version = "HTTP/1.1"
    server: _Listener

    def take(self) -> None:
        given = self.server.service.take(self.path, json.loads(self.read()))
        if given.cut:
            self.close_connection = True
            return
        self.answer(given.status, given.headers, given.body.encode())
