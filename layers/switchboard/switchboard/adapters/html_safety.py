"""Foreign HTML made safe to show: an allow-list of harmless elements, everything else gone.

Of pictures only those stay that are attachments of an article in the help desk: see
`switchboard.domain.files`.
"""

from __future__ import annotations

import html
import re

import nh3

from switchboard.domain.files import IMAGE_SCHEME

_INLINE = re.compile(
    r"/api/v1/ticket_attachment/[0-9]{1,18}/[0-9]{1,18}/([0-9]{1,18})(?:\?view=inline)?"
)
MOST_TAGS = 5_000
"""More take a cleaner too long, whose time grows with the square of their depth."""
_TAG = re.compile(r"<[^<>]*>")
_LINK = re.compile(r"[\x00-\x20]*(?:https?|mailto|tel):", re.IGNORECASE)


def _attribute(element: str, attribute: str, value: str) -> str | None:
    """Links have a scheme; a picture is its attachment's number."""
    if element == "img":
        match = _INLINE.fullmatch(value.strip())
        return f"{IMAGE_SCHEME}{int(match.group(1))}" if match else None
    if attribute == "href" and not _LINK.match(value):
        return None
    return value


_CLEANER = nh3.Cleaner(
    tags={
        "a", "b", "blockquote", "br", "code", "div", "em", "h1", "h2", "h3", "h4", "h5", "h6",
        "hr", "i", "img", "li", "ol", "p", "pre", "s", "span", "strong", "sub", "sup", "table",
        "tbody", "td", "th", "thead", "tr", "u", "ul",
    },
    attributes={
        "a": {"href", "title"},
        "img": {"src"},
        "td": {"colspan", "rowspan"},
        "th": {"colspan", "rowspan"},
    },
    attribute_filter=_attribute,
    url_schemes={"http", "https", "mailto", "tel"},
    link_rel="noopener noreferrer",
    url_relative="pass_through",
)  # fmt: skip


def sanitise(body: str, content_type: str = "text/html") -> str:
    """HTML of allow-listed elements; links to http, https, mailto, tel. Plain text is escaped.

    Of HTML with too many tags the text alone is left.
    """
    if not content_type.startswith("text/html"):
        return html.escape(body, quote=False).replace("\r\n", "\n").replace("\n", "<br>")
    if body.count("<") > MOST_TAGS:
        return html.escape(html.unescape(_TAG.sub(" ", body)), quote=False)
    return _CLEANER.clean(body).replace("<img>", "")
