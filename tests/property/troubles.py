"""What may go wrong while somebody acts on the desk, and what differs from desk to desk.

Calls to Zammad fail before, during and after their effect or take long, the queue or the file
store is down, the process dies before any of its calls or after the last, or somebody else acts
between two of them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum

from hypothesis import strategies as st

from tests.fakes.translation import Dictionary
from tests.fakes.zammad import Fault, Late
from tests.property.watched import WatchedZammad
from tests.unit.conversation import REGION, DeskInMemory


class Crash(BaseException):
    """The process ends here, between two calls: nothing of it is run any more."""


class Intruder(StrEnum):
    """What happens between two calls of a request or a job."""

    CRASH = "the process dies"
    WORKER = "a worker runs every message job"
    ARTICLE_WORKER = "a worker runs every article job"
    POLLER = "the user reads"
    USER = "the user sends another message"
    ADVISER = "an adviser answers"
    SWITCH = "an adviser switches automatic answers off"
    DELETION = "the ticket is deleted"
    CLOSING = "an adviser answers and closes the ticket"
    MERGER = "the ticket is merged into somebody else's"


@dataclass(frozen=True)
class Trouble:
    """Before call number `step` the intruder acts, if there is one; a crash comes at the latest
    after the last call."""

    faults: tuple[Fault | Late | None, ...] = ()
    write_faults: tuple[Fault | Late | None, ...] = ()
    seconds_per_call: int = 0
    queue_is_down: bool = False
    files_are_down: bool = False
    step: int = 1
    intruder: Intruder | None = None


CALM = Trouble()


@dataclass(frozen=True)
class Setting:
    """What differs from one help desk, and one region, to another."""

    bot: bool = True
    translates: bool = False
    drops_message_ids: bool = False
    tells_article_ids: bool = True
    search_lag: int = 0

    def desk(self, make: Callable[..., DeskInMemory]) -> DeskInMemory:
        region = REGION if self.bot else replace(REGION, chatbot=None)
        if self.translates:
            region = replace(region, default_language="en")
        desk = make(
            region,
            drops_message_ids=self.drops_message_ids,
            make_zammad=WatchedZammad,
            translator=Dictionary() if self.translates else None,
        )
        desk.zammad.search_lag_ms = self.search_lag * 1000
        desk.zammad.tells_article_ids = self.tells_article_ids
        return desk


FAULTS = st.sampled_from([None, *Fault, Late(1), Late(10), Late(26)])
SEVERAL = st.lists(FAULTS, max_size=2).map(tuple)
SECONDS = st.sampled_from([0, 0, 1, 7])
STEPS, INTRUDERS = st.integers(1, 16), st.sampled_from(Intruder)
TROUBLES = st.one_of(
    st.just(CALM),
    st.just(CALM),
    st.builds(Trouble, write_faults=st.tuples(FAULTS)),
    st.builds(Trouble, write_faults=SEVERAL, seconds_per_call=SECONDS),
    st.builds(Trouble, faults=SEVERAL, queue_is_down=st.booleans(), files_are_down=st.booleans()),
    st.builds(Trouble, step=STEPS, intruder=INTRUDERS),
    st.builds(
        Trouble,
        write_faults=SEVERAL,
        seconds_per_call=SECONDS,
        step=STEPS,
        intruder=INTRUDERS,
    ),
)
"""Mostly one thing goes wrong at a time: where nothing works, nothing can be done twice."""
SETTINGS = st.builds(
    Setting,
    bot=st.sampled_from([True, True, True, False]),
    translates=st.booleans(),
    drops_message_ids=st.booleans(),
    tells_article_ids=st.sampled_from([True, True, False]),
    search_lag=st.sampled_from([0, 5, 29]),
)
