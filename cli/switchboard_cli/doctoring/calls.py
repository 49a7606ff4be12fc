"""Raw calls to a Zammad: a diagnosis needs the answer as it is, redirects and HTML pages included.

Nothing is followed, repeated or taken from the environment, and no call outlasts its deadline. The
token goes into the header and nowhere else.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from types import TracebackType
from typing import Any

import requests
from urllib3.exceptions import NameResolutionError, NewConnectionError

from switchboard_cli.doctoring.findings import quoted

CONNECT_SECONDS = 5.0
ANSWER_BYTES = 4 * 1024 * 1024
CHUNK_BYTES = 65_536


class NoAnswer(Exception):
    """No whole HTTP answer came; its text says why, in words for the operator."""


class NotTrusted(NoAnswer):
    """TLS failed: the certificate, the host name, or no TLS at all on the other side."""


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    content: bytes
    content_type: str = ""
    location: str = ""

    @property
    def document(self) -> Any:
        """The parsed body, or None if it is not JSON."""
        try:
            return json.loads(self.content)
        except (ValueError, RecursionError):
            return None

    @property
    def is_redirect(self) -> bool:
        return 300 <= self.status < 400

    @property
    def error(self) -> str:
        """Zammad's own words for a refusal; empty if there are none."""
        document = self.document
        return str(document.get("error") or "") if isinstance(document, dict) else ""

    def __str__(self) -> str:
        if self.error:
            return f"{self.status}: {quoted(self.error)}"
        kind = self.content_type.partition(";")[0].strip().lower()
        return f"{self.status}, {quoted(kind) or 'nothing'} instead of what Zammad answers"


class ZammadCalls:
    """Calls with one token; `seconds` is how long each of them may take in all."""

    def __init__(self, url: str, token: str, seconds: float) -> None:
        self.url = url
        self._seconds = seconds
        self._session = requests.Session()
        self._session.trust_env = False
        self._session.headers.update(
            {"Accept": "application/json", "Authorization": f"Token token={token}"}
        )

    def __enter__(self) -> ZammadCalls:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._session.close()

    def ask(self, method: str, path: str, document: Any = None) -> Answer:
        """The answer, whatever its status; `path` starts after `/api/v1`. Raises `NoAnswer`.

        Also when it raises, the request may have taken effect, or may still.
        """
        outcome: list[Answer | BaseException] = []

        def run() -> None:
            try:
                outcome.append(self._send(method, path, document))
            except BaseException as error:  # noqa: BLE001 - raised again by whoever waits
                outcome.append(error)

        # Timeouts of sockets count from byte to byte, and name look-ups know none.
        thread = threading.Thread(target=run, daemon=True)
        thread.start()
        thread.join(self._seconds)
        if not outcome:
            raise self._too_slow()
        if isinstance(outcome[0], Answer):
            return outcome[0]
        raise outcome[0]

    def _send(self, method: str, path: str, document: Any) -> Answer:
        try:
            with self._session.request(
                method,
                f"{self.url}/api/v1{path}",
                json=document,
                timeout=(min(CONNECT_SECONDS, self._seconds), self._seconds),
                allow_redirects=False,
                stream=True,
            ) as answer:
                content = bytearray()
                for chunk in answer.iter_content(CHUNK_BYTES):
                    content += chunk
                    if len(content) > ANSWER_BYTES:
                        raise NoAnswer(f"the answer is larger than {ANSWER_BYTES} bytes")
                kind = answer.headers.get("Content-Type", "")
                location = answer.headers.get("Location", "")
                return Answer(answer.status_code, bytes(content), kind, location)
        except requests.exceptions.SSLError as error:
            raise NotTrusted(_reason_of_tls(error)) from None
        except requests.Timeout:
            raise self._too_slow() from None
        except (requests.RequestException, OSError, ValueError) as error:
            raise NoAnswer(_reason(error)) from None

    def _too_slow(self) -> NoAnswer:
        return NoAnswer(f"no answer within {self._seconds:g} seconds")


def _causes(error: BaseException) -> Iterator[BaseException]:
    """The error and what it was made from; requests and urllib3 wrap one in the other."""
    waiting: list[object] = [error]
    seen: set[int] = set()
    while waiting:
        cause = waiting.pop(0)
        if isinstance(cause, BaseException) and id(cause) not in seen:
            seen.add(id(cause))
            yield cause
            waiting += [getattr(cause, "reason", None), cause.__cause__, cause.__context__]
            waiting += cause.args


def _reason(error: Exception) -> str:
    causes = list(_causes(error))
    if any(isinstance(cause, NameResolutionError) for cause in causes):
        return "the host name is not known to DNS"
    if any(isinstance(cause, NewConnectionError) for cause in causes):
        return "the connection is refused"
    return f"the connection ended without an answer ({type(error).__name__})"


def _reason_of_tls(error: Exception) -> str:
    for cause in _causes(error):
        told = getattr(cause, "verify_message", "")
        if told:
            return quoted(told)
    for cause in _causes(error):
        told = str(getattr(cause, "reason", "") or "")
        if told and told.isupper():
            return quoted(told.replace("_", " ").lower())
    return "the TLS handshake failed"
