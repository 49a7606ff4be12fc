"""A chatbot's turn over fakes: rounds, tools in parallel, trimming, sessions, deadlines."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from switchboard.domain.conversation import (
    ChatMessage,
    Completion,
    Role,
    ToolCall,
    ToolOffer,
    Usage,
    message_tokens,
    well_formed,
)
from switchboard.domain.directory import Chatbot, Directive, Plugin
from switchboard.domain.errors import BadRequest, ModelFailed, ModelTimeout
from switchboard.domain.ids import ChatbotId, SessionKey
from switchboard.domain.plugins import PluginKind, Tool
from switchboard.domain.session import STORED_TOKENS, Answer, SessionId, TurnRequest
from switchboard.ports.models import CompletionRequest
from switchboard.usecases.take_turn import Turns
from switchboard.usecases.tool_rounds import PROMPT_TOKENS, RESULT_LENGTH
from tests.fakes.clock import NOON, HandClock
from tests.fakes.models import ScriptedModel, Step
from tests.fakes.sessions import InMemorySessions

DEADLINE = NOON + 25_000
KEY = SessionKey("a" * 64)
BOT = Chatbot(
    id=ChatbotId("bot1"),
    name="bot",
    account="city",
    account_number="3141-5926-5359",
    system_role="You help.",
    plugins=(Plugin("slow", "scripted", Directive.ALWAYS),),
)


class Scene:
    """One chatbot, one session, one scripted model; `tool` is what its plugin does."""

    def __init__(self, *steps: Step, tool: Any = None) -> None:
        self.model = ScriptedModel(*steps)
        self.clock = HandClock()
        self.sessions = InMemorySessions()
        self.count = 0

        def kind(plugin: Plugin, name: str) -> Tool:
            run = tool or (lambda arguments: "done")
            return Tool(ToolOffer(name, "", {}), lambda arguments, _: run(arguments), plugin.name)

        kinds: Mapping[str, PluginKind] = {"scripted": kind}
        self.turns = Turns(self.model, self.clock, kinds)

    def take(self, *texts: str, bot: Chatbot = BOT, begins: bool = False) -> Answer:
        self.count += 1
        self.clock.advance(1)
        request = TurnRequest(
            key=f"{self.count:064x}",
            session_key=KEY,
            messages=tuple(ChatMessage(Role.USER, text) for text in texts),
            deadline=self.clock.now() + 25_000,
            begins=begins,
        )
        return self.turns.take(self.sessions, bot, request)

    def stored_texts(self) -> list[str]:
        session = self.sessions.newest_turns(SessionId(BOT.id, KEY), self.clock.now())
        return [message.content for turn in session.turns for message in turn.messages]


def calls(*names: str) -> Completion:
    asked = tuple(ToolCall(f"c{n}", name, "{}") for n, name in enumerate(names))
    return Completion("", asked, Usage(1, 1, 2))


def test_an_answer_needs_no_session() -> None:
    """`answer` takes the user's texts, tells the model the language, and stores nothing."""
    scene = Scene(Completion("Hallo!", usage=Usage(3, 2, 5)))
    answer = scene.turns.answer(BOT, ["One?", "Two?"], deadline=DEADLINE, language="de")
    (request,) = scene.model.requests
    assert answer.text == "Hallo!"
    assert answer.hands_off is False
    assert answer.usage == Usage(3, 2, 5)
    assert [message.content for message in request.messages[1:]] == ["One?", "Two?"]
    assert "'de'" in request.messages[0].content
    assert request.language == "de"
    assert scene.sessions.calls == []


@pytest.mark.parametrize("texts", [[], [""], ["One?", "  "]])
def test_nothing_to_answer_is_an_error(texts: list[str]) -> None:
    """Without a last question there is no turn."""
    with pytest.raises(BadRequest):
        Scene(Completion("x")).turns.answer(BOT, texts, deadline=DEADLINE)


def test_tool_calls_run_at_the_same_time() -> None:
    """Three calls of one round meet in the middle, which they could not do one after the other."""
    meeting = threading.Barrier(3, timeout=5)

    def tool(arguments: Mapping[str, Any]) -> str:
        return str(meeting.wait() in range(3))

    answer = Scene(calls("slow", "slow", "slow"), Completion("All met."), tool=tool).take("Go")
    assert [m.content for m in answer.messages if m.role is Role.TOOL] == ["True"] * 3
    assert [use.error for use in answer.tool_calls] == [""] * 3


def test_a_tool_that_raises_is_told_to_the_model() -> None:
    """Whatever a tool raises is the model's to deal with; its text does not get out."""

    def tool(arguments: Mapping[str, Any]) -> str:
        raise RuntimeError("password=1234")

    scene = Scene(calls("slow"), Completion("Sorry."), tool=tool)
    answer = scene.take("Go")
    assert answer.text == "Sorry."
    assert "1234" not in str(scene.model.requests[-1])
    assert answer.tool_calls[0].error == "RuntimeError"


def test_a_tool_that_hangs_costs_no_more_than_its_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """A tool that does not return is reported as too slow, and the turn goes on."""
    monkeypatch.setattr("switchboard.usecases.tool_rounds.TOOL_SECONDS", 0.05)
    never = threading.Event()

    def tool(arguments: Mapping[str, Any]) -> str:
        never.wait(10)
        return "too late"

    answer = Scene(calls("slow"), Completion("Sorry."), tool=tool).take("Go")
    never.set()
    assert answer.tool_calls[0].error == "timeout"


def test_a_huge_tool_result_is_cut() -> None:
    """A result longer than a prompt can take is cut, and says so."""
    scene = Scene(calls("slow"), Completion("Thanks."), tool=lambda arguments: "x" * 10**6)
    scene.take("Go")
    told = scene.model.requests[-1].messages[-1].content
    assert len(told) < RESULT_LENGTH + 100
    assert "left out" in told


@pytest.mark.parametrize(
    ("result", "told"),
    [
        ({"open": True}, '{"open": true}'),
        (None, "null"),
        (7, "7"),
        ("half \ud83d a pair", "half ? a pair"),
        (b"\x89PNG\r\n", "tool failed"),
    ],
)
def test_a_result_that_is_no_text_is_told_as_text(result: Any, told: str) -> None:
    """JSON values are told as JSON; what is neither text nor JSON is a failing tool, at once."""
    scene = Scene(calls("slow"), Completion("Thanks."), tool=lambda arguments: result)
    answer = scene.take("Go")
    assert told in scene.model.requests[-1].messages[-1].content
    assert answer.tool_calls[0].error != "timeout"


def test_a_turn_is_cut_to_what_can_be_stored() -> None:
    """However much its tools said, a turn fits into storage; question and answer are in it."""

    def step(request: CompletionRequest) -> Completion:
        return calls("slow") if request.tools else Completion("Enough.")

    scene = Scene(step, tool=lambda arguments: "🙂" * RESULT_LENGTH)
    answer = scene.take("Go", bot=replace(BOT, max_iterations=9))
    (turn,) = scene.sessions.newest_turns(SessionId(BOT.id, KEY), scene.clock.now()).turns
    assert sum(map(message_tokens, turn.messages)) <= STORED_TOKENS
    assert len(turn.messages) < len(answer.messages)
    assert (turn.messages[0].content, turn.messages[-1].content) == ("Go", "Enough.")
    assert well_formed(turn.messages) == turn.messages


def test_too_many_calls_at_once_are_refused() -> None:
    """A model that floods us with calls gets errors for those beyond the limit."""
    answer = Scene(calls(*["slow"] * 50), Completion("Ok.")).take("Go")
    errors = [use.error for use in answer.tool_calls]
    assert errors.count("") == 8
    assert errors.count("too_many_calls") == 42


@pytest.mark.parametrize("limit", [0, 1, 2, 5])
def test_rounds_are_limited_and_the_last_has_no_tools(limit: int) -> None:
    """At most `maxIterations` rounds; the last one offers no tools; usage is summed."""

    def step(request: CompletionRequest) -> Completion:
        return calls("slow") if request.tools else Completion("Enough.", usage=Usage(1, 1, 2))

    scene = Scene(step)
    answer = scene.take("Go", bot=replace(BOT, max_iterations=limit))
    rounds = max(limit, 1)
    assert len(scene.model.requests) == rounds
    assert [bool(request.tools) for request in scene.model.requests] == [True] * (rounds - 1) + [
        False
    ]
    assert answer.usage.total_tokens == 2 * rounds


def test_the_deadline_ends_the_turn_between_rounds() -> None:
    """No round begins after the deadline."""
    scene = Scene(Completion("x"))

    def step(request: CompletionRequest) -> Completion:
        scene.clock.advance(26)
        return calls("slow")

    scene.model = ScriptedModel(step)
    scene.turns = replace(scene.turns, models=scene.model)
    with pytest.raises(ModelTimeout):
        scene.take("Go")
    assert len(scene.model.requests) == 1
    assert scene.stored_texts() == []


def test_a_known_session_costs_one_read_and_one_write() -> None:
    """A turn reads once and writes once; the first turn of a new session only writes."""
    scene = Scene(Completion("Hi."))
    scene.take("One", begins=True)
    assert scene.sessions.calls == ["write"]
    scene.take("Two")
    assert scene.sessions.calls == ["write", "read", "write"]


def test_two_turns_at_once_are_both_kept_in_the_order_asked() -> None:
    """A turn that begins and ends while another waits for its model loses neither of them."""
    scene = Scene(Completion("x"))

    def meanwhile(request: CompletionRequest) -> Completion:
        if request.messages[-1].content == "First":
            scene.take("Second")
        return Completion(f"Re: {request.messages[-1].content}")

    scene.model = ScriptedModel(meanwhile)
    scene.turns = replace(scene.turns, models=scene.model)
    scene.take("First")
    assert scene.stored_texts() == ["First", "Re: First", "Second", "Re: Second"]


def test_a_failed_turn_is_not_stored() -> None:
    """After a failure the thread is what it was before."""
    scene = Scene(Completion("Hi."), ModelFailed(), Completion("Back."))
    scene.take("One")
    with pytest.raises(ModelFailed):
        scene.take("Two")
    scene.take("Three")
    assert scene.stored_texts() == ["One", "Hi.", "Three", "Back."]


def test_what_a_client_brings_along_counts_once() -> None:
    """The first turn takes over the client's thread; later ones only its last message."""
    scene = Scene(Completion("Ok."))
    scene.take("Old", "New")
    scene.take("Forged", "Newer")
    sent = [message.content for message in scene.model.requests[-1].messages[1:]]
    assert sent == ["Old", "New", "Ok.", "Newer"]


def test_a_long_thread_is_trimmed_to_the_budget() -> None:
    """Oldest turns go first, the newest stay whole, the question always stays."""

    def step(request: CompletionRequest) -> Completion:
        asked = request.messages[-1]
        if request.tools and asked.role is Role.USER:
            return calls("slow")
        return Completion("y" * 4000)

    scene = Scene(step)
    for number in range(25):
        scene.take(f"{number} " + "x" * 8000)
    prompt = scene.model.requests[-2].messages
    assert sum(map(message_tokens, prompt)) <= PROMPT_TOKENS
    assert prompt[0].role is Role.SYSTEM
    assert prompt[-1].content.startswith("24 ")
    numbers = [int(m.content.split()[0]) for m in prompt if m.role is Role.USER]
    assert numbers == list(range(numbers[0], 25))
    assert len(numbers) > 3
    assert well_formed(prompt) == prompt
    assert prompt[1].role is Role.USER


def test_a_term_counts_for_good() -> None:
    """A plugin that a term called stays in the session when that turn is no longer read."""
    bot = replace(BOT, plugins=(Plugin("waste", "scripted", Directive.SEARCH_TERMS, ("rubbish",)),))
    scene = Scene(Completion("Ok."))
    scene.take("Where to put rubbish?", bot=bot)
    for _ in range(40):
        scene.take("Tell me more", bot=bot)
    assert [offer.name for offer in scene.model.requests[-1].tools] == ["waste"]


def test_orphans_are_left_out() -> None:
    """Results nobody asked for, calls nobody answered and empty messages do not reach a model."""
    call = ToolCall("c1", "x", "{}")
    kept = [
        ChatMessage(Role.USER, "Hi"),
        ChatMessage(Role.ASSISTANT, "", (call,)),
        ChatMessage(Role.TOOL, "result", tool_call_id="c1"),
    ]
    thread = [
        ChatMessage(Role.TOOL, "orphan", tool_call_id="c0"),
        *kept,
        ChatMessage(Role.TOOL, "foreign", tool_call_id="c9"),
        ChatMessage(Role.ASSISTANT, "", (ToolCall("c2", "x", "{}"),)),
        ChatMessage(Role.USER, " "),
    ]
    assert well_formed(thread) == tuple(kept)
