"""HTTP requests that leave the bundle: one session per process, JSON out and in, one deadline.

Redirects are never followed, because credentials would go along. Nothing is taken from the
environment. An answer is read no further than its size cap and not past the deadline, also
when the other side sends a byte now and then: socket timeouts count from byte to byte, so a watch
on the connection ends it. Imports `requests`, which costs a cold start: import this module at init
only where most requests need it.
"""

from __future__ import annotations

import json
import socket
import ssl
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import cache
from http.cookiejar import DefaultCookiePolicy
from threading import Timer
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from requests.utils import DEFAULT_CA_BUNDLE_PATH
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import NewConnectionError, SSLError
from urllib3.util.retry import Retry

from switchboard.adapters.public_only import PublicOnly

CONNECT_SECONDS = 3.0
ANSWER_BYTES = 16 * 1024 * 1024
CHUNK_BYTES = 65_536
IDLE_SECONDS = 20.0

_last_used: dict[requests.Session, float] = {}


class NotReached(Exception):
    """No whole HTTP answer came: refused, cut off, not resolvable, too large.

    `maybe_sent` is false if no connection was made, so that nothing can have taken effect.
    """

    def __init__(self, reason: str, *, maybe_sent: bool = True) -> None:
        super().__init__(reason)
        self.maybe_sent = maybe_sent


class TooLate(Exception):
    """The deadline passed before the answer was complete."""


@dataclass(frozen=True, slots=True)
class HttpAnswer:
    """Header names are lower-case."""

    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def document(self) -> Any:
        """The parsed body, or None if it is not JSON."""
        return _parsed(self.body)


class _Watch:
    """Shuts a request's socket when its time is up, which ends whoever waits for it."""

    def __init__(self, ends: float) -> None:
        self.expired = False
        self._socket: socket.socket | None = None
        self._timer = Timer(max(ends - time.monotonic(), 0.0), self._expire)
        self._timer.daemon = True

    def over(self, connection: HTTPConnection) -> None:
        """From here on the connection's socket is the one to shut."""
        self._socket = connection.sock
        if self.expired:
            self._shut()

    def _expire(self) -> None:
        self.expired = True
        self._shut()

    def _shut(self) -> None:
        """Past the TLS layer, whose own shutdown would wait for the other side."""
        if self._socket is not None:
            with suppress(OSError):
                socket.socket.shutdown(self._socket, socket.SHUT_RDWR)

    @contextmanager
    def watching(self) -> Iterator[None]:
        token = _watch.set(self)
        self._timer.start()
        try:
            yield
        finally:
            self._timer.cancel()
            _watch.reset(token)


_watch: ContextVar[_Watch | None] = ContextVar("_watch", default=None)


class _Watched(HTTPConnection):
    """Tells the request's watch of its socket: when it is new, and when it is used again."""

    def connect(self) -> None:
        super().connect()
        self._tell()

    def request(self, *args: Any, **kwargs: Any) -> None:
        self._tell()
        super().request(*args, **kwargs)

    def _tell(self) -> None:
        watch = _watch.get()
        if watch is not None and self.sock is not None:
            watch.over(self)


class _WatchedTls(_Watched, HTTPSConnection):
    pass


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Watched


class _TlsPool(HTTPSConnectionPool):
    ConnectionCls = _WatchedTls


class _PublicTlsPool(_TlsPool):
    class ConnectionCls(PublicOnly, _WatchedTls): ...


class _Adapter(HTTPAdapter):
    tls_pool = _TlsPool

    def __init__(self) -> None:
        super().__init__(max_retries=Retry(0, read=False))

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = {"http": _Pool, "https": self.tls_pool}


class _TlsAdapter(_Adapter):
    """Shares one TLS context between all connections.

    `requests` would parse its CA bundle again for each of them, which takes 47 ms: leaving
    `ca_certs` unset keeps urllib3 from doing so with a context that has its certificates.
    """

    def __init__(self) -> None:
        self._context = ssl.create_default_context(cafile=DEFAULT_CA_BUNDLE_PATH)
        super().__init__()

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, ssl_context=self._context, **kwargs)

    def cert_verify(self, conn: Any, url: str, verify: Any, cert: Any) -> None:
        conn.cert_reqs = "CERT_REQUIRED"


class _Session(requests.Session):
    """Makes the TLS context for the first https address: it costs a fifth of a cold start."""

    def get_adapter(self, url: str | bytes) -> Any:
        if str(url).lower().startswith("https://") and not isinstance(
            self.adapters.get("https://"), _TlsAdapter
        ):
            self.mount("https://", _TlsAdapter())
        return super().get_adapter(url)  # type: ignore[arg-type]


class _PublicTlsAdapter(_TlsAdapter):
    tls_pool = _PublicTlsPool


def _fresh_session(made: requests.Session) -> requests.Session:
    """Without connections that were idle for long: a server or a NAT has dropped them, unseen."""
    now = time.time()
    if now - _last_used.get(made, 0) > IDLE_SECONDS:
        for adapter in made.adapters.values():
            adapter.close()
    _last_used[made] = now
    return made


@cache
def session() -> requests.Session:
    """The session of this process. It takes no proxy, no password and no cookie from anywhere."""
    return _bare(_Session(), {"http://": _Adapter()})


@cache
def public_session() -> requests.Session:
    """As `session`, but for https at public addresses only; it shares no connection with that."""
    return _bare(requests.Session(), {"https://": _PublicTlsAdapter()})


def _bare(made: requests.Session, adapters: Mapping[str, HTTPAdapter]) -> requests.Session:
    made.trust_env = False
    made.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    made.adapters.clear()
    for prefix, adapter in adapters.items():
        made.mount(prefix, adapter)
    return made


def send(
    method: str,
    url: str,
    document: Any,
    headers: Mapping[str, str],
    *,
    seconds: float,
    most_bytes: int = ANSWER_BYTES,
    public_only: bool = False,
) -> HttpAnswer:
    """Sends the document as JSON, or no body for None, and returns the answer, whatever its status.

    With `public_only` no other address is connected to, and only by https. Raises
    `NotReached`, or `TooLate` after `seconds`; then the request may have taken effect, but no part
    of it goes on. Only the look-up of a host name has its own limit, the resolver's.
    """
    body = None
    sent = {"Accept": "application/json", **headers}
    if document is not None:
        text = json.dumps(document, ensure_ascii=False, separators=(",", ":"))
        body = text.encode("utf-8", "replace")
        sent["Content-Type"] = "application/json"
    used = public_session() if public_only else session()
    return _send(method, url, body, sent, time.monotonic() + seconds, most_bytes, used)


def _send(
    method: str,
    url: str,
    body: bytes | None,
    headers: Mapping[str, str],
    ends: float,
    most_bytes: int,
    used: requests.Session,
) -> HttpAnswer:
    left = max(ends - time.monotonic(), 0.001)
    watch = _Watch(ends)
    try:
        with (
            watch.watching(),
            _fresh_session(used).request(
                method,
                url,
                data=body,
                headers=headers,
                timeout=(min(CONNECT_SECONDS, left), left),
                allow_redirects=False,
                stream=True,
            ) as answer,
        ):
            raw = bytearray()
            for chunk in answer.iter_content(CHUNK_BYTES):
                raw += chunk
                if len(raw) > most_bytes:
                    raise NotReached("the answer is too large")
            if watch.expired:
                raise TooLate
            names = {name.lower(): value for name, value in answer.headers.items()}
            return HttpAnswer(answer.status_code, bytes(raw), names)
    except requests.ConnectTimeout as error:
        raise NotReached(type(error).__name__, maybe_sent=False) from None
    except requests.Timeout:
        raise TooLate from None
    except (requests.RequestException, OSError, ValueError) as error:
        if watch.expired:
            raise TooLate from None
        raise NotReached(type(error).__name__, maybe_sent=not _never_connected(error)) from None


def _never_connected(error: Exception) -> bool:
    """Also where the certificate was not accepted: that is before anything is sent."""
    reason = getattr(error.args[0] if error.args else None, "reason", None)
    return isinstance(reason, NewConnectionError) or (
        isinstance(reason, SSLError) and "CERTIFICATE_VERIFY_FAILED" in str(reason)
    )


def _parsed(raw: bytes) -> Any:
    try:
        return json.loads(raw)
    except (ValueError, RecursionError):
        return None
