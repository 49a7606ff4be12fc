"""When a model is asked again, and how long is waited before."""

from __future__ import annotations

import pytest

from switchboard.adapters.model_retries import Retries
from tests.fakes.clock import HandClock


def waits(clock: HandClock, *wishes: float | None, seconds: float = 25) -> list[float]:
    """How long was waited after each failure, up to the one that was the last."""
    retries = Retries(clock, clock.now() + int(seconds * 1000), lambda: 0.5)
    waited = []
    for wish in wishes:
        before = clock.now()
        if not retries.wait(wish):
            assert clock.now() == before, "it waited and then gave up"
            break
        waited.append((clock.now() - before) / 1000)
    return waited


def test_a_question_is_asked_three_times_at_most() -> None:
    """The second pause is twice the first; after the third failure there is none."""
    assert waits(HandClock(), None, None, None) == [0.4, 0.8]


@pytest.mark.parametrize("wish", [0.0, 7.0])
def test_the_server_s_wish_goes_before_our_pauses(wish: float) -> None:
    """Also if it wishes nothing to be waited; the next pause of ours is the longer one."""
    assert waits(HandClock(), wish, None) == [wish, 0.8]


@pytest.mark.parametrize(("seconds", "waited"), [(8.0, [7.0]), (7.9, [])])
def test_no_attempt_begins_right_before_the_deadline(seconds: float, waited: list[float]) -> None:
    """An attempt that would have less than a second is not waited for."""
    assert waits(HandClock(), 7.0, seconds=seconds) == waited
