"""Foreign HTML made safe to show: an allow-list of harmless elements, everything else gone."""

from __future__ import annotations

import html

import nh3

_CLEANER = nh3.Cleaner(
    tags={
        "a", "b", "blockquote", "br", "code", "div", "em", "h1", "h2", "h3", "h4", "h5", "h6",
        "hr", "i", "li", "ol", "p", "pre", "s", "span", "strong", "sub", "sup", "table", "tbody",
        "td", "th", "thead", "tr", "u", "ul",
    },
    attributes={"a": {"href", "title"}, "td": {"colspan", "rowspan"}, "th": {"colspan", "rowspan"}},
    url_schemes={"http", "https", "mailto", "tel"},
    link_rel="noopener noreferrer",
    url_relative="deny",
)  # fmt: skip


def sanitise(body: str, content_type: str = "text/html") -> str:
    """HTML of allow-listed elements; links to http, https, mailto, tel. Plain text is escaped."""
    if not content_type.startswith("text/html"):
        return html.escape(body, quote=False).replace("\r\n", "\n").replace("\n", "<br>")
    return _CLEANER.clean(body)
