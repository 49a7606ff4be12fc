"""Whatever is posted to the webhook: an answer, no error, and nothing done for a stranger.

The payloads are those that the Zammad simulator posts, mangled; the handler is the real one.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from switchboard_cli.local.events import HttpRequest, HttpResponse
from switchboard_cli.local.web import WebServer
from tests.functional.desk_world import SECRET, TOKEN, DeskWorld, desk_world, http_event
from tests.property.mangled_json import damaged, examples, mangled
from zammad_simulator import Webhook

IMPORTANT = (
    ("ticket",),
    ("ticket", "id"),
    ("ticket", "automatic_answers"),
    ("ticket", "state"),
    ("article",),
    ("article", "id"),
    ("article", "internal"),
    ("article", "sender"),
    ("article", "subject"),
    ("article", "created_by"),
    ("article", "created_by", "login"),
)
CONTENT_TYPES = ("application/json", "application/json; charset=utf-16", "text/plain", "x", "")
ANSWERS = ({"region", "actions"}, {"region", "results"}, {"status", "reason"})


def captured(desk: DeskWorld) -> list[Any]:
    """What the simulator posts for an adviser's answer, a note and a change of attributes."""
    bodies: list[bytes] = []

    def take(request: HttpRequest) -> HttpResponse:
        bodies.append(request.body)
        return HttpResponse(200)

    server = WebServer("127.0.0.1", 0)
    server.start(take)
    try:
        desk.simulator.add_webhook(Webhook(f"http://127.0.0.1:{server.port}/"))
        desk.simulator.answer(desk.ticket, "Grüße & mehr")
        desk.simulator.answer(desk.ticket, "unter uns", internal=True)
        assert desk.simulator.wait_for_webhooks()
        desk.simulator.update_ticket(desk.ticket, automatic_answers=False)
        assert desk.simulator.wait_for_webhooks()
    finally:
        server.stop()
    documents = [json.loads(body) for body in bodies]
    return [*documents, {**documents[0], "article": {}}]


class Reception:
    """The webhook of a desk with one chat, whose ticket the payloads are about."""

    def __init__(self, desk: DeskWorld) -> None:
        self.desk = desk
        desk.say("Hallo")
        desk.work()
        self.payloads = captured(desk)
        self.shown = desk.messages()

    def post(
        self,
        raw: bytes,
        headers: dict[str, str],
        token: str | None = TOKEN,
        *,
        encoded: bool = False,
    ) -> tuple[int, Any]:
        """Status and body of the answer. What is no text comes as base64."""
        try:
            body = raw.decode()
        except UnicodeDecodeError:
            encoded = True
        if encoded:
            body = base64.b64encode(raw).decode()
        query = {"token": token} if token is not None else None
        event = http_event("POST", "/", body, headers, query)
        event["isBase64Encoded"] = encoded
        answer = self.desk.handler("webhook")(json.loads(json.dumps(event)), None)
        return answer["statusCode"], json.loads(answer["body"])

    def state(self) -> object:
        """All that is stored of chats, and how many jobs wait."""
        attributes = self.desk.sqs.get_queue_attributes(
            QueueUrl=self.desk.queue_url, AttributeNames=["ApproximateNumberOfMessages"]
        )["Attributes"]
        return self.desk.dynamodb.scan(TableName="Conversations")["Items"], attributes


@pytest.fixture(scope="module")
def reception() -> Iterator[Reception]:
    with pytest.MonkeyPatch.context() as monkeypatch, desk_world(monkeypatch) as desk:
        yield Reception(desk)


def signed(raw: bytes) -> str:
    return "sha1=" + hmac.new(SECRET.encode(), raw, hashlib.sha1).hexdigest()


def bodies(reception: Reception) -> st.SearchStrategy[bytes]:
    payloads = [mangled(payload, IMPORTANT) for payload in reception.payloads]
    return damaged(st.one_of(payloads))


def of_our_ticket(raw: bytes, ticket: int) -> bool:
    try:
        return bool(json.loads(raw)["ticket"]["id"] == ticket)
    except (ValueError, LookupError, TypeError, RecursionError):
        return False


@examples(150)
@given(data=st.data(), encoded=st.booleans(), content_type=st.sampled_from(CONTENT_TYPES))
def test_a_mangled_webhook_is_answered(
    reception: Reception, data: st.DataObject, encoded: bool, content_type: str
) -> None:
    """Rightly signed it gets a 200; if it is not about our ticket, nothing comes of it."""
    raw = data.draw(bodies(reception))
    before = reception.state()
    headers = {"content-type": content_type, "x-hub-signature": signed(raw)}
    if data.draw(st.booleans()):
        headers["x-zammad-delivery"] = data.draw(st.text(max_size=40))
    status, answer = reception.post(raw, headers, encoded=encoded)
    assert status == 200
    assert answer.keys() in ANSWERS
    if not of_our_ticket(raw, reception.desk.ticket):
        assert answer["status"] == "ignored"
        assert reception.state() == before


@examples(80)
@given(data=st.data())
def test_a_stranger_changes_nothing(reception: Reception, data: st.DataObject) -> None:
    """Without the right token and the right signature of these very bytes: 401 or 404."""
    raw = data.draw(bodies(reception))
    others = st.one_of(st.none(), st.text(max_size=60), st.sampled_from((TOKEN + "0", TOKEN[:-1])))
    token = data.draw(st.one_of(st.just(TOKEN), others))
    wrong = st.one_of(
        st.text(max_size=60),
        st.binary(min_size=20, max_size=20).map(lambda digest: f"sha1={digest.hex()}"),
        st.sampled_from([signed(raw + b" "), signed(raw)[:-1], signed(raw)[5:], signed(b"")]),
    )
    signature = signed(raw) if token != TOKEN else data.draw(wrong)
    assume(token != TOKEN or signature != signed(raw))
    before = reception.state()
    status, answer = reception.post(raw, {"x-hub-signature": signature}, token)
    assert (status, answer["code"]) in {(404, "region_not_found"), (401, "unauthorized")}
    assert reception.state() == before


@examples(40)
@given(body=st.text(max_size=30).filter(lambda text: not text.isascii() or len(text) % 4))
def test_what_is_not_base64_is_refused(reception: Reception, body: str) -> None:
    """An event that says its body is base64, and is wrong: 400."""
    event = {**http_event("POST", "/", body, {}, {"token": TOKEN}), "isBase64Encoded": True}
    before = reception.state()
    answer = reception.desk.handler("webhook")(json.loads(json.dumps(event)), None)
    assert answer["statusCode"] == 400
    assert reception.state() == before


def test_no_job_of_a_mangled_webhook_is_lost_or_shown(reception: Reception) -> None:
    """The worker does each of the jobs that the tests above have left; the user sees no change
    but the adviser's answer."""
    reception.desk.work()
    assert reception.desk.dead_letters() == []
    after = reception.desk.messages()
    assert after[: len(reception.shown)] == reception.shown
    assert [m["content"] for m in after[len(reception.shown) :]] == ["Grüße &amp; mehr"]
