"""The operations whose calls are counted, each by the real handler and by its bare counterpart.

An operation prepares what it needs first; only its last step is counted.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from types import MappingProxyType
from typing import Any

from bench.measuring.io_bare import BareDesk
from bench.measuring.io_bare_chatbot import BareChatbot
from bench.measuring.io_watch import Calls, Watch
from bench.measuring.io_world import EXAMPLE_HOST, LIMITED_HOST, MODEL_HOST, World
from bench.measuring.stage import REGION_SLUG

POLLERS = 50
NOBODY = "nobody.3141-5926-5359.api.localhost"
QUESTION = "Wo finde ich einen Deutschkurs?"
SESSION = "5e" * 32

Work = Callable[[], object]
Pair = tuple[Work, Work]
"""By the real handler, and bare."""

FRESH = {"dynamodb_reads": 1, "dynamodb_writes": 0, "zammad": 0}
FRESH_FOR_ALL = {"dynamodb_reads": POLLERS, "dynamodb_writes": 0, "zammad": 0}
FIRST_MESSAGE = {"zammad": 4, "dynamodb": 8}
WEBHOOK = {"zammad": 0, "model": 0, "dynamodb_and_sqs": 3}
ONE_REFRESH = {"zammad": 1}
ANSWERED = {"zammad": 2}
TURN = {"dynamodb_reads": 1, "dynamodb_writes": 1}
LIMITED_TURN = {"dynamodb_reads": 1, "dynamodb_writes": 4}
"""The request counted, the tokens reserved, and settled."""
LONG_SESSION = 200


@dataclass(frozen=True, slots=True)
class Count:
    """`budget` is the most there may be, by a name of `Calls`; what it does not name is free."""

    operation: str
    calls: Calls
    bare: Calls
    budget: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))

    @property
    def broken(self) -> list[str]:
        """What is over the budget, in words."""
        return [
            f"{self.operation}: {getattr(self.calls, name)} {name}, the budget is {most}"
            for name, most in self.budget.items()
            if getattr(self.calls, name) > most
        ]


@dataclass(frozen=True, slots=True)
class Counting:
    """Counts in this world. Devices of the bare handlers have names of their own."""

    world: World
    watch: Watch

    def all(self) -> Iterator[Count]:
        yield from self._messages()
        yield from self._reads()
        yield from self._webhooks()
        yield from self._jobs()
        yield from self._turns()

    def _messages(self) -> Iterator[Count]:
        world, bare = self.world, self._bare_desk()
        world.start_cold("userchat")

        def write(device: str, text: str) -> Pair:
            return (
                lambda: world.call("userchat", world.write(device, text)),
                lambda: bare.write(world.write(f"bare-{device}", text)),
            )

        yield self._count("first message, cold", write("a", "eins"), FIRST_MESSAGE)
        yield self._count("first message, warm", write("b", "eins"), FIRST_MESSAGE)
        yield self._count("later message", write("b", "zwei"))
        yield self._count("the same message again", write("b", "zwei"))
        world.drop_jobs()

    def _reads(self) -> Iterator[Count]:
        """Of the chat that `_messages` has left, its region and the token known."""
        world, bare = self.world, self._bare_desk()
        bare.secret(bare.record("Region", REGION_SLUG)["zammad"]["token"])
        read: Pair = (
            lambda: world.call("userchat", world.read("b")),
            lambda: bare.read(world.read("b")),
        )
        pollers: Pair = (self._at_once(read[0]), self._at_once(read[1]))
        yield self._count("read, fresh", read, FRESH)
        yield self._count(f"{POLLERS} pollers, fresh", pollers, FRESH_FOR_ALL)
        for name, pair in (("read, stale", read), (f"{POLLERS} pollers, stale", pollers)):
            world.make_stale("b")
            calls = self.watch.calls_of(pair[0])
            world.make_stale("b")
            yield Count(name, calls, self.watch.calls_of(pair[1]), ONE_REFRESH)

    def _webhooks(self) -> Iterator[Count]:
        world, bare = self.world, self._bare_desk()
        ticket = int(world.chat("b").ticket_id or 0)
        world.start_cold("webhook")

        def deliver(article: int) -> Pair:
            return (
                lambda: world.call("webhook", world.adviser_wrote(ticket, article)),
                lambda: bare.webhook(world.adviser_wrote(ticket, article + 1000)),
            )

        yield self._count("webhook, adviser's article, cold", deliver(900_001), WEBHOOK)
        yield self._count("webhook, adviser's article, warm", deliver(900_002), WEBHOOK)
        yield self._count("webhook, delivered again", deliver(900_002), WEBHOOK)
        world.drop_jobs()

    def _jobs(self) -> Iterator[Count]:
        world, writer, bare = self.world, self._bare_desk(), self._bare_desk()
        world.start_cold("worker")
        for device, name in (("c", "cold"), ("d", "warm")):
            world.call("userchat", world.write(device, QUESTION))
            job = world.next_job()
            writer.write(world.write(f"bare-{device}", QUESTION))
            world.drop_jobs()
            answered: Pair = (
                partial(world.call, "worker", job),
                partial(bare.answer_question, REGION_SLUG, f"bare-{device}"),
            )
            yield self._count(f"job, question answered, {name}", answered, ANSWERED)
        job, _ = self._adviser_answers("d")
        _, article = self._adviser_answers("bare-d")
        taken: Pair = (
            partial(world.call, "worker", job),
            partial(bare.take_article, REGION_SLUG, "bare-d", article),
        )
        yield self._count("job, adviser's article", taken)
        yield self._count("job, the same article again", taken)

    def _turns(self) -> Iterator[Count]:
        world = self.world
        for model, host in (("local", EXAMPLE_HOST), ("OpenAI", MODEL_HOST)):
            world.start_cold("chatbot")
            bare = BareChatbot(world.names)
            begins, goes_on = world.ask(host=host), world.ask(SESSION, host=host)
            for title, asked in (
                ("first turn, cold", begins),
                ("first turn, warm", begins),
                ("later turn", goes_on),
            ):
                turn: Pair = (partial(world.call, "chatbot", asked), partial(bare.ask, asked))
                budget = TURN if asked is goes_on else {}
                yield self._count(f"chatbot, {model} model, {title}", turn, budget)
            if host == EXAMPLE_HOST:
                for _ in range(LONG_SESSION - 2):
                    world.call("chatbot", goes_on)
                yield self._count(f"chatbot, {model} model, turn {LONG_SESSION}", turn, TURN)
        limited = world.ask(SESSION, host=LIMITED_HOST)
        world.call("chatbot", limited)
        bare.ask(limited)
        turn = (partial(world.call, "chatbot", limited), partial(bare.ask, limited))
        yield self._count("chatbot, OpenAI model with limits, later turn", turn, LIMITED_TURN)
        for title, event, status in (
            ("unknown host, 404", world.ask(host=NOBODY), 404),
            ("no key, 401", world.ask(key=""), 401),
            ("unknown key, 401", world.ask(key="sb_nobody_0123456789abcdef"), 401),
        ):
            world.start_cold("chatbot")
            refused: Pair = (
                partial(world.call, "chatbot", event, status),
                partial(BareChatbot(world.names).ask, event),
            )
            yield self._count(f"chatbot, {title}, cold", refused)

    def _adviser_answers(self, device: str) -> tuple[dict[str, Any], int]:
        """An adviser answers in Zammad; the job that the webhook queues, and the article's id."""
        world = self.world
        ticket = int(world.chat(device).ticket_id or 0)
        article = world.adviser_answers(ticket)
        world.call("webhook", world.adviser_wrote(ticket, article))
        return world.next_job(), article

    def _count(
        self, operation: str, pair: Pair, budget: Mapping[str, int] = MappingProxyType({})
    ) -> Count:
        work, bare = pair
        return Count(operation, self.watch.calls_of(work), self.watch.calls_of(bare), budget)

    def _at_once(self, work: Work) -> Work:
        return lambda: self.watch.at_once(work, POLLERS)

    def _bare_desk(self) -> BareDesk:
        return BareDesk(self.world.names)
