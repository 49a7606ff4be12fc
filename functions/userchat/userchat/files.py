"""The files of a message, checked: how many, how large, and what they are by their content.

Imported only when files come.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
import unicodedata
from collections.abc import Callable, Collection, Iterable, Sequence
from pathlib import PurePosixPath
from typing import NamedTuple
from urllib.parse import unquote

from switchboard.domain.errors import BadRequest
from switchboard.domain.ticket import Upload

MOST_FILES = 5
MOST_FILE_BYTES = 4 * 1024 * 1024
LONGEST_NAME = 100
"""Characters, the extension included."""
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
_QUOTED = re.compile(r'"(?:\\.|[^"\\])*"')
_EXACT_NAME = re.compile(
    r";\s*filename\*\s*=\s*(UTF-8|ISO-8859-1)'[^';]*'([^\s;]*)", re.ASCII | re.IGNORECASE
)
_HEIC = frozenset({b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx"})
_FAMILY = frozenset({b"mif1", b"msf1"})
_EXTENSIONS = {
    "image/jpeg": (".jpg", ".jpeg", ".jpe", ".jfif"),
    "image/png": (".png",),
    "image/webp": (".webp",),
    "image/heic": (".heic", ".heif"),
    "application/pdf": (".pdf",),
    "text/plain": (".txt", ".text", ".md", ".log"),
}
_FORBIDDEN = frozenset('<>:"|?*/\\')
_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


class SentFile(NamedTuple):
    """As the client sent it; its name and bytes may be anything."""

    filename: str
    data: bytes


def sent_in_json(written: object) -> list[SentFile]:
    """Files of a JSON body: `[{filename, content_type, data}]`. Raises `BadRequest`."""
    if not isinstance(written, list):
        raise BadRequest("'attachments' must be a list.")
    if len(written) > MOST_FILES:
        raise _too_many()
    files = []
    for entry in written:
        name = entry.get("filename") if isinstance(entry, dict) else None
        data = entry.get("data") if isinstance(entry, dict) else None
        if not isinstance(name, str) or not isinstance(data, str):
            raise BadRequest("Every attachment needs 'filename' and 'data'.")
        try:
            files.append(SentFile(name, base64.b64decode(data, validate=True)))
        except (binascii.Error, ValueError):
            raise BadRequest(f"Attachment '{safe_name(name)}' is not valid base64.") from None
    return files


def exact_name(disposition: str) -> str:
    """What a form's part says as `filename*=UTF-8''b%C3%A4r.txt` (RFC 5987); empty without it.

    Browsers send none (RFC 7578 forbids it), but some libraries do, and it goes before `filename`
    (RFC 6266).
    """
    found = _EXACT_NAME.search(_QUOTED.sub("", disposition))
    return unquote(found.group(2), found.group(1), "replace") if found else ""


def checked(files: Sequence[SentFile], allowed: Collection[str]) -> tuple[Upload, ...]:
    """The files with the types that their contents have and names that are safe to save under.

    `allowed` are content types. Raises `BadRequest` with the texts of contracts/userchat.md.
    """
    if len(files) > MOST_FILES:
        raise _too_many()
    uploads = []
    for file in files:
        name = safe_name(file.filename)
        if len(file.data) > MOST_FILE_BYTES:
            raise BadRequest(f"Attachment '{name}' exceeds the maximum allowed size.")
        kind = content_type(file.data)
        if kind is None or kind not in allowed:
            raise BadRequest(f"Attachment '{name}' has an unsupported file type.")
        uploads.append(Upload(_fitting(name, kind), kind, file.data))
    return tuple(uploads)


def digest(files: Iterable[Upload]) -> str:
    """The same for the same files under the same names in the same order."""
    total = hashlib.sha256()
    for file in files:
        total.update(hashlib.sha256(file.filename.encode()).digest())
        total.update(hashlib.sha256(file.data).digest())
    return total.hexdigest()


def content_type(data: bytes) -> str | None:
    """What the bytes are, whatever they are called; None for what is none of the known types."""
    return next((kind for kind, is_kind in _KINDS.items() if is_kind(data)), None)


def safe_name(written: str) -> str:
    """The last part of a path, without what has a meaning to a shell, a header or a file system.

    `file` if nothing is left.
    """
    last = written.replace("\\", "/").rstrip("/ ").rpartition("/")[2]
    visible = "".join(
        "_" if c in _FORBIDDEN else c
        for c in unicodedata.normalize("NFC", last)
        if unicodedata.category(c) not in _UNSEEN
    )
    return _shortened(" ".join(visible.split()).strip(". ") or "file")


def _shortened(name: str) -> str:
    suffix = PurePosixPath(name).suffix[:10]
    if len(name) <= LONGEST_NAME:
        return name
    return name[: LONGEST_NAME - len(suffix)].rstrip(". ") + suffix


def _fitting(name: str, kind: str) -> str:
    """The name, ending as its type does: nobody should run as a program what is a text."""
    if PurePosixPath(name).suffix.lower() in _EXTENSIONS[kind]:
        return name
    return _shortened(name[: LONGEST_NAME - 5].rstrip(". ") + _EXTENSIONS[kind][0])


def _too_many() -> BadRequest:
    return BadRequest(f"At most {MOST_FILES} attachments can be sent per message.")


def _is_heic(data: bytes) -> bool:
    """ISO 14496-12: a box of type `ftyp` comes first, with a major and compatible brands."""
    if data[4:8] != b"ftyp":
        return False
    length = min(int.from_bytes(data[:4]), 256)
    brands = {data[place : place + 4] for place in range(16, length - 3, 4)}
    return data[8:12] in _HEIC or (data[8:12] in _FAMILY and not _HEIC.isdisjoint(brands))


def _is_text(data: bytes) -> bool:
    """UTF-8 without control characters but tab and line ends; nothing is no text."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return False
    return bool(text) and not _CONTROL.search(text)


_KINDS: dict[str, Callable[[bytes], bool]] = {
    "image/jpeg": lambda data: data.startswith(b"\xff\xd8\xff"),
    "image/png": lambda data: data.startswith(b"\x89PNG\r\n\x1a\n"),
    "image/webp": lambda data: data[:4] == b"RIFF" and data[8:12] == b"WEBP",
    "image/heic": _is_heic,
    "application/pdf": lambda data: data.startswith(b"%PDF-"),
    "text/plain": _is_text,
}
