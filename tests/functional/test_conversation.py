"""One conversation through the real handlers: user, bot, adviser, and Zammad's absence."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.functional.desk_world import CHAT, DeskWorld, webhook_payload
from zammad_simulator import Fault


def test_a_message_is_in_the_ticket_and_in_the_chat(desk: DeskWorld) -> None:
    """POST opens a ticket with the message and answers with the chat and the article."""
    answer = desk.say("Wo finde ich einen Sprachkurs?")
    assert answer.status == 200
    (message,) = answer.json["messages"]
    assert desk.articles() == [("Customer", "Wo finde ich einen Sprachkurs?")]
    (article,) = desk.simulator.articles(desk.ticket)
    assert message["id"] == answer.json["id"] == article["id"]
    assert (article["subject"], article["type"]) == ("app user message", "web")
    assert message["role"] == "user"
    assert message["user_is_author"] is True
    assert answer.json["chatbot_typing"] is True
    ticket = desk.simulator.ticket(desk.ticket)
    assert (ticket["region_slug"], ticket["language_slug"]) == ("augenfeld", "de")


def test_the_bot_answers_in_ticket_and_chat(desk: DeskWorld) -> None:
    """The worker's answer is a public automatic article, and the user's next GET shows it."""
    desk.say("Wo finde ich einen Sprachkurs?")
    desk.work()
    question, answer = desk.messages()
    assert answer["automatic_answer"] is True
    assert answer["role"] == "agent"
    assert "kurs" in answer["content"].lower()
    article = desk.simulator.articles(desk.ticket)[-1]
    assert article["subject"] == "automatically generated message"
    assert article["sender"] == "Agent"
    assert question["id"] < answer["id"] == article["id"]
    assert desk.request("GET").json["chatbot_typing"] is False


def test_an_advisers_answer_reaches_the_user(desk: DeskWorld) -> None:
    """The signed webhook is queued, and after the worker the user reads what the adviser wrote."""
    desk.say("Wo finde ich einen Sprachkurs?")
    desk.work()
    article = desk.simulator.answer(desk.ticket, "Siehe <b>Merkblatt</b><script>x</script>")
    answer = desk.webhook(webhook_payload(desk.ticket, article))
    assert answer.status == 200
    assert answer.json == {"region": "augenfeld", "actions": ["human answer translation queued"]}
    desk.work()
    last = desk.messages()[-1]
    assert last["content"] == "Siehe <b>Merkblatt</b>"
    assert last["automatic_answer"] is False
    assert "Ayla" not in desk.request("GET").body


def test_a_repeated_webhook_changes_nothing(desk: DeskWorld) -> None:
    """A second delivery gets the first answer and leaves chat and ticket as they are."""
    desk.say("Hallo")
    desk.work()
    article = desk.simulator.answer(desk.ticket, "Guten Tag")
    first = desk.webhook(webhook_payload(desk.ticket, article))
    desk.work()
    before, articles = desk.messages(), desk.articles()
    desk.simulator.reset_requests()
    second = desk.webhook(webhook_payload(desk.ticket, article))
    desk.work()
    assert second.json == first.json
    assert desk.messages() == before
    assert desk.articles() == articles
    assert not desk.simulator.requests()


def test_a_human_is_never_talked_over(desk: DeskWorld) -> None:
    """If the adviser was faster than the bot, the bot says nothing."""
    desk.say("Wo finde ich einen Sprachkurs?")
    desk.simulator.answer(desk.ticket, "Ich helfe Ihnen.")
    desk.work()
    assert [body for _, body in desk.articles()][1:] == ["Ich helfe Ihnen."]


@pytest.mark.parametrize("field", ["subject", "sender", "created_by"])
def test_automatic_text_is_ignored_without_the_operators_filter(
    desk: DeskWorld, field: str
) -> None:
    """The bridge's own text and that of Zammad's triggers never cause anything."""
    desk.say("Hallo")
    desk.work()
    automatic = {
        "subject": "automatically generated message",
        "sender": "System",
        "created_by": "-",
    }
    article = {"id": 990, "sender": "Agent", "subject": "", "created_by": "x", "internal": False}
    answer = desk.webhook(webhook_payload(desk.ticket, {**article, field: automatic[field]}))
    assert answer.status == 200
    assert answer.json["status"] == "ignored"
    assert desk.work() == 0


def test_zammad_away_and_back(desk: DeskWorld) -> None:
    """With Zammad stopped the message is pending; later it is there once, and answered."""
    desk.simulator.stop()
    answer = desk.say("Wo finde ich einen Sprachkurs?")
    assert answer.status == 200
    assert answer.json["messages"][0]["pending"] is True
    assert desk.messages()[0]["id"] > 2**51
    desk.simulator.start()
    desk.work()
    bodies = [body for _, body in desk.articles()]
    assert bodies[0] == "Wo finde ich einen Sprachkurs?"
    assert len(bodies) == 2
    assert [m.get("pending") for m in desk.messages()] == [None, None]


@pytest.mark.parametrize(
    "fault",
    [Fault("answer_lost", times=1), Fault("html", times=1), Fault("error", times=1)],
    ids=["answer lost", "html 502", "error 500"],
)
@pytest.mark.parametrize("path", ["/tickets$", "/ticket_articles$"])
def test_a_failing_zammad_never_doubles_a_message(desk: DeskWorld, fault: Fault, path: str) -> None:
    """It is accepted; a write that took effect is recognised, one that did not is repeated."""
    if path == "/ticket_articles$":
        desk.say("eins")
        desk.work()
    desk.simulator.inject(replace(fault, method="POST", path=path))
    answer = desk.say("zwei")
    assert answer.status == 200
    assert answer.json["messages"][-1]["pending"] is True
    desk.work()
    desk.later(61)
    desk.work()
    assert len(desk.simulator.tickets()) == 1
    assert [body for _, body in desk.articles()].count("zwei") == 1
    question, answered = desk.messages()[-2:]
    assert question["content"] == "zwei"
    assert question.get("pending") is None
    assert answered["automatic_answer"] is True


def test_a_refusing_zammad_is_told_and_nothing_is_lost(desk: DeskWorld) -> None:
    """401, 403 and 422 are the operator's: the client gets 502, the message stays."""
    desk.say("eins")
    desk.work()
    desk.simulator.inject(Fault("error", status=403, times=1))
    answer = desk.say("zwei")
    assert answer.status == 502
    assert answer.json == {
        "error": "An error occurred while attempting to connect to the chat server.",
        "code": "chat_server_refused",
    }
    assert desk.messages()[-1]["content"] == "zwei"


def test_maintenance_is_waited_for(desk: DeskWorld) -> None:
    """While Zammad is upgraded a message is accepted and shown as pending."""
    desk.say("eins")
    desk.work()
    desk.simulator.inject(Fault("maintenance", times=1))
    assert desk.say("zwei").status == 200
    assert desk.messages()[-1]["pending"] is True
    desk.work()
    assert [m["content"] for m in desk.messages() if m.get("pending")] == []


def test_fresh_reads_ask_nobody(desk: DeskWorld) -> None:
    """While the copy is fresh, any number of readers causes no Zammad call."""
    desk.say("Hallo")
    desk.work()
    desk.simulator.reset_requests()
    for _ in range(50):
        desk.messages()
    assert not desk.simulator.requests()


def test_unchanged_chats_are_304(desk: DeskWorld) -> None:
    """A client that has the chat gets 304 without a body."""
    desk.say("Hallo")
    desk.work()
    tag = desk.request("GET").headers["ETag"]
    again = desk.request("GET", headers={"if-none-match": tag})
    assert (again.status, again.body) == (304, "")
    assert desk.request("GET", headers={"if-none-match": '"other"'}).status == 200


def test_devices_cannot_see_each_other(desk: DeskWorld) -> None:
    """Another device's chat, and the same device elsewhere, is just not there."""
    desk.say("geheim")
    for path in (CHAT.replace("device-1", "device-2"), CHAT.replace("augenfeld", "anderswo")):
        answer = desk.request("GET", path)
        assert answer.status == 404
        assert "geheim" not in answer.body
