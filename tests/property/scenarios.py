"""What the sweep breaks off: each scenario prepares a conversation, and returns what is done
under the fault and what has to be true after everything has recovered; beside them, what others
do meanwhile."""

from __future__ import annotations

from collections.abc import Callable

from tests.property.interruptions import Process
from tests.property.stand_ins import answer_to, translated
from tests.property.talk import Talk

CLOSED = 4
Act = Callable[[Process], None]
Check = Callable[[], None]
Scenario = Callable[[Talk], tuple[Act, Check]]
Other = Callable[[Talk], None]


def first_message(talk: Talk) -> tuple[Act, Check]:
    def act(process: Process) -> None:
        _say(talk, process, "one")
        talk.desk.work_all(process)

    return act, talk.assert_kept


def app_gives_up(talk: Talk) -> tuple[Act, Check]:
    """What was kept although the app was never told so is treated like any other message."""
    talk.say("one")
    talk.desk.work_all()

    def act(process: Process) -> None:
        talk.say("two", process)
        talk.desk.work_all(process)

    return act, talk.assert_kept


def second_message(talk: Talk) -> tuple[Act, Check]:
    talk.say("one")
    talk.desk.work_all()
    return lambda process: _say(talk, process, "two"), talk.assert_kept


def message_while_one_waits(talk: Talk) -> tuple[Act, Check]:
    simulator = talk.desk.simulators[talk.device.region]
    simulator.stop()
    talk.say("one")
    simulator.start()

    def act(process: Process) -> None:
        _say(talk, process, "two")
        talk.desk.clock.advance(3)
        talk.desk.work_all(process)

    return act, talk.assert_kept


def bot_answers(talk: Talk) -> tuple[Act, Check]:
    talk.say("one")

    def check() -> None:
        talk.assert_kept()
        bodies = [a["body"] for a in talk.articles]
        assert bodies.count(translated(_text(talk, "one"), "de")) <= 1

    return talk.desk.work_all, check


def bot_apologises(talk: Talk) -> tuple[Act, Check]:
    talk.say("one")
    talk.desk.bot.mood = "broken"
    return talk.desk.work_all, talk.assert_kept


def bot_hands_over(talk: Talk) -> tuple[Act, Check]:
    talk.say("one")
    talk.desk.bot.mood = "human"

    def check() -> None:
        talk.assert_kept()
        briefs = [a for a in talk.articles if a["internal"] and "Letzte Frage" in a["body"]]
        apologies = [a for a in talk.articles if a["body"].startswith("Sorry")]
        assert len(briefs) + len(apologies) == 1
        handed_over = talk.tickets[-1]["automatic_answers"] is False
        assert handed_over is bool(briefs)

    return talk.desk.work_all, check


def adviser_answers(talk: Talk) -> tuple[Act, Check]:
    talk.say("one")
    talk.desk.work_all()
    talk.desk.collect().clear()
    talk.advise("advice")

    def act(process: Process) -> None:
        for delivery in talk.desk.collect():
            talk.desk.deliver(delivery, process)
        talk.desk.work_all(process)

    return act, lambda: _assert_advice_translated(talk)


def poll_finds_an_answer(talk: Talk) -> tuple[Act, Check]:
    talk.say("one")
    talk.desk.work_all()
    talk.advise("advice")
    talk.desk.collect().clear()
    talk.desk.clock.advance(61)

    def act(process: Process) -> None:
        talk.desk.read(talk.device, process)
        talk.desk.work_all(process)

    return act, lambda: _assert_advice_translated(talk)


def human_is_faster(talk: Talk) -> tuple[Act, Check]:
    talk.say("one")
    talk.advise("advice")

    def check() -> None:
        talk.assert_kept()
        assert answer_to(_text(talk, "one")) not in [a["body"] for a in talk.articles]

    return talk.desk.work_all, check


def message_with_a_file(talk: Talk) -> tuple[Act, Check]:
    file = {"filename": "a.txt", "content_type": "text/plain", "data": "SGFsbG8h"}

    def act(process: Process) -> None:
        talk.say("one", process, attachments=[file], key="k")
        talk.insist()
        talk.desk.work_all(process)

    def check() -> None:
        talk.assert_kept()
        own = next(a for a in talk.articles if a["body"] == _text(talk, "one"))
        assert [f["filename"] for f in own["attachments"]] == ["a.txt"]

    return act, check


def new_chat_is_asked_for(talk: Talk) -> tuple[Act, Check]:
    talk.say("one")
    talk.desk.work_all()

    def act(process: Process) -> None:
        _say(talk, process, "two", force_new=True)
        talk.desk.work_all(process)

    def check() -> None:
        talk.assert_kept()
        assert len(talk.tickets) == 2

    return act, check


def consent_is_given(talk: Talk) -> tuple[Act, Check]:
    talk.say("one")
    talk.desk.work_all()

    def act(process: Process) -> None:
        body = {"evaluation_consent": True}
        answer = talk.desk.request("POST", talk.device, body, process)
        if answer is None or answer.status != 200:
            answer = talk.desk.request("POST", talk.device, body)
        assert answer is not None
        assert answer.status == 200, answer.body
        talk.desk.work_all(process)

    def check() -> None:
        talk.assert_kept()
        assert talk.tickets[-1]["evaluation_consent"] is True

    return act, check


def ticket_was_deleted(talk: Talk) -> tuple[Act, Check]:
    talk.say("one")
    talk.desk.work_all()
    ticket = talk.tickets[-1]["id"]
    talk.desk.simulators[talk.device.region].delete_ticket(ticket)
    talk.erased |= {talk.said.pop().text}

    def act(process: Process) -> None:
        _say(talk, process, "two")
        talk.desk.work_all(process)

    return act, talk.assert_kept


def device_is_erased(talk: Talk) -> tuple[Act, Check]:
    talk.say("one")
    talk.desk.work_all()

    def act(process: Process) -> None:
        talk.erase(process)
        talk.desk.work_all(process)

    def check() -> None:
        talk.assert_kept()
        assert talk.desk.tickets(talk.device)[0]["state_id"] == CLOSED

    return act, check


def second_worker(talk: Talk) -> None:
    """Has the job that the first one is at work on, and then all others."""
    talk.desk.work_on_the_same()
    while talk.desk.work(worker="second") == "done":
        pass


def poll_and_webhooks(talk: Talk) -> None:
    talk.desk.read(talk.device)
    for delivery in talk.desk.collect():
        talk.desk.deliver(delivery)
    talk.desk.work(worker="second")


def another_message(talk: Talk) -> None:
    talk.say_beside("beside")
    talk.desk.work(worker="second")


OTHERS: tuple[Other, ...] = (second_worker, poll_and_webhooks, another_message)
SCENARIOS: tuple[Scenario, ...] = (
    first_message,
    app_gives_up,
    second_message,
    message_while_one_waits,
    bot_answers,
    bot_apologises,
    bot_hands_over,
    adviser_answers,
    poll_finds_an_answer,
    human_is_faster,
    message_with_a_file,
    new_chat_is_asked_for,
    consent_is_given,
    ticket_was_deleted,
    device_is_erased,
)


def _text(talk: Talk, text: str) -> str:
    return f"{talk.prefix} {text}"


def _say(talk: Talk, process: Process, text: str, **fields: object) -> None:
    """The app repeats its request until it is accepted, every other time without a key."""
    key = "" if (process.at or 0) % 2 else f"key-{text}"
    talk.say(text, process, key=key, **fields)
    talk.insist()


def _assert_advice_translated(talk: Talk) -> None:
    talk.assert_kept()
    public = [a["body"] for a in talk.articles if not a["internal"]]
    if any(said.beside for said in talk.said):
        return  # Where its webhook is lost, what the user has answered to is left as it is.
    assert public.count(translated(_text(talk, "advice"), "en")) == 1, public
