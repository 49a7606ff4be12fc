"""GET or POST /config/: what a web client needs to show a chatbot and to go on with a session.

It tells nothing that a turn's answer would not: no prompt, no tool's data, no other session.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from chatbot.edge import Call
from chatbot.envelope import API
from chatbot.parsing import read_document, read_session_key
from switchboard.api.http import Request, Response, json_response
from switchboard.domain.conversation import Role
from switchboard.domain.directory import Chatbot
from switchboard.domain.hostname import is_web_platform
from switchboard.domain.ids import SessionKey
from switchboard.domain.session import Session, SessionId
from switchboard.ports.clock import Clock, IdSource
from switchboard.ports.sessions import SessionRepository


@dataclass(frozen=True, slots=True)
class Config:
    sessions: SessionRepository
    clock: Clock
    ids: IdSource
    platform_domain: str

    def __call__(self, call: Call, chatbot: Chatbot) -> Response:
        has_body = call.request.method == "POST" and call.request.body
        document = read_document(call.request) if has_body else {}
        given = read_session_key(call.request, document)
        session = Session()
        if given is not None:
            session = self.sessions.newest_turns(SessionId(chatbot.id, given), self.clock.now())
        session_key = given or SessionKey(self.ids.token())
        data = {
            "session_key": session_key,
            "sandbox_mode": is_web_platform(call.request.host, self.platform_domain),
            "debug_mode": False,
            "chatbot": _chatbot(chatbot, chatbot_url(call.request, call.address.base)),
            "history": _history(session_key, chatbot, session),
            "meta_data": {"is_valid": True, "is_deployed": chatbot.deployed},
            "plugins": _plugins(chatbot),
        }
        metadata = {"command": "chat_config", "key": call.key}
        return json_response(
            200, {"data": data, "api": API, "thing": "ChatConfig", "metadata": metadata}
        )


def chatbot_url(request: Request, base: str) -> str:
    """Where this client reaches the chatbot: the address it has just used, ending with `/chat/`.

    https, except under `localhost`, where only a local stack answers; there it has a port.
    """
    host = request.host
    if host.rpartition(".")[2] != "localhost":
        return f"https://{host}{base}/chat/"
    port = request.header("host").rpartition(":")[2]
    has_port = port.isascii() and port.isdigit()
    return f"http://{host}{f':{port}' if has_port else ''}{base}/chat/"


def _chatbot(chatbot: Chatbot, url: str) -> dict[str, Any]:
    return {
        "id": chatbot.id,
        "name": chatbot.name,
        "description": chatbot.description,
        "version": chatbot.version,
        "url_chatbot": url,
        "deployed": chatbot.deployed,
        "provider": chatbot.provider,
        "default_model": chatbot.model,
        "default_temperature": chatbot.temperature,
        "default_max_tokens": chatbot.max_tokens,
        **{f"app_{name}": value for name, value in asdict(chatbot.app).items()},
    }


def _history(session_key: SessionKey, chatbot: Chatbot, session: Session) -> dict[str, Any]:
    """Who said what, oldest first, of the newest turns. Tool calls and their results stay here."""
    messages = [message for turn in session.turns for message in turn.messages]
    return {
        "chat": {
            "session_key": session_key,
            "chatbot": chatbot.name,
            "updated_at": _moment(turn.asked_at for turn in session.turns),
        },
        "chat_history": [
            {"role": message.role.value, "content": message.content}
            for message in messages
            if message.role in (Role.USER, Role.ASSISTANT) and message.content.strip()
        ],
    }


def _moment(times: Iterable[int]) -> str | None:
    """The latest of the times, given in milliseconds, as RFC 3339 writes it."""
    latest = max(times, default=None)
    if latest is None:
        return None
    written = datetime.fromtimestamp(latest / 1000, UTC).isoformat(timespec="milliseconds")
    return written.replace("+00:00", "Z")


def _plugins(chatbot: Chatbot) -> dict[str, Any]:
    plugins = [{"name": p.name, "pluginClass": p.plugin_class} for p in chatbot.plugins]
    return {
        "meta_data": {"total_plugins": len(plugins), "plugins_returned": len(plugins)},
        "plugins": plugins,
    }
