"""Every I/O call of the real handlers as the point where something breaks.

Each scenario is run once to count its calls, and then again for each call and each way in which it
can fail. Then everything recovers as it does in the cloud, and the promises have to be kept.

The quick run takes a sample of these; `HYPOTHESIS_PROFILE=deep` takes all, for half an hour.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

import pytest

from tests.property.interruptions import Fault, Process
from tests.property.real_desk import RealDesk
from tests.property.real_desk_stage import real_desk
from tests.property.scenarios import (
    OTHERS,
    SCENARIOS,
    Other,
    Scenario,
    another_message,
    device_is_erased,
)
from tests.property.talk import SYNC_SECONDS, Talk, settle

IS_DEEP = os.environ.get("HYPOTHESIS_PROFILE") == "deep"
FAULTS = (Fault.KILLED_AFTER, Fault.ANSWER_LOST, Fault.NOT_CONNECTED, Fault.LATE)
RARER = (Fault.LOST_FOR_GOOD, Fault.NOBODY_KNOWS, Fault.BAD_GATEWAY)


@pytest.fixture(scope="module")
def desk() -> Iterator[RealDesk]:
    with real_desk() as running:
        yield running


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda s: s.__name__)
def test_promises_are_kept_whichever_call_breaks(desk: RealDesk, scenario: Scenario) -> None:
    """Nothing is lost, doubled, disordered or left unanswered, whichever I/O call breaks how."""
    calls = _calls(desk, scenario)
    with _all_failures() as trying:
        for at, call in enumerate(calls):
            for fault in _faults(at):
                with trying(f"{call} (call {at}): {fault.value}"):
                    _run(desk, scenario, Process(at, fault))


@pytest.mark.parametrize("other", OTHERS, ids=lambda o: o.__name__)
@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda s: s.__name__)
def test_promises_are_kept_whoever_comes_in_between(
    desk: RealDesk, scenario: Scenario, other: Other
) -> None:
    """As above, while at each call another worker, poll, webhook or request comes and ends."""
    if (scenario, other) == (device_is_erased, another_message):
        pytest.skip("whether a message survives that is sent meanwhile is not promised")
    calls = _calls(desk, scenario)
    every = 1 if IS_DEEP else 12
    with _all_failures() as trying:
        for at in range(0 if IS_DEEP else 4 * OTHERS.index(other), len(calls), every):
            with trying(f"before {calls[at]} (call {at}): {other.__name__}"):
                _run(desk, scenario, Process(at), other)


@contextmanager
def _all_failures() -> Iterator[Callable[[str], AbstractContextManager[None]]]:
    """Each with a note of what was tried, at the end."""
    failures: list[Exception] = []

    @contextmanager
    def trying(what: str) -> Iterator[None]:
        try:
            yield
        except Exception as error:  # noqa: BLE001 - raised again below
            error.add_note(what)
            failures.append(error)

    yield trying
    if failures:
        raise failures[0] if len(failures) == 1 else ExceptionGroup("promises", failures)


def _faults(at: int) -> tuple[Fault, ...]:
    """All; or, in the quick run, one for every third call, in turn."""
    first = (Fault.KILLED_BEFORE,) if at == 0 else ()
    if IS_DEEP:
        return (*first, *FAULTS, *RARER)
    return () if at % 3 else (*first, FAULTS[at // 3 % len(FAULTS)])


_known: dict[Scenario, list[str]] = {}


def _calls(desk: RealDesk, scenario: Scenario) -> list[str]:
    """What the scenario calls while nothing breaks."""
    if scenario not in _known:
        _known[scenario] = _run(desk, scenario, Process())
    return _known[scenario]


def _run(
    desk: RealDesk, scenario: Scenario, process: Process, other: Other | None = None
) -> list[str]:
    desk.fresh()
    talk = Talk(desk, desk.device())
    act, check = scenario(talk)
    desk.forget()
    if other is not None:
        process.meanwhile = lambda: other(talk)
        desk.clock.advance(SYNC_SECONDS)
    act(process)
    if desk.bot.mood == "broken":
        desk.bot.mood = "well"
    calls = list(process.calls)
    talk.assert_promises()
    settle(desk, [talk.device], webhooks="twice" if (process.at or 0) % 2 else "lost")
    check()
    assert desk.dead_letters() == []
    return calls
