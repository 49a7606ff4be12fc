"""Files of messages: which of Zammad's attachments is which of ours, and pictures in HTML.

A picture in an adviser's HTML is kept as `<img src="attachment:312">`, 312 being Zammad's number
of the attachment, because the address a client can load it from differs from client to client.
The sanitiser (adapters/html_safety.py) leaves no other picture.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace

from switchboard.domain.chat import Attachment
from switchboard.domain.ticket import ArticleAttachment

IMAGE_SCHEME = "attachment:"
_IMAGE = re.compile(rf'<img src="{IMAGE_SCHEME}([0-9]{{1,18}})">')


def match_files(
    own: Sequence[Attachment], there: Sequence[ArticleAttachment]
) -> tuple[Attachment, ...]:
    """Our attachments with Zammad's numbers: by name and size, else by size.

    What is not found keeps its number, if it has one. Each of Zammad's is used once.
    """
    left = [file for file in there if file.id not in {a.source_id for a in own}]
    matched = {}
    for by_name in (True, False):
        for place, attachment in enumerate(own):
            if attachment.source_id or place in matched:
                continue
            for file in left:
                if file.size == attachment.size and (
                    not by_name or file.filename == attachment.filename
                ):
                    matched[place] = file.id
                    left.remove(file)
                    break
    return tuple(
        replace(attachment, source_id=matched.get(place, attachment.source_id))
        for place, attachment in enumerate(own)
    )


def with_images(body: str, image: Callable[[int], str]) -> str:
    """The HTML with each picture as `image` writes it, called with Zammad's number."""
    return _IMAGE.sub(lambda match: image(int(match.group(1))), body)


def without_images(body: str) -> str:
    return with_images(body, lambda number: "")
