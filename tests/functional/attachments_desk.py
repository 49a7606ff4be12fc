"""Sending, finding and getting files, as the tests of attachments do."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from typing import Any

import boto3

from tests.functional.desk_world import CHAT, Answer, DeskWorld, http_event
from tests.tables import AWS
from zammad_simulator import Upload

PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256))
JPEG = b"\xff\xd8\xff\xe0" + bytes(64)
PDF = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n"
WEBP = b"RIFF\x24\x00\x00\x00WEBPVP8 " + bytes(16)
HEIC = b"\x00\x00\x00\x18ftypmif1\x00\x00\x00\x00mif1heic" + bytes(16)
TEXT = "Grüße\tan alle\r\n".encode()
NOT_THERE = {
    "error": "The requested attachment does not exist.",
    "code": "attachment_not_found",
}
Named = tuple[str, bytes]


def form(files: Sequence[Named], field: str = "attachment", **fields: str) -> dict[str, Any]:
    """What changes in an event for a multipart form: the body comes as base64, as from AWS."""
    parts = [
        f'Content-Disposition: form-data; name="{name}"\r\n\r\n{value}'.encode()
        for name, value in fields.items()
    ] + [
        f'Content-Disposition: form-data; name="{field}"; filename="{name}"\r\n'
        "Content-Type: application/x-declared\r\n\r\n".encode()
        + data
        for name, data in files
    ]
    raw = b"".join(b"--frontier\r\n" + part + b"\r\n" for part in parts) + b"--frontier--\r\n"
    return {
        "body": base64.b64encode(raw).decode(),
        "isBase64Encoded": True,
        "headers": {"content-type": "multipart/form-data; boundary=frontier"},
    }


def send(desk: DeskWorld, *files: Named, **fields: str) -> Answer:
    return desk.raw_userchat(form(files, **fields))


def in_json(*files: Named) -> list[dict[str, str]]:
    return [
        {"filename": name, "content_type": "x/y", "data": base64.b64encode(data).decode()}
        for name, data in files
    ]


def get(desk: DeskWorld, attachment: str, path: str = CHAT, method: str = "GET") -> Any:
    """The gateway's answer to a download, not read any further."""
    event = http_event(method, f"{path}{attachment}/", None, {}, None)
    return desk.raw_userchat(event)


def content(answer: Any) -> bytes:
    assert answer.status == 200, answer.body
    return base64.b64decode(answer.body)


def bucket(desk: DeskWorld, prefix: str = "") -> list[str]:
    listed = boto3.client("s3", **AWS).list_objects_v2(Bucket="attachments", Prefix=prefix)
    return [entry["Key"] for entry in listed.get("Contents", [])]


def own(desk: DeskWorld) -> list[dict[str, Any]]:
    """The files of the user's only message."""
    (message,) = [m for m in desk.messages() if m["role"] == "user"]
    files: list[dict[str, Any]] = message["attachments"]
    return files


def in_ticket(desk: DeskWorld) -> list[list[tuple[str, str]]]:
    """Names and sizes of the files of each of the user's articles."""
    return [
        [(file["filename"], file["size"]) for file in article["attachments"]]
        for article in desk.simulator.articles(desk.ticket)
        if article["sender"] == "Customer"
    ]


BIG = PNG + bytes(4 * 1024 * 1024 - len(PNG))


def advise(desk: DeskWorld, body: str, *files: Upload) -> dict[str, Any]:
    """The adviser's answer as the user sees it."""
    desk.simulator.answer(desk.ticket, body, attachments=list(files))
    desk.later(61)
    shown: dict[str, Any] = desk.messages()[-1]
    return shown
