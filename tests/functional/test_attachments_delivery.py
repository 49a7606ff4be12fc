"""A user's files on their way to the ticket, whatever fails (contracts/userchat.md, "Sending")."""

from __future__ import annotations

import boto3
import pytest

from tests.functional.attachments_desk import (
    NOT_THERE,
    PDF,
    PNG,
    bucket,
    content,
    form,
    get,
    in_json,
    in_ticket,
    own,
    send,
)
from tests.functional.desk_world import CHAT, DeskWorld
from tests.tables import AWS
from zammad_simulator import Fault


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


def test_erasing_a_device_takes_its_waiting_files(desk: DeskWorld) -> None:
    """DELETE leaves no file of the device, also of pending messages; others keep theirs."""
    desk.simulator.stop()
    send(desk, ("a.png", PNG))
    other = CHAT.replace("device-1", "device-2")
    desk.raw_userchat({**form([("b.pdf", PDF)]), "rawPath": other})
    assert len(bucket(desk)) == 2
    assert desk.request("DELETE", CHAT).status == 204
    assert len(bucket(desk)) == 1
    desk.simulator.start()
