"""Erasing: `DELETE` on a chat, and the command for it (contracts/userchat.md, "Routes")."""

from __future__ import annotations

import io
import json
from typing import Any

import boto3
import pytest

from switchboard_cli.main import main
from tests.functional.desk_world import CHAT, DeskWorld, webhook_payload
from tests.functional.region_changes import change_region
from tests.tables import AWS
from zammad_simulator import Fault

CANARY = CHAT.replace("device-1", "canary-device")
ROLLOUT = "/api/v3/augenfeld/canary-device/is_chat_enabled/"


def items(desk: DeskWorld, table: str = "Conversations") -> list[Any]:
    pages = desk.dynamodb.get_paginator("scan").paginate(TableName=table)
    return [item for page in pages for item in page["Items"]]


def of_devices(desk: DeskWorld) -> list[Any]:
    """What is stored but for the counters of addresses, which know no device."""
    return [item for item in items(desk) if not item["pk"]["S"].startswith("Address#")]


def erase(desk: DeskWorld, path: str = CANARY) -> None:
    answer = desk.request("DELETE", path)
    assert (answer.status, answer.body) == (204, "")
    assert answer.headers["Cache-Control"] == "no-store"


def state(desk: DeskWorld, ticket: int) -> str:
    states = {1: "new", 2: "open", 4: "closed"}
    return states[desk.simulator.ticket(ticket)["state_id"]]


def lively_chat(desk: DeskWorld) -> int:
    """A chat with everything in it; its ticket."""
    desk.request("GET", ROLLOUT)
    desk.say("canary-text one", CANARY)
    desk.work()
    desk.say("canary-text two", CANARY, force_new=True, evaluation_consent=True)
    desk.work()
    ticket = desk.ticket
    article = desk.simulator.answer(ticket, "canary-text of an adviser")
    assert desk.webhook(webhook_payload(ticket, article)).status == 200
    desk.work()
    assert "canary-text of an adviser" in str(desk.messages(CANARY))
    return ticket


def test_nothing_of_an_erased_device_is_left(
    desk: DeskWorld, caplog: pytest.LogCaptureFixture
) -> None:
    """Text and device id are in no table, no queue and no log; all its tickets are closed."""
    ticket = lively_chat(desk)
    desk.say("canary-text still on its way", CANARY)
    erase(desk)
    desk.work()
    assert of_devices(desk) == []
    assert "canary" not in str(items(desk) + items(desk, "Directory"))
    assert desk.dead_letters() == []
    queue = desk.sqs.receive_message(QueueUrl=desk.queue_url)
    assert "Messages" not in queue
    assert "canary" not in str([vars(record) for record in caplog.records])
    assert {t["state_id"] for t in desk.simulator.tickets()} == {4}
    assert state(desk, ticket) == "closed"
    assert desk.request("GET", CANARY).json == {
        "error": "Chat not found.",
        "code": "chat_not_found",
    }


def test_a_chat_of_many_parts_goes_whole(desk: DeskWorld) -> None:
    """A chat beyond one item of the table is erased with all its parts."""
    import random

    noise = random.Random(7)
    letters = [chr(noise.randrange(0x4E00, 0x9FFF)) for _ in range(3000)]
    for number in range(40):
        desk.simulator.stop() if number == 0 else None
        text = "".join(noise.choices(letters, k=9_990))
        assert desk.say(text, CANARY).status == 200
    assert [i for i in items(desk) if i["sk"]["S"].startswith("Body#")]
    erase(desk)
    assert of_devices(desk) == []


def test_erasing_nothing_is_the_same_answer(desk: DeskWorld) -> None:
    """Whether there was a chat or not, once or twice: 204, and nobody learns which."""
    for _ in range(2):
        erase(desk)
    desk.say("Hallo", CANARY)
    for _ in range(2):
        erase(desk)
    assert of_devices(desk) == []


def test_others_keep_their_chats(desk: DeskWorld) -> None:
    """Another device, and the same device elsewhere, is not touched."""
    desk.say("Hallo")
    desk.say("Hallo", CANARY)
    erase(desk)
    desk.work()
    assert len(desk.messages()) >= 1
    first = min(int(ticket["id"]) for ticket in desk.simulator.tickets())
    assert state(desk, first) != "closed"


def test_where_the_region_says_so_the_ticket_is_deleted(desk: DeskWorld) -> None:
    """`closeOnErase: false` deletes the ticket in Zammad."""
    change_region(desk, of_zammad={"close_on_erase": False})
    desk.say("Hallo", CANARY)
    erase(desk)
    desk.work()
    assert desk.simulator.tickets() == []
    assert desk.dead_letters() == []


def test_a_token_that_may_not_delete_closes_and_alarms(desk: DeskWorld) -> None:
    """On a 403 the ticket is closed instead, and the job is in the dead-letter queue."""
    change_region(desk, of_zammad={"close_on_erase": False})
    desk.say("Hallo", CANARY)
    desk.work()
    erase(desk)
    desk.simulator.inject(Fault("error", status=403, method="DELETE"))
    desk.work()
    assert state(desk, desk.ticket) == "closed"
    (letter,) = desk.dead_letters()
    job = json.loads(letter)
    assert (job["kind"], job["ticket"]) == ("erase_ticket", desk.ticket)
    assert set(job) == {
        "kind", "region", "server_url", "ticket", "pseudonym", "messages", "attempted_at",
    }  # fmt: skip
    assert not any((job["pseudonym"], job["messages"], job["attempted_at"]))


def test_with_zammad_down_the_chat_is_erased_at_once(desk: DeskWorld) -> None:
    """The user's copy goes now; the ticket is closed when Zammad is back."""
    desk.say("Hallo", CANARY)
    desk.work()
    desk.simulator.stop()
    erase(desk)
    desk.work()
    assert of_devices(desk) == []
    desk.simulator.start()
    assert state(desk, desk.ticket) != "closed"
    desk.later(300)
    desk.work()
    assert state(desk, desk.ticket) == "closed"


def test_without_the_queue_nothing_is_erased_by_halves(desk: DeskWorld) -> None:
    """If the ticket's job cannot be queued, the chat stays, and the app is told to try again."""
    desk.say("Hallo", CANARY)
    desk.work()
    desk.lose_queue()
    assert desk.request("DELETE", CANARY).status == 503
    assert desk.messages(CANARY)


def test_webhooks_of_an_erased_chat_are_ignored(desk: DeskWorld) -> None:
    """What an adviser still writes into the ticket brings nothing back."""
    ticket = lively_chat(desk)
    erase(desk)
    article = desk.simulator.answer(ticket, "too late")
    answer = desk.webhook(webhook_payload(ticket, article))
    assert answer.json == {"status": "ignored", "reason": "unknown ticket"}
    desk.work()
    assert of_devices(desk) == []


def test_the_device_begins_anew(desk: DeskWorld) -> None:
    """After an erasure a message opens a new chat with a new ticket, and nothing of the old."""
    lively_chat(desk)
    erase(desk)
    desk.say("neu", CANARY)
    desk.work()
    assert "canary" not in str(desk.messages(CANARY))
    assert desk.messages(CANARY)[0]["content"] == "neu"
    assert state(desk, desk.ticket) != "closed"


def test_erasing_takes_both_slash_forms(desk: DeskWorld) -> None:
    """Without the trailing slash it is the same; unknown languages and regions are 404."""
    desk.say("Hallo", CANARY)
    erase(desk, CANARY.rstrip("/"))
    assert of_devices(desk) == []
    assert desk.request("DELETE", CANARY.replace("/de/", "/xx/")).status == 404
    assert desk.request("DELETE", CANARY.replace("augenfeld", "nowhere")).status == 404


@pytest.fixture
def stack(desk: DeskWorld) -> DeskWorld:
    """The desk's resources as the outputs of a stack, for the command line."""
    outputs = {
        "DirectoryTable": "Directory",
        "SecretsPrefix": "/switchboard/test/",
        "ConversationsTable": "Conversations",
        "QueueUrl": desk.queue_url,
        "AttachmentsBucket": "attachments",
    }
    template = {
        "Resources": {"Topic": {"Type": "AWS::SNS::Topic"}},
        "Outputs": {name: {"Value": value} for name, value in outputs.items()},
    }
    cloudformation: Any = boto3.client("cloudformation", **AWS)
    cloudformation.create_stack(StackName="switchboard", TemplateBody=json.dumps(template))
    return desk


def test_the_command_erases_a_device(
    stack: DeskWorld, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """`switchboard erase` does what the app's DELETE does, also for an id from standard input."""
    lively_chat(stack)
    assert main(["erase", "augenfeld", "canary-device"]) == 0
    assert capsys.readouterr().out.startswith("erased 2 chats")
    assert of_devices(stack) == []
    stack.work()
    assert {t["state_id"] for t in stack.simulator.tickets()} == {4}
    stack.say("Hallo", CANARY)
    monkeypatch.setattr("sys.stdin", io.StringIO("canary-device\n"))
    assert main(["erase", "augenfeld", "-"]) == 0
    assert capsys.readouterr().out.startswith("erased 1 chat;")
    assert of_devices(stack) == []


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (["nowhere", "d"], "there is no region nowhere"),
        (["augenfeld", "a b"], "cannot be a device"),
    ],
)
def test_the_command_says_what_it_was_called_with(
    stack: DeskWorld, capsys: pytest.CaptureFixture[str], words: list[str], complaint: str
) -> None:
    """An unknown region or an impossible id is a mistake of the caller's."""
    assert main(["erase", *words]) == 2
    assert complaint in capsys.readouterr().err
