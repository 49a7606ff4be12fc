"""The Zammad simulator, as a process of its own, so that it fails and stops like a real server."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence

import requests

from switchboard_cli.local.child import Child
from switchboard_cli.local.narration import Event, of_article

_PATIENCE_SECONDS = 2.0


def start_help_desk(
    *,
    host: str,
    port: int,
    webhook_url: str,
    bridge_token: str,
    signature_token: str,
    extra: Sequence[str],
    log: Callable[[str], None],
    framed_by: Sequence[str] = (),
) -> Child:
    """A simulator that posts signed webhooks to `webhook_url`; `extra` are more of its options.

    Pages of the origins in `framed_by` may show it in a frame.
    """
    options = {
        "--host": host,
        "--port": str(port),
        "--webhook": webhook_url,
        "--bridge-token": bridge_token,
        "--signature-token": signature_token,
    }
    words = [f"{name}={value}" for name, value in options.items() if value]
    words += [f"--frame-ancestor={origin}" for origin in framed_by]
    return Child(
        ["-m", "zammad_simulator", *words, *extra], ready="Zammad simulator ready at ", log=log
    )


class NewArticles:
    """Each call gives the articles that the simulator at `address` got since the one before."""

    def __init__(self, address: str) -> None:
        self._address = f"{address}/simulator/articles"
        self._last = 0
        self._lock = threading.Lock()

    def __call__(self) -> list[Event]:
        with self._lock, requests.Session() as session:
            session.trust_env = False
            try:
                answer = session.get(
                    self._address, params={"after": self._last}, timeout=_PATIENCE_SECONDS
                )
                articles = answer.json()
            except (requests.RequestException, ValueError):
                return []  # it is stopped or busy: the next call asks for the same ones
            if articles:
                self._last = max(article["id"] for article in articles)
            return [of_article(article) for article in articles]
