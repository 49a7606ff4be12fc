"""Makes an article's HTML safe to show: a short list of harmless tags, no attribute but checked
links and images.

Everything not on the list is dropped, its text stays; the content of scripts and styles goes too.
"""

from __future__ import annotations

import re
from html import escape
from html.parser import HTMLParser

_TEXT_TAGS = "a b blockquote br code dd div dl dt em h1 h2 h3 h4 hr i img li ol p pre s span"
_KEPT = frozenset(f"{_TEXT_TAGS} strong sub sup u ul".split())
_VOID = frozenset({"br", "hr", "img"})
_SWALLOWED = frozenset(
    {"script", "style", "template", "noscript", "iframe", "object", "svg", "math", "title"}
)
_LINK = re.compile(r"(?:https?://|mailto:|tel:)[^\s\"'<>]+", re.IGNORECASE)
_IMAGE = re.compile(r"/api/v1/ticket_attachment/(\d+)/(\d+)/(\d+)(?:\?view=inline)?")


def safe_html(body: str) -> str:
    """The body with only allowed tags, all closed. Inline images point to the page's own download
    address.
    """
    parser = _Sanitizer()
    parser.feed(body)
    parser.close()
    return parser.finished()


class _Sanitizer(HTMLParser):
    """Collects safe output; `_open` holds tags still to be closed, `_hidden` the swallowed tag one
    is inside of.
    """

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._out: list[str] = []
        self._open: list[str] = []
        self._hidden: list[str] = []

    def finished(self) -> str:
        """The output with every open tag closed."""
        return "".join(self._out) + "".join(f"</{tag}>" for tag in reversed(self._open))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _SWALLOWED:
            self._hidden.append(tag)
        elif not self._hidden and tag in _KEPT:
            attributes = _attributes(tag, dict(attrs))
            if tag == "img" and not attributes:
                return
            self._out.append(f"<{tag}{attributes}>")
            if tag not in _VOID:
                self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _VOID:
            self.handle_starttag(tag, attrs)

    def handle_endtag(self, tag: str) -> None:
        if self._hidden:
            if tag == self._hidden[-1]:
                self._hidden.pop()
        elif tag in self._open:
            while True:
                closed = self._open.pop()
                self._out.append(f"</{closed}>")
                if closed == tag:
                    break

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self._out.append(escape(data))


def _attributes(tag: str, given: dict[str, str | None]) -> str:
    if tag == "a":
        address = (given.get("href") or "").strip()
        if _LINK.fullmatch(address):
            return f' href="{escape(address)}" rel="noopener noreferrer nofollow" target="_blank"'
    if tag == "img":
        found = _IMAGE.fullmatch((given.get("src") or "").strip())
        if found:
            ticket, article, attachment = found.groups()
            address = f"/tickets/{ticket}/files/{article}/{attachment}?view=inline"
            return f' src="{address}" alt="picture in the message"'
    return ""
