"""Files through the local stack's front door: what fits, what they are called, what HEAD costs."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import requests

from tests.functional.attachments_desk import BIG, PDF, PNG, in_json
from tests.functional.desk_http import desk_http
from tests.functional.desk_world import CHAT, DeskWorld
from zammad_simulator import Upload

Door = tuple[DeskWorld, str]
METHODS = ("GET", "HEAD")


@pytest.fixture
def door(monkeypatch: pytest.MonkeyPatch) -> Iterator[Door]:
    with desk_http(monkeypatch) as (desk, address):
        yield desk, address + CHAT


def test_the_largest_file_fits_into_json(door: Door) -> None:
    """4 MiB are 4 MiB in JSON as in a form, though base64 makes them more."""
    _, chat = door
    for data in (BIG, PDF + bytes(3_500_000)):
        body = {"message": "ä\n", "attachments": in_json(("a", data))}
        answer = requests.post(chat, json=body, timeout=9)
        assert answer.status_code == 200, answer.text
        assert answer.json()["attachments"][0]["size"] == str(len(data))


def test_more_json_than_fits_is_refused_by_code(door: Door) -> None:
    """Two files that each may come cannot come together."""
    _, chat = door
    files = in_json(("a.pdf", PDF + bytes(2_300_000)), ("b.pdf", PDF + bytes(2_300_000)))
    answer = requests.post(chat, json={"attachments": files}, timeout=9)
    assert (answer.status_code, answer.json()["code"]) == (413, "payload_too_large")


@pytest.mark.parametrize(
    ("names", "shown"),
    [
        ("filename*=UTF-8''b%C3%A4r.png", "bär.png"),
        ("filename*=utf-8'de'b%C3%A4r%20x.png", "bär x.png"),
        ("filename*=ISO-8859-1''b%E4r.png", "bär.png"),
        ("filename=\"b_r.png\"; filename*=UTF-8''b%C3%A4r.png", "bär.png"),
        ("filename*=UTF-8''b%C3%A4r.png; filename=\"b_r.png\"", "bär.png"),
        ("filename=\"a; filename*=UTF-8''b.png\"", "a; filename_=UTF-8''b.png"),
        ("filename=\"a.png\"; filename*=KOI8-R''b.png", "a.png"),
        ("filename*=UTF-8''%FF.png", "\ufffd.png"),
    ],
)
def test_a_name_beyond_ascii_may_be_percent_encoded(door: Door, names: str, shown: str) -> None:
    """`filename*` as RFC 5987 has it is a file's name, and goes before `filename`."""
    _, chat = door
    raw = (
        f'--frontier\r\nContent-Disposition: form-data; name="attachment"; {names}\r\n\r\n'.encode()
        + PNG
        + b"\r\n--frontier--\r\n"
    )
    headers = {"Content-Type": "multipart/form-data; boundary=frontier"}
    answer = requests.post(chat, data=raw, headers=headers, timeout=9)
    assert answer.status_code == 200, answer.text
    assert [file["filename"] for file in answer.json()["attachments"]] == [shown]


@pytest.mark.parametrize("size", [len(PNG), 4_600_000])
def test_head_tells_a_file_s_size_and_does_not_fetch_it(door: Door, size: int) -> None:
    """Neither Zammad nor the file store is asked; type and name are those of the file."""
    desk, chat = door
    data = PNG.ljust(size, b"\0")
    desk.say("Hallo")
    desk.simulator.answer(desk.ticket, "Hier", attachments=[Upload("ä.png", data, "image/png")])
    desk.later(61)
    url = chat + desk.messages()[-1]["attachments"][0]["id"] + "/"
    desk.simulator.reset_requests()
    head = requests.head(url, timeout=9)
    assert desk.simulator.requests() == []
    assert (head.status_code, head.headers["Content-Length"]) == (200, str(size))
    got = requests.get(url, timeout=9, allow_redirects=False)
    if got.status_code == 200:
        for name in ("Content-Length", "Content-Type", "Content-Disposition"):
            assert head.headers[name] == got.headers[name]
    assert requests.head(chat + "0" * 64, timeout=9).status_code == 404


def test_head_of_a_chat_tells_its_length(door: Door) -> None:
    """The length is that of what GET answers, not of the nothing that comes."""
    desk, chat = door
    desk.say("Hallo")
    lengths = {m: requests.request(m, chat, timeout=9).headers["Content-Length"] for m in METHODS}
    assert lengths["HEAD"] == lengths["GET"] != "0"
