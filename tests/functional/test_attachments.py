"""Files between user and adviser, both ways (contracts/userchat.md, "Attachments")."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Sequence
from typing import Any

import boto3
import pytest
import requests

from tests.functional.desk_world import CHAT, Answer, DeskWorld, http_event
from tests.tables import AWS
from zammad_simulator import Fault, Upload

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
    return desk.raw_userchat({**event})


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


@pytest.mark.parametrize("as_json", [True, False])
def test_files_reach_the_ticket_with_their_message(desk: DeskWorld, as_json: bool) -> None:
    """Form or JSON, repeated files come to the ticket as one article, byte by byte."""
    files = (("bild.png", PNG), ("brief.pdf", PDF))
    if as_json:
        answer = desk.say("Sehen Sie hier", attachments=in_json(*files))
    else:
        answer = send(desk, *files, message="Sehen Sie hier")
    assert answer.status == 200, answer.body
    assert in_ticket(desk) == [[("bild.png", str(len(PNG))), ("brief.pdf", str(len(PDF)))]]
    shown = answer.json["attachments"]
    assert shown == answer.json["messages"][0]["attachments"] == own(desk)
    assert [(f["filename"], f["size"], f["Content-Type"]) for f in shown] == [
        ("bild.png", str(len(PNG)), "image/png"),
        ("brief.pdf", str(len(PDF)), "application/pdf"),
    ]
    assert all(re.fullmatch("[0-9a-f]{64}", file["id"]) for file in shown)
    assert [content(get(desk, file["id"])) for file in shown] == [PNG, PDF]


@pytest.mark.parametrize(
    ("name", "data", "kind"),
    [
        ("a.jpg", JPEG, "image/jpeg"),
        ("a.png", PNG, "image/png"),
        ("a.webp", WEBP, "image/webp"),
        ("a.heic", HEIC, "image/heic"),
        ("a.pdf", PDF, "application/pdf"),
        ("a.txt", TEXT, "text/plain"),
    ],
)
def test_a_file_is_what_its_content_is(desk: DeskWorld, name: str, data: bytes, kind: str) -> None:
    """Each allowed type is recognised, whatever type was declared, and comes back unchanged."""
    send(desk, (name, data), message="Hallo")
    (file,) = own(desk)
    assert (file["filename"], file["Content-Type"]) == (name, kind)
    answer = get(desk, file["id"])
    assert answer.headers["Content-Type"] == kind
    assert content(answer) == data


BIG = PNG + bytes(4 * 1024 * 1024 - len(PNG))


@pytest.mark.parametrize(
    ("files", "error"),
    [
        ([("a.png", BIG + b"\0")], "Attachment 'a.png' exceeds the maximum allowed size."),
        ([("a.png", b"MZ\x90\0")], "Attachment 'a.png' has an unsupported file type."),
        ([("a.txt", b"")], "Attachment 'a.txt' has an unsupported file type."),
        ([("a.txt", b"a\x00b")], "Attachment 'a.txt' has an unsupported file type."),
        ([("a.txt", b"a\x1b[2J")], "Attachment 'a.txt' has an unsupported file type."),
        ([("a.txt", b"\xff\xfe")], "Attachment 'a.txt' has an unsupported file type."),
        ([("a.gif", b"GIF89a\x00")], "Attachment 'a.gif' has an unsupported file type."),
        (
            [("ok.png", PNG), ("x/y/../z.exe", b"MZ\0")],
            "Attachment 'z.exe' has an unsupported file type.",
        ),
        ([("a.png", PNG)] * 6, "At most 5 attachments can be sent per message."),
    ],
)
@pytest.mark.parametrize("as_json", [True, False])
def test_what_is_wrong_with_a_file_is_said_and_nothing_is_created(
    desk: DeskWorld, files: list[Named], error: str, as_json: bool
) -> None:
    """Too large, too many, of no allowed type: a 400 with its text; no chat, ticket or object."""
    if as_json and len(files[0][1]) > 4_000_000:
        pytest.skip("as base64 it is over the limit of the body")
    if as_json:
        answer = desk.say("Hallo", attachments=in_json(*files))
    else:
        answer = send(desk, *files, message="Hallo")
    assert (answer.status, answer.json) == (400, {"error": error, "code": "bad_request"})
    assert desk.request("GET").status == 404
    assert desk.simulator.tickets() == []
    assert bucket(desk) == []


def test_a_file_may_have_exactly_the_largest_size(desk: DeskWorld) -> None:
    """4 MiB are taken, delivered and given back."""
    send(desk, ("gross.png", BIG))
    (file,) = own(desk)
    assert file["size"] == "4194304"
    assert content(get(desk, file["id"])) == BIG


@pytest.mark.parametrize(
    "wrong",
    [
        {"attachments": "x"},
        {"attachments": [7]},
        {"attachments": [{"filename": "a.txt"}]},
        {"attachments": [{"filename": "a.txt", "data": "%%%"}]},
        {"attachments": [{"filename": "a.txt", "data": "QQ="}]},
        {"attachments": [{"filename": "a.txt", "data": "Q\nQ=="}]},
        {"attachments": [{"filename": 7, "data": "QQ=="}]},
        {"attachment": "QQ=="},
    ],
)
def test_malformed_files_are_a_400(desk: DeskWorld, wrong: dict[str, Any]) -> None:
    """Whatever stands in place of files, nothing of the message is dropped silently."""
    assert desk.say("Hallo", **wrong).status == 400
    assert desk.simulator.tickets() == []


def test_a_file_under_another_field_is_a_400(desk: DeskWorld) -> None:
    """A file that would not be taken is not swallowed either."""
    answer = desk.raw_userchat(form([("a.png", PNG)], field="upload", message="Hallo"))
    assert answer.status == 400
    assert desk.simulator.tickets() == []


def test_an_empty_file_field_is_no_file(desk: DeskWorld) -> None:
    """Browsers send one where nobody chose a file."""
    assert send(desk, ("", b""), message="Hallo").status == 200
    assert own(desk) == []


@pytest.mark.parametrize(
    ("sent", "shown"),
    [
        ("../../etc/passwd", "passwd.txt"),
        ("C:\\\\Users\\\\me\\\\brief.txt", "brief.txt"),
        ("rechnung.exe", "rechnung.exe.txt"),
        ("..", "file.txt"),
        ("a\u202etxt.exe", "atxt.exe.txt"),
        ("a:b|c?.txt", "a_b_c_.txt"),
        ("ä" * 300 + ".txt", "ä" * 96 + ".txt"),
        ("x" * 300, "x" * 95 + ".txt"),
        ("Übersicht \U0001f600.md", "Übersicht \U0001f600.md"),
    ],
)
def test_file_names_are_safe(desk: DeskWorld, sent: str, shown: str) -> None:
    """No path, no control character, no length and no ending that fools whoever opens it."""
    assert desk.say("Hallo", attachments=in_json((sent, TEXT))).status == 200
    assert [file["filename"] for file in own(desk)] == [shown]
    assert in_ticket(desk) == [[(shown, str(len(TEXT)))]]


def test_files_alone_are_a_message(desk: DeskWorld) -> None:
    """The article has a body, because Zammad wants one; the user sees none, and no bot answers."""
    answer = send(desk, ("bild.png", PNG))
    assert answer.status == 200
    assert answer.json["messages"][0]["content"] == ""
    assert answer.json["chatbot_typing"] is False
    assert desk.articles() == [("Customer", "bild.png")]
    desk.work()
    desk.later(61)
    assert [m["content"] for m in desk.messages()] == [""]
    assert len(desk.articles()) == 1


def test_a_region_may_allow_less(desk: DeskWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a region does not list is refused, what it lists is taken."""
    stored = desk.dynamodb.scan(TableName="Directory")["Items"]
    (region,) = [i for i in stored if i["pk"]["S"] == "Region" and i["sk"]["S"] == "augenfeld"]
    document = json.loads(region["doc"]["S"])
    assert "application/pdf" in document["allowed_attachment_types"]
    document["allowed_attachment_types"] = ["image/png"]
    region["doc"] = {"S": json.dumps(document)}
    desk.dynamodb.put_item(TableName="Directory", Item=region)
    refused = send(desk, ("a.pdf", PDF))
    assert refused.json["error"] == "Attachment 'a.pdf' has an unsupported file type."
    assert send(desk, ("a.png", PNG)).status == 200


def test_zammad_down_files_wait_with_their_message(desk: DeskWorld) -> None:
    """Accepted is stored: shown at once, later in the ticket, once, with its id."""
    desk.simulator.stop()
    answer = send(desk, ("bild.png", PNG), message="Hallo")
    assert answer.json["messages"][0]["pending"] is True
    (file,) = answer.json["attachments"]
    assert content(get(desk, file["id"])) == PNG
    desk.work()
    desk.simulator.start()
    desk.later(61)
    desk.work()
    assert in_ticket(desk) == [[("bild.png", str(len(PNG)))]]
    assert own(desk) == [file]
    assert content(get(desk, file["id"])) == PNG
    assert bucket(desk) == []


@pytest.mark.parametrize("first", [True, False])
def test_an_answer_lost_after_the_write(desk: DeskWorld, first: bool) -> None:
    """Zammad stored ticket or article with the file, and nobody heard of it: it stays one."""
    if not first:
        desk.say("Hallo")
        desk.work()
    path = "/api/v1/tickets" if first else "/api/v1/ticket_articles"
    desk.simulator.inject(Fault("answer_lost", method="POST", path=path, times=1))
    answer = send(desk, ("bild.png", PNG), message="mit Bild")
    (file,) = answer.json["attachments"]
    for _ in range(4):
        desk.work()
        desk.later(40)
    with_files = [files for files in in_ticket(desk) if files]
    assert with_files == [[("bild.png", str(len(PNG)))]]
    (shown,) = [m["attachments"] for m in desk.messages() if m["attachments"]]
    assert shown == [file]
    assert content(get(desk, file["id"])) == PNG
    assert len(desk.simulator.tickets()) == 1
    assert bucket(desk) == []


def test_the_store_is_emptied_by_the_messages_job(desk: DeskWorld) -> None:
    """What Zammad has is kept nowhere else; what it has not, is kept."""
    send(desk, ("a.png", PNG), ("b.pdf", PDF))
    assert len(bucket(desk, "pending/")) == 2
    desk.work()
    assert bucket(desk) == []


def test_the_file_store_down_nothing_is_accepted(desk: DeskWorld) -> None:
    """What cannot be kept is not accepted: an error that invites to try again."""
    boto3.client("s3", **AWS).delete_bucket(Bucket="attachments")
    answer = send(desk, ("bild.png", PNG), message="Hallo")
    assert (answer.status, answer.json["code"]) == (503, "files_unavailable")
    assert desk.request("GET").status == 404
    assert desk.simulator.tickets() == []


def test_a_file_that_is_gone_does_not_keep_its_message(desk: DeskWorld) -> None:
    """Should the store have lost a file, its message is delivered and says so."""
    desk.simulator.stop()
    send(desk, ("bild.png", PNG), message="Hallo")
    s3 = boto3.client("s3", **AWS)
    for key in bucket(desk):
        s3.delete_object(Bucket="attachments", Key=key)
    assert get(desk, own(desk)[0]["id"]).json == NOT_THERE
    desk.simulator.start()
    desk.work()
    ((_, body),) = [a for a in desk.articles() if a[0] == "Customer"]
    assert body == "Hallo<br>[bild.png: not available any more]"


def test_the_same_files_within_half_a_minute_are_one_message(desk: DeskWorld) -> None:
    """Without a key, text and files together tell a repeated request from a new one."""
    first = send(desk, ("a.png", PNG), message="Hallo")
    again = send(desk, ("a.png", PNG), message="Hallo")
    assert again.json == first.json
    assert send(desk, ("a.png", PNG + b"!"), message="Hallo").json["id"] != first.json["id"]
    assert send(desk, message="Hallo").json["id"] != first.json["id"]
    assert len(in_ticket(desk)) == 3
    desk.later(31)
    send(desk, ("a.png", PNG), message="Hallo")
    assert len(in_ticket(desk)) == 4


def test_the_same_key_is_the_same_message_with_files(desk: DeskWorld) -> None:
    """An idempotency key decides alone, also later."""
    body = {"message": "", "attachments": in_json(("a.png", PNG))}
    first = desk.request("POST", CHAT, dict(body), {"idempotency-key": "k"})
    desk.later(300)
    again = desk.request("POST", CHAT, dict(body), {"idempotency-key": "k"})
    assert again.json["id"] == first.json["id"]
    assert in_ticket(desk) == [[("a.png", str(len(PNG)))]]


def advise(desk: DeskWorld, body: str, *files: Upload) -> dict[str, Any]:
    """The adviser's answer as the user sees it."""
    desk.simulator.answer(desk.ticket, body, attachments=list(files))
    desk.later(61)
    shown: dict[str, Any] = desk.messages()[-1]
    return shown


def test_an_advisers_file_is_downloaded(desk: DeskWorld) -> None:
    """Its id is ours and the same at each poll; it comes with safe headers and its own type."""
    desk.say("Hallo")
    odd = Upload("Über „Kurse“ \n.pdf", PDF, "application/pdf")
    (file,) = advise(desk, "Siehe Merkblatt", odd)["attachments"]
    desk.later(61)
    assert desk.messages()[-1]["attachments"] == [file]
    for path in (CHAT, CHAT.rstrip("/") + "/"):
        answer = get(desk, file["id"], path)
        assert content(answer) == PDF
    assert {**answer.headers}.items() >= {
        "Content-Type": "application/pdf",
        "Content-Disposition": (
            'attachment; filename="_ber _Kurse_ _.pdf"; '
            "filename*=UTF-8''%C3%9Cber%20%E2%80%9EKurse%E2%80%9C%20%0A.pdf"
        ),
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "private",
    }.items()


def test_both_slash_forms_and_head(desk: DeskWorld) -> None:
    """With and without the slash it is the same file; HEAD answers as GET, without it."""
    send(desk, ("a.png", PNG))
    (file,) = own(desk)
    plain = desk.request("GET", f"{CHAT}{file['id']}")
    assert content(plain) == PNG
    head = get(desk, file["id"], method="HEAD")
    assert (head.status, head.body) == (200, "")
    assert head.headers == plain.headers
    assert desk.request("POST", f"{CHAT}{file['id']}/").status == 405


def test_text_comes_as_it_is(desk: DeskWorld) -> None:
    """A text that is not UTF-8 comes back byte by byte, too."""
    desk.say("Hallo")
    latin = "Grüße".encode("latin-1")
    (file,) = advise(desk, "x", Upload("a.txt", latin, "text/plain; charset=x"))["attachments"]
    answer = get(desk, file["id"])
    assert answer.headers["Content-Type"] == "text/plain"
    assert content(answer) == latin


def test_a_type_that_is_none_is_bytes(desk: DeskWorld) -> None:
    """A type that could break out of its header is not handed on."""
    desk.say("Hallo")
    (file,) = advise(desk, "x", Upload("a", b"x", "a/b\r\nX-Evil: 1"))["attachments"]
    answer = get(desk, file["id"])
    assert answer.headers["Content-Type"] == "application/octet-stream"
    assert "X-Evil" not in str(answer.headers)


def test_what_is_not_the_chats_does_not_exist(desk: DeskWorld) -> None:
    """Unknown, malformed, of another device, of an earlier chat, no chat at all: one answer."""
    send(desk, ("a.png", PNG))
    (file,) = own(desk)
    other = CHAT.replace("device-1", "device-2")
    assert get(desk, file["id"], other).json == NOT_THERE
    desk.say("Hallo", other)
    for attachment in ("0" * 64, "x", file["id"].upper() + "0", file["id"][:-1], "%2e%2e", "a b"):
        answer = get(desk, attachment)
        assert (answer.status, answer.json) == (404, NOT_THERE)
    answer = get(desk, file["id"], other)
    assert (answer.status, answer.json) == (404, NOT_THERE)
    desk.say("von vorn", force_new=True)
    answer = get(desk, file["id"])
    assert (answer.status, answer.json) == (404, NOT_THERE)


def test_an_expired_chats_file_does_not_exist(desk: DeskWorld) -> None:
    """With the chat its files are over."""
    send(desk, ("a.png", PNG))
    (file,) = own(desk)
    desk.later(29 * 86_400)
    assert content(get(desk, file["id"])) == PNG
    desk.later(2 * 86_400)
    assert get(desk, file["id"]).json == NOT_THERE


def test_a_deleted_tickets_file_does_not_exist(desk: DeskWorld) -> None:
    """A ticket that was deleted takes its files along."""
    send(desk, ("a.png", PNG))
    (file,) = own(desk)
    desk.simulator.delete_ticket(desk.ticket)
    assert get(desk, file["id"]).json == NOT_THERE


def test_a_region_without_chat_gives_no_files(desk: DeskWorld) -> None:
    """The region's own errors come first, as for the chat."""
    for place, code in (("nowhere/de", "region_not_found"), ("augenfeld/xx", "unknown_language")):
        answer = desk.request("GET", f"/api/v3/{place}/chat/device-1/{'0' * 64}/")
        assert (answer.status, answer.json["code"]) == (404, code)


def test_zammad_down_a_download_is_a_502(desk: DeskWorld) -> None:
    """A file that Zammad has cannot be had without it."""
    send(desk, ("a.png", PNG))
    (file,) = own(desk)
    desk.simulator.stop()
    answer = get(desk, file["id"])
    assert answer.status == 502
    assert answer.json == {
        "error": "An error occurred while attempting to connect to the chat server.",
        "code": "chat_server_unavailable",
    }


def test_a_file_larger_than_other_answers(desk: DeskWorld) -> None:
    """What an adviser could attach, the user can get."""
    desk.say("Hallo")
    huge = Upload("film.mp4", bytes(17 * 1024 * 1024), "video/mp4")
    (file,) = advise(desk, "x", huge)["attachments"]
    assert get(desk, file["id"]).status == 303


def test_a_large_file_is_fetched_from_s3(desk: DeskWorld) -> None:
    """Over Lambda's limit: 303 to an address that works for minutes, with name and type."""
    desk.say("Hallo")
    large = PDF + bytes(4_600_000)
    (file,) = advise(desk, "x", Upload("Heft ä.pdf", large, "application/pdf"))["attachments"]
    answer = get(desk, file["id"])
    assert (answer.status, answer.body) == (303, "")
    address = answer.headers["Location"]
    assert "X-Amz-Expires=300" in address
    assert address.startswith("https://attachments.s3.eu-central-1.amazonaws.com/downloads/")
    fetched = requests.get(address, timeout=5)
    assert fetched.content == large
    assert fetched.headers["Content-Type"] == "application/pdf"
    assert fetched.headers["Content-Disposition"].startswith("attachment; ")
    assert get(desk, file["id"]).status == 303
    assert len(bucket(desk)) == 1


def test_pictures_in_an_answer_are_ours_to_load(desk: DeskWorld) -> None:
    """An adviser's inline picture has our own address, and is listed; no other picture stays."""
    desk.say("Hallo")
    data = base64.b64encode(PNG).decode()
    shown = advise(
        desk,
        f'<p onclick="x()">Hier: <img src="data:image/png;base64,{data}" onerror="x()">'
        '<img src="https://evil.example/x.png"><img src="attachment:1">'
        '<img src="/api/v1/ticket_attachment/1/1/99999?view=inline">'
        '<img src="//evil.example/api/v1/ticket_attachment/1/1/1"><img>'
        '<a href="/api/v1/users">a</a><a href="attachment:1">b</a></p>',
    )
    (file,) = shown["attachments"]
    address = f"https://api.example.com{CHAT}{file['id']}/"
    assert shown["content"] == (
        f'<p>Hier: <img src="{address}" alt="{file["filename"]}">'
        '<a rel="noopener noreferrer">a</a><a rel="noopener noreferrer">b</a></p>'
    )
    assert content(get(desk, file["id"])) == PNG
    assert "ticket_attachment" not in desk.request("GET").body


def test_a_users_words_are_no_pictures(desk: DeskWorld) -> None:
    """What looks like our own mark in a user's text stays the text it is."""
    text = '<img src="attachment:1">'
    send(desk, ("a.png", PNG), message=text)
    desk.later(61)
    assert desk.messages()[0]["content"] == text
