"""The webhook's HTTP surface, in its own order (contracts/userchat.md, "The webhook")."""

from __future__ import annotations

from typing import Any

import pytest

from tests.functional.desk_world import TOKEN, DeskWorld, webhook_payload

ARTICLE = {"id": 90210, "sender": "Agent", "subject": "", "internal": False, "body": "Grüße <b>"}
VECTOR = (
    b'{"ticket":{"id":4711,"automatic_answers":true},"article":{"id":90210,"internal":false,'
    b'"body":"Gr\xc3\xbc\xc3\x9fe \\u003cb\\u003eOK\\u003c/b\\u003e"}}'
)


@pytest.mark.parametrize("token", [None, "", "x", "22222222-2222-4333-8444-555555555555", "é" * 36])
def test_a_token_that_opens_nothing_is_a_404(desk: DeskWorld, token: str | None) -> None:
    """Unknown, missing and malformed tokens get one answer."""
    answer = desk.webhook(webhook_payload(1, ARTICLE), token=token)
    assert answer.status == 404
    assert answer.json["error"] == "No Region matches the given query."


def test_the_token_may_be_a_bearer(desk: DeskWorld) -> None:
    """Zammad can send the token as a header in place of the query."""
    answer = desk.webhook(
        webhook_payload(1, ARTICLE), token=None, headers={"authorization": f"Bearer {TOKEN}"}
    )
    assert answer.status == 200


@pytest.mark.parametrize("signature", [None, "", "sha1=", "sha1=" + "0" * 40, "sha256=00", "ü"])
def test_a_wrong_signature_is_a_401(desk: DeskWorld, signature: str | None) -> None:
    """A body that is not signed with the region's secret is not read."""
    answer = desk.webhook(webhook_payload(1, ARTICLE), signature=signature)
    assert answer.status == 401
    assert answer.json["code"] == "unauthorized"


def test_the_contracts_test_vector(desk: DeskWorld) -> None:
    """The signature is over the raw bytes, whether the gateway encoded them or not."""
    signature = "sha1=f5b27181cd382b16a10c2b3e5dc202689c53af16"
    for encoded in (False, True):
        answer = desk.webhook(VECTOR, signature=signature, base64_encoded=encoded)
        assert answer.status == 200
        assert answer.json == {"status": "ignored", "reason": "unknown ticket"}
    assert desk.webhook(VECTOR + b" ", signature=signature).status == 401


@pytest.mark.parametrize(
    "document",
    [
        b"",
        b"{",
        b"[]",
        b"7",
        b"null",
        {"text": "a custom payload"},
        {"ticket": {"id": 1}},
        {"ticket": {"id": 1}, "article": {}},
        {"ticket": {"id": "1"}, "article": {"id": 2}},
        {"ticket": {"id": True}, "article": {"id": 2}},
        {"ticket": {"id": 10**30}, "article": {"id": 2}},
        {"ticket": [], "article": "x"},
        webhook_payload(999, ARTICLE),
        webhook_payload(1, {**ARTICLE, "created_by": None}),
    ],
)
def test_what_concerns_nobody_is_ignored(desk: DeskWorld, document: Any) -> None:
    """A payload of no use is answered with 200, so that Zammad does not repeat it."""
    answer = desk.webhook(document)
    assert answer.status == 200
    assert answer.json["status"] == "ignored"
    assert answer.json["reason"]
    assert desk.work() == 0


def test_each_kind_of_article_has_its_answer(desk: DeskWorld) -> None:
    """Adviser, user and internal article, with automatic answers on and off."""
    desk.say("Hallo")
    desk.work()
    ticket = desk.ticket
    user = {**ARTICLE, "sender": "Customer", "subject": "app user message"}

    def ask(number: int, article: dict[str, Any], **attributes: Any) -> Any:
        return desk.webhook(webhook_payload(ticket, {**article, "id": number}, **attributes)).json

    assert ask(1, ARTICLE) == {
        "region": "augenfeld",
        "actions": ["human answer translation queued"],
    }
    assert ask(2, user) == {
        "region": "augenfeld",
        "actions": ["question translation and answering already tasked"],
    }
    assert ask(3, user, automatic_answers=False) == {
        "region": "augenfeld",
        "actions": ["question translation already tasked"],
    }
    assert ask(4, {**ARTICLE, "internal": True}) == {
        "region": "augenfeld",
        "results": "skipped internal message",
    }
    assert ask(2, user, automatic_answers=False)["actions"] == [
        "question translation and answering already tasked"
    ]


def test_switching_automatic_answers_off_stops_the_bot(desk: DeskWorld) -> None:
    """What the ticket says counts, not what a webhook claims; then only humans answer."""
    desk.say("Hallo")
    desk.work()
    article = desk.simulator.answer(desk.ticket, "Ich übernehme.")
    desk.webhook(webhook_payload(desk.ticket, article, automatic_answers=False))
    desk.work()
    assert desk.say("Danke").json["chatbot_typing"] is True
    desk.work()
    desk.simulator.update_ticket(desk.ticket, automatic_answers=False)
    article = desk.simulator.answer(desk.ticket, "Ab jetzt ich.")
    desk.webhook(webhook_payload(desk.ticket, article, automatic_answers=False))
    desk.work()
    assert desk.say("Wo finde ich einen Sprachkurs?").json["chatbot_typing"] is False
    desk.work()
    assert desk.articles()[-1] == ("Customer", "Wo finde ich einen Sprachkurs?")


def test_payload_text_is_never_shown(desk: DeskWorld) -> None:
    """The article is read again from Zammad: a forged text in a webhook reaches nobody."""
    desk.say("Hallo")
    desk.work()
    article = desk.simulator.answer(desk.ticket, "echt")
    desk.webhook(webhook_payload(desk.ticket, {**article, "body": "gefälscht"}))
    desk.work()
    assert desk.messages()[-1]["content"] == "echt"


def test_a_text_made_internal_is_not_shown(desk: DeskWorld) -> None:
    """An internal note is never shown, even if its webhook said it was public."""
    desk.say("Hallo")
    desk.work()
    before = desk.messages()
    note = desk.simulator.answer(desk.ticket, "nur für uns", internal=True)
    desk.webhook(webhook_payload(desk.ticket, {**note, "internal": False}))
    desk.work()
    assert desk.messages() == before


def test_only_post_is_served(desk: DeskWorld) -> None:
    """Another method is told so, without a look at the token."""
    answer = desk.raw_webhook("GET")
    assert answer.status == 405
    assert answer.headers["Allow"] == "OPTIONS, POST"


def test_a_failing_queue_makes_zammad_try_again(desk: DeskWorld) -> None:
    """If the job cannot be queued the answer is a 5xx that gives nothing away."""
    desk.say("Hallo")
    desk.work()
    article = desk.simulator.answer(desk.ticket, "Guten Tag")
    desk.lose_queue()
    answer = desk.webhook(webhook_payload(desk.ticket, article))
    assert answer.status == 503
    assert answer.json["code"] == "queue_unavailable"
    assert desk.queue_url not in answer.body
