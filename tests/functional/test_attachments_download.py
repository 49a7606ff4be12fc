"""Files and pictures given back, to whom they belong (contracts/userchat.md, "Attachments")."""

from __future__ import annotations

import base64

import requests

from tests.functional.attachments_desk import (
    NOT_THERE,
    PDF,
    PNG,
    advise,
    bucket,
    content,
    get,
    own,
    send,
)
from tests.functional.desk_world import CHAT, DeskWorld
from zammad_simulator import Upload


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
    assert head.headers == {**plain.headers, "Content-Length": file["size"]}
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
