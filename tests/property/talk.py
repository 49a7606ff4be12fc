"""One device's conversation over the real desk, and what has to be true of it in the end.

The promises are read off the tickets and the app's view (issue "user chat and Zammad bridge",
"Promises to prove"), never off what is stored.
"""

from __future__ import annotations

import html
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from tests.property.interruptions import Process
from tests.property.real_desk import (
    AUTOMATIC_SUBJECT,
    USER_SUBJECT,
    Device,
    Json,
    RealDesk,
)
from tests.property.stand_ins import answer_to

ROUNDS = 16
ROUND_SECONDS = 130
SYNC_SECONDS = 61


@dataclass(slots=True)
class Said:
    """`accepted` once the app was told so; until then it may or may not have been kept."""

    text: str
    fields: Json
    accepted: bool = False
    asks: bool = True
    beside: bool = False
    """Sent while another was under way, so that it has no place in the order."""


@dataclass(slots=True)
class Talk:
    desk: RealDesk
    device: Device
    said: list[Said] = field(default_factory=list)
    advice: list[str] = field(default_factory=list)
    erased: set[str] = field(default_factory=set)
    """What was said before the device was erased."""
    is_switched: bool = False
    """An adviser has decided about automatic answers: nobody knows which questions are owed."""

    @property
    def prefix(self) -> str:
        """What everything begins with that is written in this conversation, and nothing else."""
        return f"{self.device.region}/{self.device.name}:"

    def say(self, text: str, process: Process | None = None, **fields: Any) -> bool:
        """Whether the app was told that the message is accepted."""
        self.said.append(Said(f"{self.prefix} {text}", fields))
        return self.repeat(process)

    def say_beside(self, text: str) -> None:
        """While another request of this device is under way."""
        said = Said(f"{self.prefix} {text}", {}, beside=True)
        answer = self.desk.post(self.device, said.text)
        assert answer is not None
        assert answer.status == 200, answer.body
        said.accepted = True
        self.said.insert(len(self.said) - 1, said)

    def erase(self, process: Process | None = None) -> None:
        """The app asks for it until it is told that it was done."""
        for tried in (process, None, None):
            answer = self.desk.request("DELETE", self.device, process=tried)
            if answer is not None and answer.status == 204:
                break
        else:
            raise AssertionError("the device is never erased")
        self.erased |= {s.text for s in self.said}
        self.said.clear()
        self.advice.clear()

    def repeat(self, process: Process | None = None) -> bool:
        """The app sends its last request again."""
        last = self.said[-1]
        answer = self.desk.post(self.device, last.text, process, **last.fields)
        if answer is not None and answer.status == 200:
            last.accepted = True
            shown = answer.json["messages"]
            assert [m["content"] for m in shown].count(last.text) == 1, shown
            return True
        assert answer is None or answer.status >= 500, answer.body
        return False

    def insist(self) -> None:
        """Until it is accepted, as an app does whose network is bad."""
        for _ in range(3):
            if self.said[-1].accepted or self.repeat():
                return
            self.desk.clock.advance(5)
        raise AssertionError("the message is never accepted")

    def advise(self, text: str, *, internal: bool = False) -> None:
        """A human writes into the newest ticket."""
        body = f"{self.prefix} {text}"
        simulator = self.desk.simulators[self.device.region]
        simulator.answer(self.tickets[-1]["id"], body, internal=internal)
        if not internal:
            self.advice.append(body)

    @property
    def tickets(self) -> list[Json]:
        """Oldest first; without those from before the device was erased."""
        simulator = self.desk.simulators[self.device.region]
        return [
            ticket
            for ticket in self.desk.tickets(self.device)
            if not {_text(a) for a in simulator.articles(ticket["id"])} & self.erased
        ]

    @property
    def articles(self) -> list[Json]:
        """Of all its tickets, as they were written."""
        simulator = self.desk.simulators[self.device.region]
        found = [a for t in self.tickets for a in simulator.articles(t["id"])]
        return sorted(found, key=lambda article: int(article["id"]))

    @property
    def is_delivered(self) -> bool:
        """All that was said is in the tickets, and there is something."""
        there = {_text(a) for a in self.articles}
        return bool(self.said) and all(s.accepted and s.text in there for s in self.said)

    def assert_promises(self) -> None:
        """What must never be wrong, at any moment."""
        self._assert_each_message_once_in_order(is_over=False)
        self._assert_one_voice()
        self._assert_no_loops()

    def assert_kept(self) -> None:
        """What has to be true once everything has recovered."""
        self._assert_each_message_once_in_order(is_over=True)
        self._assert_one_voice()
        self._assert_no_loops()
        self._assert_nobody_waits()
        self._assert_view()

    def _assert_each_message_once_in_order(self, *, is_over: bool) -> None:
        own = [a for a in self.articles if a["subject"] == USER_SUBJECT]
        there = [_text(a) for a in own]
        assert all(number == 1 for number in Counter(there).values()), there
        assert set(there) <= {s.text for s in self.said}, there
        order = [s.text for s in self.said if s.accepted and not s.beside]
        for ticket in self.tickets:
            texts = [_text(a) for a in own if a["ticket_id"] == ticket["id"]]
            places = [order.index(text) for text in texts if text in order]
            assert places == sorted(places), (texts, order)
        if is_over:
            assert {s.text for s in self.said if s.accepted} <= set(there), there

    def _assert_one_voice(self) -> None:
        """No note, answer, apology or translation twice, and no answer after a human's."""
        own = [a for a in self.articles if a["subject"] == AUTOMATIC_SUBJECT]
        marks = Counter(a["message_id"] for a in own if a["message_id"])
        assert all(number == 1 for number in marks.values()), marks
        bodies = Counter(_text(a) for a in own if not _is_apology(a))
        assert all(number == 1 for number in bodies.values()), bodies
        for message in self.said:
            if message.asks:
                self._assert_no_answer_after_a_human(message.text)
        asked = sum(1 for a in self.articles if a["subject"] == USER_SUBJECT)
        assert sum(map(_is_bot_text, own)) <= asked, own

    def _assert_no_answer_after_a_human(self, text: str) -> None:
        state, ticket = "", 0
        for article in self.articles:
            if article["subject"] == USER_SUBJECT and _text(article) == text:
                state, ticket = "asked", article["ticket_id"]
            elif _is_human(article) and state == "asked" and article["ticket_id"] == ticket:
                state = "answered by a human"
            elif _text(article) == answer_to(text):
                assert state == "asked", (text, state)

    def _assert_no_loops(self) -> None:
        """The service was asked and told to translate what people wrote, nothing else."""
        said = {s.text for s in self.said}
        asked = {m["content"] for d in self.desk.bot.asked for m in d["messages"]}
        mine = {text for text in asked if text.startswith(self.prefix)}
        assert mine <= said | self.erased, mine
        assert not [t for t in asked if t.startswith(("Antwort", "[", "Sorry", "Entsch"))], asked
        for document in self.desk.bot.translated:
            text = document["message"]
            assert not re.match(r"Antwort|\[|Sorry|Entsch", text), text

    def _assert_nobody_waits(self) -> None:
        """Each question has an answer, an apology, or a human's word after it."""
        articles = self.articles
        answered = {a["message_id"].removeprefix("<answer.") for a in articles if _is_bot_text(a)}
        handed_over = self.is_switched or any(not t["automatic_answers"] for t in self.tickets)
        for place, article in enumerate(articles):
            if article["subject"] != USER_SUBJECT:
                continue
            if not next(s.asks for s in self.said if s.text == _text(article)):
                continue
            mark = article["message_id"].removeprefix("<user.")
            later = [a for a in articles[place + 1 :] if a["ticket_id"] == article["ticket_id"]]
            humans = any(map(_is_human, later))
            assert mark in answered or humans or handed_over, _text(article)

    def _assert_view(self) -> None:
        """One poll after the time to sync shows what the newest ticket shows publicly."""
        self.desk.clock.advance(SYNC_SECONDS)
        shown = self.desk.read(self.device)
        assert shown is not None
        tickets = self.tickets
        ticket = int(tickets[-1]["id"]) if tickets else 0
        public = [a for a in self.articles if a["ticket_id"] == ticket and not a["internal"]]
        assert sorted(m["id"] for m in shown) == [a["id"] for a in public], (shown, public)
        assert not any(m.get("pending") for m in shown)
        self.assert_all_own(shown)
        own = [m["content"] for m in shown if m["user_is_author"]]
        assert own == [_text(a) for a in public if a["subject"] == USER_SUBJECT]

    def assert_all_own(self, shown: list[Json]) -> None:
        """Nothing of another device or region is among these messages."""
        for message in shown:
            text = message["content"]
            assert self.prefix in text or text.startswith(("Sorry", "Entschuldigung")), text


def settle(desk: RealDesk, devices: Iterable[Device], *, webhooks: str = "lost") -> None:
    """All is well again: apps poll, the queue redelivers, Zammad posts its webhooks, or does not.

    `webhooks` are `lost`, or come `twice`, the newest first.
    """
    devices = list(devices)
    calm = 0
    for _ in range(ROUNDS):
        desk.clock.advance(ROUND_SECONDS)
        views = [desk.read(device) for device in devices]
        assert all(view is not None for view in views)
        coming = desk.collect()
        if webhooks == "twice":
            for delivery in [*reversed(coming), *coming]:
                answer = desk.deliver(delivery)
                assert answer is not None
                assert answer.status == 200, answer.body
        coming.clear()
        desk.work_all()
        waiting = any(m.get("pending") for view in views for m in view or ())
        calm = 0 if waiting or desk.queued() else calm + 1
        if calm == 2:
            return
    raise AssertionError(f"there is no end of it: {desk.queued()} jobs")


def _text(article: Json) -> str:
    return html.unescape(article["body"].replace("<br>", "\n"))


def _is_human(article: Json) -> bool:
    return article["sender"] == "Agent" and not article["internal"] and not article["subject"]


def _is_apology(article: Json) -> bool:
    return not article["internal"] and article["body"].startswith(("Sorry", "Entschuldigung"))


def _is_bot_text(article: Json) -> bool:
    """An answer or an apology."""
    return _is_apology(article) or (
        article["subject"] == AUTOMATIC_SUBJECT and article["body"].startswith(answer_to(""))
    )
