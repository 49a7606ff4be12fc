"""The user chat's description in docs/openapi/, held against what is really answered."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterator
from typing import Any, NoReturn

import boto3
import pytest
import requests
import schemathesis

from switchboard.adapters.dynamodb_chats import DynamoDbChats
from switchboard.domain.errors import Conflict
from tests.functional.attachments_desk import PNG, in_json
from tests.functional.described import ANSWER_CHECKS, description, operations
from tests.functional.desk_http import desk_http
from tests.functional.desk_world import SECRET, TOKEN, DeskWorld, webhook_payload
from tests.functional.region_changes import change_region
from tests.tables import AWS
from zammad_simulator import Fault, Upload

DOCUMENT = description("userchat")
SCHEMA = schemathesis.openapi.from_dict(DOCUMENT)
PATHS = operations(DOCUMENT)
READS = ("list_regions", "show_region", "show_rollout", "read_chat", "read_attachment")
IN_CHAT = ("read_chat", "send_message", "erase_chat", "read_attachment")
Answer = tuple[str, int, str]
"""Operation, status, error code or nothing."""


class Client:
    """Sends requests, holds each answer against its description, keeps a list in `seen`."""

    def __init__(self, desk: DeskWorld, address: str, seen: set[Answer]) -> None:
        self.desk = desk
        self.file = "0" * 64
        self.has_lost_files = False
        self._address = address
        self._seen = seen

    def send(self, name: str, **given: Any) -> requests.Response:
        """Values of the path by name; all else as `requests` takes it. HEAD follows each GET.

        It gets the same status, unless that is about the file's own bytes, which it never asks for.
        """
        values = {"region": "augenfeld", "language": "de", "device_id": "d", **given}
        values.setdefault("attachment_id", self.file)
        options = {n: v for n, v in given.items() if n in ("params", "headers", "json", "data")}
        method, template = PATHS[name]
        url = self._address + template.format(**values)
        response = requests.request(method, url, **options, allow_redirects=False, timeout=9)
        case = SCHEMA[template][method].Case(path_parameters=values, query=options.get("params"))
        case.validate_response(response, checks=ANSWER_CHECKS)
        is_error = response.status_code >= 400 and method != "HEAD"
        self._seen.add((name, response.status_code, response.json()["code"] if is_error else ""))
        if method == "GET":
            about = response.status_code
            if name == "read_attachment" and (about in (303, 502) or self.has_lost_files):
                about = 200
            assert self.send(f"{name}_head", **given).status_code == about
        return response

    def say(self, **given: Any) -> requests.Response:
        return self.send("send_message", **{"json": {"message": "Hallo"}, **given})

    def notify(self, document: Any, **given: Any) -> requests.Response:
        """A webhook with the right signature."""
        raw = json.dumps(document).encode()
        digest = hmac.new(SECRET.encode(), raw, hashlib.sha1).hexdigest()
        headers = {"Content-Type": "application/json", "X-Hub-Signature": f"sha1={digest}"}
        options = {"params": {"token": TOKEN}, "headers": headers, "data": raw, **given}
        return self.send("receive", **options)


@pytest.fixture(scope="module")
def seen() -> set[Answer]:
    return set()


@pytest.fixture
def client(seen: set[Answer], monkeypatch: pytest.MonkeyPatch) -> Iterator[Client]:
    with desk_http(monkeypatch) as (desk, address):
        yield Client(desk, address, seen)


@pytest.fixture
def chat(client: Client) -> Client:
    """There is a chat in its ticket, with a file that Zammad keeps."""
    sent = client.say(json={"message": "Hallo", "attachments": in_json(("a.png", PNG))})
    client.file = sent.json()["attachments"][0]["id"]
    client.desk.work()
    return client


def test_what_works_is_described(chat: Client) -> None:
    """Chats, files, regions, webhooks and the rest, answered well."""
    tag = chat.send("read_chat").headers["ETag"]
    assert chat.send("read_chat", headers={"If-None-Match": tag}).status_code == 304
    assert chat.send("read_attachment").content == PNG
    for name in ("list_regions", "show_region", "show_rollout"):
        assert chat.send(name).status_code == 200
    for name in PATHS:
        if name.startswith("preflight_"):
            assert chat.send(name).status_code == 204
    assert chat.say(json={"evaluation_consent": True}).status_code == 200
    article = {"id": 9, "sender": "Agent", "subject": "", "internal": False}
    for change in ({}, {"sender": "Customer"}, {"internal": True}, {"sender": "System"}):
        document = webhook_payload(chat.desk.ticket, {**article, **change})
        assert chat.notify(document).status_code == 200
    chat.desk.simulator.answer(
        chat.desk.ticket, "Groß", attachments=[Upload("a.txt", b"x" * 4_600_000, "text/plain")]
    )
    chat.desk.later(61)
    chat.file = chat.send("read_chat").json()["messages"][-1]["attachments"][0]["id"]
    assert chat.send("read_attachment").status_code == 303
    assert chat.send("erase_chat").status_code == 204


def test_wrong_requests_are_described(chat: Client) -> None:
    """What is not there, not allowed or not readable."""
    for name, (_, template) in PATHS.items():
        body = {"json": {"message": "x"}} if name == "send_message" else {}
        if "{region}" in template and not name.endswith("_head"):
            assert chat.send(name, region="x" * 201, **body).status_code == 404
            chat.send(name, region="nowhere", **body)
        if name in IN_CHAT:
            assert chat.send(name, language="xx", **body).status_code == 404
    assert chat.send("read_chat", device_id="nobody").status_code == 404
    assert chat.send("read_attachment", device_id="nobody").status_code == 404
    assert chat.send("read_chat", params={"after": "x"}).status_code == 400
    assert chat.say(json={}).status_code == 400
    assert chat.say(data=b"x" * 4_500_001).status_code == 413
    assert chat.notify({}, params={"token": "x"}).status_code == 404
    assert chat.notify({}, data=b"{ }").status_code == 401
    assert chat.notify("x" * 4_000_000).status_code == 413


def test_a_full_chat_is_described(chat: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """A chat that holds as much as one may takes no further message."""
    monkeypatch.setattr("switchboard.domain.incoming.MOST_CHARACTERS", 100)
    answer = chat.say(json={"message": "Mehr"})
    assert (answer.status_code, answer.json()["code"]) == (413, "chat_full")


def test_what_fails_behind_it_is_described(chat: Client) -> None:
    """Zammad, queue, files or configuration out of order."""
    desk = chat.desk
    desk.simulator.inject(Fault("error", status=403, times=4))
    assert chat.say(json={"message": "Mehr"}).status_code == 502
    assert chat.send("read_attachment").status_code == 502
    desk.simulator.clear_faults()
    desk.simulator.inject(Fault("error"))
    assert chat.send("read_attachment").status_code == 502
    desk.simulator.clear_faults()
    waiting = chat.say(device_id="e", json={"message": "x", "attachments": in_json(("a", PNG))})
    assert waiting.status_code == 200
    desk.lose_queue()
    for name in ("send_message", "erase_chat"):
        assert chat.send(name, json={"message": "Noch"}).json()["code"] == "queue_unavailable"
    article = {"id": 9, "sender": "Agent", "subject": "", "internal": False}
    assert chat.notify(webhook_payload(desk.ticket, article)).status_code == 503
    change_region(desk, chat_enabled=False)
    for name in IN_CHAT:
        assert chat.send(name, json={"message": "x"}).json()["code"] == "chat_not_configured"


def test_lost_files_are_described(client: Client) -> None:
    """The file store is gone while files wait in it."""
    client.desk.simulator.inject(Fault("drop"))
    sent = client.say(json={"attachments": in_json(("a.png", PNG))})
    client.file = sent.json()["attachments"][0]["id"]
    s3: Any = boto3.resource("s3", **AWS)
    s3.Bucket("attachments").objects.all().delete()
    s3.Bucket("attachments").delete()
    client.has_lost_files = True
    assert client.send("read_attachment").status_code == 503
    files = {"attachments": in_json(("b.png", PNG))}
    assert client.say(json=files).status_code == 503
    assert client.send("erase_chat").status_code == 503


def test_lost_secrets_are_described(chat: Client) -> None:
    """Zammad's token and the webhook's secret are gone: an operator has to act."""
    ssm: Any = boto3.client("ssm", **AWS)
    found = ssm.get_parameters_by_path(Path="/switchboard/test/", Recursive=True)["Parameters"]
    ssm.delete_parameters(Names=[parameter["Name"] for parameter in found])
    chat.desk.later(3601)
    assert chat.notify({}).json()["code"] == "misconfigured"
    for name in ("send_message", "read_attachment"):
        answer = chat.send(name, json={"message": "Mehr"})
        assert answer.json()["code"] == "chat_server_refused"


def test_somebody_else_always_faster_is_described(
    chat: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every write comes too late."""

    def too_late(*_: object) -> NoReturn:
        raise Conflict

    for name in ("save", "save_both", "save_with_ticket", "erase"):
        monkeypatch.setattr(DynamoDbChats, name, too_late)
    assert chat.say(json={"message": "Mehr"}).status_code == 409
    assert chat.send("erase_chat").status_code == 409


def test_a_lost_table_is_described(chat: Client) -> None:
    """Nothing is where it belongs: one plain answer for what nobody foresaw."""
    chat.desk.dynamodb.delete_table(TableName="Conversations")
    article = {"id": 9, "sender": "Agent", "subject": "", "internal": False}
    assert chat.notify(webhook_payload(1, article)).status_code == 500
    for name in (*IN_CHAT, "show_rollout"):
        assert chat.send(name, json={"message": "x"}).status_code == 500
    chat.desk.dynamodb.delete_table(TableName="Directory")
    chat.desk.later(3601)
    for name in ("list_regions", "show_region"):
        assert chat.send(name).status_code == 500


def test_too_many_requests_are_described(
    seen: set[Answer], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The one too many, of each kind."""
    limits = {"reads_per_address": 1, "messages_per_device": 1}
    with desk_http(monkeypatch, **limits) as (desk, address):
        client = Client(desk, address, seen)
        for text in ("eins", "zwei"):
            sent = client.say(json={"message": text})
        assert sent.status_code == 429
        desk.request("GET", "/api/v3/regions/")
        requests.get(f"{address}/api/v3/regions", timeout=9)
        for name in (*READS, "erase_chat"):
            assert client.send(name).status_code == 429


def test_nothing_is_described_that_is_never_answered(seen: set[Answer]) -> None:
    """The tests above have seen every status and every code of every operation."""
    described = set()
    for name, (method, path) in PATHS.items():
        responses = DOCUMENT["paths"][path][method.lower()]["responses"]
        for status, response in responses.items():
            codes = [""]
            if status >= "400" and method != "HEAD":
                content = response["content"]["application/json"]["schema"]
                codes = content["allOf"][1]["properties"]["code"]["enum"]
            described |= {(name, int(status), code) for code in codes}
    assert described - seen == set()
