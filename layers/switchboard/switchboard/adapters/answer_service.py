"""An external answer service at a host name (contracts/userchat.md, end of "The worker").

It answers questions and translates. Its HTTP status says little: a failure may come as 200 with
`status: error`. Old and new forms of its answers are read.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote, urljoin, urlsplit

from switchboard.adapters.outgoing import NotReached, TooLate, send
from switchboard.domain.errors import ModelFailed, ModelTimeout, RateLimited
from switchboard.domain.session import Source

LONGEST_ANSWER = 100_000
"""In characters; more is no answer but a fault."""


class Refused(ModelFailed):
    """The service will not have what it was sent, such as a language it does not know."""

    retryable = False


@dataclass(frozen=True, slots=True)
class ServiceAnswer:
    """`text` is plain and may be empty; with `hands_off` a human has to go on."""

    text: str
    sources: tuple[Source, ...] = ()
    hands_off: bool = False


def answer(
    host: str, texts: Sequence[str], language: str, region: str, *, seconds: float, base: str = ""
) -> ServiceAnswer:
    """What the service answers to the last of the user's texts.

    Relative sources are pages below `base`, or below the service's own address. Raises
    `ModelTimeout`, `RateLimited` or `ModelFailed`.
    """
    document = _post(
        host,
        "/chatanswers/extract_answer/",
        {
            "messages": [{"role": "user", "content": text} for text in texts],
            "language": language,
            "region": region,
        },
        seconds,
    )
    text = document.get("answer") or ""
    hands_off = document.get("automatic_answers") is False
    if not isinstance(text, str) or len(text) > LONGEST_ANSWER:
        raise ModelFailed("The answer service's answer is not a text.")
    if not text.strip() and not hands_off:
        raise ModelFailed("The answer service's answer is empty.")
    sources = tuple(_sources(document, base or service_url(host)))
    return ServiceAnswer(text.strip(), sources, hands_off)


def translate(host: str, text: str, source: str, target: str, *, seconds: float) -> str:
    """The translation. Raises `ModelTimeout`, `RateLimited` or `ModelFailed`."""
    sent = {"message": text, "source_language": source, "target_language": target}
    document = _post(host, "/translate/message/", sent, seconds)
    translation = document.get("translation")
    if (
        not isinstance(translation, str)
        or not translation.strip()
        or len(translation) > LONGEST_ANSWER
    ):
        raise ModelFailed("The answer service has no translation.")
    return translation


def service_url(host: str) -> str:
    """https, except for a loopback address, which is the local stack's."""
    name = urlsplit(f"//{host}").hostname or ""
    return f"{'http' if _is_loopback(name) else 'https'}://{host}"


def _is_loopback(name: str) -> bool:
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


def _post(host: str, path: str, document: Mapping[str, Any], seconds: float) -> dict[str, Any]:
    if seconds <= 0:
        raise ModelTimeout
    try:
        reply = send("POST", f"{service_url(host)}{path}", document, {}, seconds=seconds)
    except TooLate:
        raise ModelTimeout from None
    except NotReached as error:
        raise ModelFailed(f"The answer service was not reached: {error}.") from None
    if reply.status == 429:
        raise RateLimited
    if reply.status != 200:
        failure = ModelFailed if reply.status >= 500 else Refused
        raise failure(f"The answer service answered {reply.status}.")
    answered = reply.document
    if not isinstance(answered, dict):
        raise ModelFailed("The answer service's answer is not a JSON object.")
    if answered.get("status", "success") != "success":
        raise ModelFailed("The answer service reports an error.")
    return answered


def _sources(document: Mapping[str, Any], base: str) -> Iterator[Source]:
    """Each page once. A page without a title is named by the end of its address."""
    seen = set()
    for entry in _source_entries(document):
        written = entry.get("source") or entry.get("url")
        if not isinstance(written, str):
            continue
        url = urljoin(f"{base.rstrip('/')}/", written)
        if not url.startswith(("https://", "http://")) or url in seen:
            continue
        seen.add(url)
        title = entry.get("title")
        yield Source(url, title if isinstance(title, str) and title.strip() else _title(url))


def _source_entries(document: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """New answers name pages in `details`, used or not; older ones those used in `sources`."""
    details, sources = document.get("details"), document.get("sources")
    if isinstance(details, list) and details:
        yield from (d for d in details if isinstance(d, dict) and d.get("included_in_answer"))
    elif isinstance(sources, list):
        for source in sources:
            yield source if isinstance(source, dict) else {"source": source}


def _title(url: str) -> str:
    parts = urlsplit(url)
    words = unquote(parts.path.rstrip("/").rpartition("/")[2])
    return words.replace("-", " ").strip() or parts.netloc
