"""What a POST to a chat says, in whichever of the three forms it comes (contracts/userchat.md)."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl

from switchboard.api.http import Request
from switchboard.domain.directory import ATTACHMENT_TYPES
from switchboard.domain.errors import BadRequest, PayloadTooLarge
from switchboard.domain.ticket import Upload

MOST_CHARACTERS = 10_000
MOST_BYTES = 4_500_000
"""What fits, as base64, into one Lambda invocation."""
MOST_JSON_BYTES = 6_000_000
"""The same of JSON, which comes as the text that it is."""
_YES = frozenset({"true", "1", "on", "yes"})
_NO = frozenset({"false", "0", "off", "no"})


@dataclass(frozen=True, slots=True)
class Draft:
    """What the user wants to send. `idempotency_key` is empty if the client gave none.

    `files_digest` is the same for the same files, and empty without any.
    """

    text: str = ""
    force_new: bool = False
    evaluation_consent: bool | None = None
    idempotency_key: str = ""
    files: tuple[Upload, ...] = ()
    files_digest: str = ""


def read_draft(request: Request, allowed: Collection[str] = ATTACHMENT_TYPES) -> Draft:
    """Raises `PayloadTooLarge`, or `BadRequest` that names the field and what is wrong with it.

    `allowed` are the content types of files that the region takes.
    """
    is_json = _content_type(request) == "application/json"
    if len(request.body) > (MOST_JSON_BYTES if is_json else MOST_BYTES):
        raise PayloadTooLarge
    fields = _fields(request)
    text = _text(fields.get("message"))
    consent = _flag(fields, "evaluation_consent")
    files, files_digest = _files(fields, allowed)
    draft = Draft(
        text=text,
        force_new=_flag(fields, "force_new") or False,
        evaluation_consent=consent,
        idempotency_key=_digest(request.header("idempotency-key")),
        files=files,
        files_digest=files_digest,
    )
    if not text and consent is None and not files:
        raise BadRequest("A message, an attachment or the evaluation consent is required.")
    return draft


def _digest(key: str) -> str:
    """What is stored in place of the client's key, however long that is."""
    return hashlib.sha256(key.encode("utf-8", "replace")).hexdigest() if key else ""


def _content_type(request: Request) -> str:
    return request.header("content-type").partition(";")[0].strip().lower()


def _fields(request: Request) -> Mapping[str, object]:
    content_type = _content_type(request)
    if content_type == "multipart/form-data":
        return _multipart(request)
    if content_type == "application/json":
        fields = request.json_object()
        if fields.get("attachments"):
            from userchat.files import sent_in_json

            fields["attachments"] = sent_in_json(fields["attachments"])
        return fields
    if content_type not in ("application/x-www-form-urlencoded", ""):
        raise BadRequest(f"A request body of type '{content_type[:80]}' is not supported.")
    try:
        return dict(parse_qsl(request.body.decode(), keep_blank_values=True, errors="strict"))
    except ValueError:
        raise BadRequest("The form is not valid UTF-8.") from None


def _multipart(request: Request) -> Mapping[str, object]:
    from io import BytesIO

    from multipart import (  # type: ignore[import-untyped]
        MultipartError,
        MultipartParser,
        parse_options_header,
    )

    from userchat.files import exact_name

    _, options = parse_options_header(request.header("content-type"))
    try:
        parser = MultipartParser(
            BytesIO(request.body),
            options.get("boundary", ""),
            strict=True,
            charset="utf-8",
            spool_limit=MOST_BYTES,
        )
        fields: dict[str, object] = {}
        files: list[object] = []
        for part in parser.parts():
            filename = exact_name(part.headers.get("Content-Disposition", "")) or part.filename
            if filename == "" and not part.size:
                continue
            if filename is None:
                fields[part.name] = part.value
            elif part.name != "attachment":
                raise BadRequest("Files are sent as 'attachment'.")
            else:
                files.append((filename, part.raw))
        return {**fields, "attachments": files}
    except (MultipartError, ValueError, LookupError):
        raise BadRequest("The multipart form is not valid.") from None


def _files(
    fields: Mapping[str, object], allowed: Collection[str]
) -> tuple[tuple[Upload, ...], str]:
    """The files, checked, and their digest."""
    if fields.get("attachment"):
        raise BadRequest("'attachment' must be a file.")
    sent = fields.get("attachments")
    if not sent:
        return (), ""
    if not isinstance(sent, list):
        raise BadRequest("Files are sent as 'attachment'.")
    from userchat.files import SentFile, checked, digest

    files = checked([SentFile(*file) for file in sent], allowed)
    return files, digest(files)


def _text(written: object) -> str:
    if written is None:
        return ""
    if not isinstance(written, str):
        raise BadRequest("'message' must be text.")
    text = written.replace("\0", "").strip()
    if len(text) > MOST_CHARACTERS:
        raise BadRequest(f"'message' must not be longer than {MOST_CHARACTERS} characters.")
    try:
        text.encode()
    except UnicodeEncodeError:
        raise BadRequest("'message' is not valid Unicode text.") from None
    return text


def _flag(fields: Mapping[str, object], name: str) -> bool | None:
    """None if the field is not there, or empty."""
    written = fields.get(name)
    if isinstance(written, bool):
        return written
    word = "" if written is None else str(written).strip().lower()
    if not word:
        return None
    if word in _YES:
        return True
    if word in _NO:
        return False
    raise BadRequest(f"'{name}' must be true or false.")
