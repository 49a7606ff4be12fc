"""An external answer service as the region's bot and translator, over real HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal

import pytest

from switchboard.adapters import answer_service as adapter
from switchboard.domain.errors import ModelFailed, ModelTimeout
from tests.functional.desk_world import CHAT, DeskWorld, webhook_payload
from tests.functional.region_records import change_region
from tests.servers.answer_service import AnswerService, answer_service, reply
from tests.servers.openai_server import Reply
from zammad_simulator import Fault

ENGLISH = CHAT.replace("/de/", "/en/")
PAGES = "https://integreat.example"
SORRY = "Sorry, I cannot answer right now."


@pytest.fixture
def service(desk: DeskWorld) -> Iterator[AnswerService]:
    with answer_service() as running:
        change_region(
            desk, chatbot=None, answer_service=running.host, answer_pages=PAGES, sync_seconds=60
        )
        yield running


def everything(desk: DeskWorld) -> list[tuple[str, bool, str]]:
    """Body, internal and subject of every article of the newest ticket."""
    return [(a["body"], a["internal"], a["subject"]) for a in desk.simulator.articles(desk.ticket)]


AUTOMATIC = "automatically generated message"


def test_question_is_translated_for_advisers_and_answered(
    desk: DeskWorld, service: AnswerService
) -> None:
    """The service gets the contract's requests; the ticket a public answer and an internal note."""
    desk.say("Where is <b>the</b>\ncourse?", ENGLISH)
    desk.work()
    assert service.asked == [
        {
            "messages": [{"role": "user", "content": "Where is <b>the</b>\ncourse?"}],
            "language": "en",
            "region": "augenfeld",
        }
    ]
    assert service.translated == [
        {
            "message": "Where is <b>the</b>\ncourse?",
            "source_language": "en",
            "target_language": "de",
        }
    ]
    assert everything(desk)[1:] == [
        ("Im Rathaus.", False, AUTOMATIC),
        ("[de] Where is &lt;b&gt;the&lt;/b&gt;<br>course?", True, AUTOMATIC),
    ]
    shown = [m["content"] for m in desk.messages(ENGLISH)]
    assert shown == ["Where is <b>the</b>\ncourse?", "Im Rathaus."]


@pytest.mark.parametrize(
    "document",
    [
        {
            "details": [
                {"source": "/r1/de/x/", "included_in_answer": True, "title": "Kurse"},
                {"source": "/r1/de/unused/", "included_in_answer": False},
                {"source": "javascript:alert(1)", "included_in_answer": True},
                "nonsense",
            ]
        },
        {"sources": [{"source": "/r1/de/x/", "title": "Kurse"}]},
        {"details": [], "sources": [{"source": "/r1/de/x/", "title": "Kurse"}]},
    ],
    ids=["new", "old", "both"],
)
def test_sources_are_a_list_of_links(
    desk: DeskWorld, service: AnswerService, document: dict[str, Any]
) -> None:
    """Pages that the answer rests on are linked below it, relative ones below `pagesUrl`."""
    service.answer = reply(status="success", answer="Ja.", **document)
    desk.say("Gibt es Kurse?")
    desk.work()
    link = f"{PAGES}/r1/de/x/"
    posted = [r for r in desk.simulator.requests() if r.path.endswith("/ticket_articles")]
    assert len(posted) == 1
    body = desk.articles()[-1][1]
    assert body.startswith("Ja.")
    assert body.count("<li>") == 1
    assert link in body
    assert ">Kurse</a>" in body


def test_plain_addresses_are_sources_named_by_their_path(
    desk: DeskWorld, service: AnswerService
) -> None:
    """The older form with bare addresses works; a page without a title is named by its path."""
    service.answer = reply(answer="Ja.", sources=["/r1/de/erste-schritte/", 7])
    desk.say("Was nun?")
    desk.work()
    assert f"{PAGES}/r1/de/erste-schritte/" in desk.articles()[-1][1]
    assert ">erste schritte</a>" in desk.articles()[-1][1]


@pytest.mark.parametrize(
    "failure",
    [
        reply(status="error", message="no"),
        reply(503, detail="down"),
        Reply(200, "<html>"),
        Reply(200, "[]"),
        Reply(302, "", {"Location": "/translate/message/"}),
        Reply(cut=True),
        reply(status="success", answer=""),
        reply(status="success", answer=["no text"]),
    ],
    ids=["error", "503", "html", "list", "redirect", "cut", "empty", "no text"],
)
def test_a_failing_service_is_one_apology(
    desk: DeskWorld, service: AnswerService, failure: Reply
) -> None:
    """Whatever the service does instead of answering, the user gets one apology, once."""
    service.answer = failure
    desk.say("Where?", ENGLISH)
    desk.work()
    public = [body for body, internal, _ in everything(desk) if not internal]
    assert len(public) == 2
    assert public[1].startswith(SORRY)
    assert len(service.asked) == 1


@pytest.mark.parametrize(
    "failure",
    [
        reply(422, detail="unsupported"),
        reply(503),
        reply(status="error"),
        reply(status="success"),
        Reply(cut=True),
    ],
    ids=["422", "503", "error", "no translation", "cut"],
)
def test_a_failed_translation_loses_no_answer(
    desk: DeskWorld, service: AnswerService, failure: Reply
) -> None:
    """The answer is posted; there is no note, and nothing is tried again for it."""
    service.translation = failure
    desk.say("Where?", ENGLISH)
    desk.work()
    assert everything(desk)[1:] == [("Im Rathaus.", False, AUTOMATIC)]
    assert desk.dead_letters() == []
    assert len(service.translated) == 1


def hand_over(desk: DeskWorld, service: AnswerService, answer: str = "") -> None:
    service.answer = reply(status="success", answer=answer, automatic_answers=False)
    desk.say("A human, please", ENGLISH)
    desk.work()


@pytest.mark.parametrize("answer", ["A human will write.", ""])
def test_the_bot_hands_over(desk: DeskWorld, service: AnswerService, answer: str) -> None:
    """The ticket says so, the adviser has a brief, the user a word, and the bot is silent."""
    hand_over(desk, service, answer)
    assert desk.simulator.ticket(desk.ticket)["automatic_answers"] is False
    said, note, brief = everything(desk)[1:]
    assert said[0].startswith(answer or SORRY)
    assert (said[1], note[1], brief[1]) == (False, True, True)
    assert "Sprache: en" in brief[0]
    assert "Letzte Frage: A human, please" in brief[0]
    desk.say("Hello?", ENGLISH)
    desk.work()
    assert len(service.asked) == 1
    assert everything(desk)[4:] == [
        ("Hello?", False, "app user message"),
        ("[de] Hello?", True, AUTOMATIC),
    ]


def test_an_agent_switches_the_bot_on_again(desk: DeskWorld, service: AnswerService) -> None:
    """A webhook that only tells of the attribute is enough; the next question is answered."""
    hand_over(desk, service)
    service.answer = reply(status="success", answer="Again.")
    ticket = desk.simulator.update_ticket(desk.ticket, automatic_answers=True)
    notice = {"ticket": {**ticket, "state": "open"}, "article": {}}
    told = desk.webhook(notice, headers={"x-zammad-delivery": "1"})
    assert told.json == {"status": "ignored", "reason": "no article"}
    desk.work()
    desk.say("And now?", ENGLISH)
    desk.work()
    assert "Again." in [body for _, body in desk.articles()]


def advise(desk: DeskWorld, text: str = "Siehe <b>Merkblatt</b>") -> dict[str, Any]:
    return desk.simulator.answer(desk.ticket, text)


def test_an_advisers_answer_is_translated_once(desk: DeskWorld, service: AnswerService) -> None:
    """Right after the original comes its translation, however often the webhook does."""
    desk.say("Where?", ENGLISH)
    desk.work()
    article = advise(desk)
    for _ in range(3):
        desk.webhook(webhook_payload(desk.ticket, article))
        desk.work()
        desk.later(400)
    assert everything(desk)[-2:] == [
        ("Siehe <b>Merkblatt</b>", False, article["subject"]),
        ("[en] Siehe <b>Merkblatt</b>", False, AUTOMATIC),
    ]
    original, translation = desk.messages(ENGLISH)[-2:]
    assert (original["automatic_answer"], translation["automatic_answer"]) == (False, True)
    assert translation["content"] == "[en] Siehe <b>Merkblatt</b>"


def test_no_translation_between_equal_languages(desk: DeskWorld, service: AnswerService) -> None:
    """A chat in the region's own language has neither notes nor translations."""
    desk.say("Wo?")
    desk.work()
    desk.webhook(webhook_payload(desk.ticket, advise(desk)))
    desk.work()
    assert service.translated == []
    assert len(everything(desk)) == 3


def test_own_text_is_never_translated_or_answered(desk: DeskWorld, service: AnswerService) -> None:
    """With the trigger's filter missing, webhooks of all our own articles change nothing."""
    desk.say("Where?", ENGLISH)
    desk.work()
    desk.webhook(webhook_payload(desk.ticket, advise(desk)))
    desk.work()
    before, paths = everything(desk), list(service.paths)
    for article in desk.simulator.articles(desk.ticket):
        desk.webhook(webhook_payload(desk.ticket, article))
    desk.work()
    assert everything(desk) == before
    assert service.paths == paths


def test_a_lost_webhook_is_made_good_by_a_poll(desk: DeskWorld, service: AnswerService) -> None:
    """The answer that a refresh has found is translated as well, once."""
    desk.say("Where?", ENGLISH)
    desk.work()
    article = advise(desk)
    for _ in range(3):
        desk.later(61)
        desk.messages(ENGLISH)
        desk.work()
    bodies = [body for body, _, _ in everything(desk)]
    assert bodies.count("[en] Siehe <b>Merkblatt</b>") == 1
    desk.webhook(webhook_payload(desk.ticket, article))
    desk.work()
    assert [body for body, _, _ in everything(desk)] == bodies
    assert [m["content"] for m in desk.messages(ENGLISH)][-1] == "[en] Siehe <b>Merkblatt</b>"


@pytest.mark.parametrize("kind", ["answer_lost", "error", "html"])
def test_a_failing_zammad_doubles_no_translation(
    desk: DeskWorld, service: AnswerService, kind: Literal["answer_lost", "error", "html"]
) -> None:
    """A write that took effect is recognised, one that did not is repeated."""
    desk.say("Where?", ENGLISH)
    desk.work()
    article = advise(desk)
    desk.simulator.inject(Fault(kind, method="POST", path="/ticket_articles$", times=1))
    desk.webhook(webhook_payload(desk.ticket, article))
    for _ in range(3):
        desk.work()
        desk.later(40)
    bodies = [body for body, _, _ in everything(desk)]
    assert bodies.count("[en] Siehe <b>Merkblatt</b>") == 1


def test_markup_of_a_translation_is_made_safe(desk: DeskWorld, service: AnswerService) -> None:
    """A translation is shown as harmless HTML, whatever the service returns."""
    service.translation = reply(translation="<b>ok</b><script>x</script>", status="success")
    desk.say("Where?", ENGLISH)
    desk.work()
    desk.webhook(webhook_payload(desk.ticket, advise(desk)))
    desk.work()
    assert desk.messages(ENGLISH)[-1]["content"] == "<b>ok</b>"


def test_the_deadline_is_kept(service: AnswerService) -> None:
    """With no time left the service is not asked at all."""
    with pytest.raises(ModelTimeout):
        adapter.answer(service.host, ["?"], "de", "r1", seconds=0)
    assert service.paths == []


def test_only_loopback_is_reached_without_tls() -> None:
    """A service elsewhere is reached over https, whatever its host name looks like."""
    assert adapter.service_url("127.0.0.1:8080") == "http://127.0.0.1:8080"
    assert adapter.service_url("localhost.example.org") == "https://localhost.example.org"
    assert adapter.service_url("127.0.0.1.example.org") == "https://127.0.0.1.example.org"


def test_a_closed_port_is_a_failure() -> None:
    """A service that is not there is a failed model, which is an apology."""
    with pytest.raises(ModelFailed):
        adapter.translate("127.0.0.1:9", "x", "de", "en", seconds=5)
