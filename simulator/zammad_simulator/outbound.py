"""The HTTP client webhooks are posted with: no redirects, no proxies, two timeouts, and
connections that can be cut.

Cutting matters for stopping: a receiver that never answers must not hold the simulator for half a
minute.
"""

from __future__ import annotations

import contextlib
import socket
import threading
import weakref
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool


class Outbound:
    """Posts raw bodies. Safe to use from several threads."""

    def __init__(self, open_timeout: float, read_timeout: float) -> None:
        self._timeouts = (open_timeout, read_timeout)
        self._sockets: weakref.WeakSet[socket.socket] = weakref.WeakSet()
        self._lock = threading.Lock()
        self._closed = True

    def open(self) -> None:
        """Allow posting."""
        with self._lock:
            self._closed = False

    def close(self) -> None:
        """Cut every connection; posts under way end with an error at once."""
        with self._lock:
            self._closed = True
            for connection in list(self._sockets):
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)

    def post(self, url: str, body: bytes, headers: dict[str, str]) -> tuple[int | None, str | None]:
        """Post once on a connection of its own; the status, or None and the reason. Redirects are
        not followed.
        """
        try:
            with requests.Session() as session:
                session.trust_env = False
                adapter = _CuttableAdapter(self._remember)
                session.mount("http://", adapter)
                session.mount("https://", adapter)
                answer = session.post(
                    url, data=body, headers=headers, timeout=self._timeouts, allow_redirects=False
                )
                return answer.status_code, None
        except (requests.RequestException, OSError) as error:
            return None, type(error).__name__

    def _remember(self, connection: socket.socket) -> None:
        with self._lock:
            if self._closed:
                raise ConnectionAbortedError("stopping")
            self._sockets.add(connection)


class _CuttableAdapter(HTTPAdapter):
    """Tells `remember` about each socket it opens."""

    def __init__(self, remember: Any) -> None:
        self._remember = remember
        super().__init__()

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        """Use connection classes that report their socket."""
        super().init_poolmanager(*args, **kwargs)
        remember = self._remember

        class Plain(HTTPConnection):
            def connect(self) -> None:
                super().connect()
                remember(self.sock)

        class Encrypted(HTTPSConnection):
            def connect(self) -> None:
                super().connect()
                remember(self.sock)

        plain_pool = type("PlainPool", (HTTPConnectionPool,), {"ConnectionCls": Plain})
        encrypted_pool = type("EncryptedPool", (HTTPSConnectionPool,), {"ConnectionCls": Encrypted})
        self.poolmanager.pool_classes_by_scheme = {"http": plain_pool, "https": encrypted_pool}
