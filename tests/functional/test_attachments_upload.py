"""What of files is taken, and what is refused (contracts/userchat.md, "Sending")."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from tests.functional.attachments_desk import (
    BIG,
    HEIC,
    JPEG,
    PDF,
    PNG,
    TEXT,
    WEBP,
    Named,
    bucket,
    content,
    form,
    get,
    in_json,
    in_ticket,
    own,
    send,
)
from tests.functional.desk_world import DeskWorld


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


@pytest.mark.parametrize(
    ("files", "error"),
    [
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
    """Too many, of no allowed type: a 400 with its text; no chat, no ticket, no object."""
    if as_json:
        answer = desk.say("Hallo", attachments=in_json(*files))
    else:
        answer = send(desk, *files, message="Hallo")
    assert (answer.status, answer.json) == (400, {"error": error, "code": "bad_request"})
    assert desk.request("GET").status == 404
    assert desk.simulator.tickets() == []
    assert bucket(desk) == []


def test_a_file_beyond_the_largest_size_is_refused(desk: DeskWorld) -> None:
    """A byte more than 4 MiB is a 400 that names the file, and creates nothing."""
    answer = send(desk, ("klein.png", PNG), ("gross.png", BIG + b"\0"), message="Hallo")
    assert answer.status == 400
    assert answer.json["error"] == "Attachment 'gross.png' exceeds the maximum allowed size."
    assert desk.simulator.tickets() == []
    assert bucket(desk) == []


def test_files_beyond_the_body_are_a_413(desk: DeskWorld) -> None:
    """Together they have to fit into one request."""
    answer = send(desk, ("a.png", BIG), ("b.png", BIG))
    assert (answer.status, answer.json["code"]) == (413, "payload_too_large")


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
