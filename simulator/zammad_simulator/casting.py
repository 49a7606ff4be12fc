"""How Rails turns request values into column values. Kept apart because its surprises are worth a
test of their own.
"""

from __future__ import annotations

import base64
import binascii
import re

from zammad_simulator.errors import Unprocessable

_FALSE = frozenset({"0", "f", "F", "false", "FALSE", "off", "OFF"})
_REQUIRED_ATTACHMENT_KEYS = ("mime-type", "filename", "data")


def cast_boolean(value: object) -> bool | None:
    """A boolean column: empty is null, Rails' list of false spellings is false, anything else
    (`"False"`!) is true.
    """
    if value is None or value == "":
        return None
    if isinstance(value, str):
        return value not in _FALSE
    return value not in (False, 0)


def cast_string(value: object) -> str | None:
    """A string column: null stays null, booleans become `t` and `f` as Rails writes them."""
    if value is None:
        return None
    if isinstance(value, bool):
        return "t" if value else "f"
    return str(value)


def cast_id(value: object) -> int | None:
    """A record id from a path or a body: leading digits count, anything else is no id."""
    match = (
        re.match(r"\d{1,18}", str(value))
        if value is not None and not isinstance(value, bool)
        else None
    )
    return int(match.group()) if match else None


def decode_attachment(index: int, attachment: object) -> tuple[str, str, bytes]:
    """File name, MIME type and bytes of one entry of `attachments`.

    Raises Unprocessable when one of the three keys is missing or the data is not strict base64
    (line ends allowed).
    """
    entry = attachment if isinstance(attachment, dict) else {}
    for key in _REQUIRED_ATTACHMENT_KEYS:
        if entry.get(key) in (None, False):
            raise Unprocessable(
                f"Attachment needs '{key}' param for attachment with index '{index}'"
            )
    text = str(entry["data"]).replace("\r", "").replace("\n", "")
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise Unprocessable(f"Invalid base64 for attachment with index '{index}'") from None
    return str(entry["filename"]), str(entry["mime-type"]), data
