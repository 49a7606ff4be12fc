"""A whole desk in memory: user, bot and adviser in one process, time standing still."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from switchboard.domain.chat import Chat
from switchboard.domain.directory import Region, ZammadAccess
from switchboard.domain.errors import AppError, ModelFailed
from switchboard.domain.ids import ChatbotId, DeviceId, RegionSlug, SecretName, device_hash
from switchboard.domain.jobs import Job
from switchboard.usecases.consent import ConsentDelivery
from switchboard.usecases.delivery import Delivery
from switchboard.usecases.refresh import Refresh
from switchboard.usecases.stored_files import StoredFiles
from tests.fakes.chats import InMemoryChats
from tests.fakes.clock import CountingIds, HandClock
from tests.fakes.counters import InMemoryCounters
from tests.fakes.devices import InMemoryDevices
from tests.fakes.directory import InMemoryDirectory
from tests.fakes.files import InMemoryFiles
from tests.fakes.queue import ListQueue
from tests.fakes.zammad import FakeZammad
from userchat.body import Draft
from userchat.limits import SendLimits
from userchat.read_chat import ReadChat
from userchat.send_message import Accepted, SendMessage
from worker.answering import AnswerQuestion, BotAnswer
from worker.run_job import RunJob

REGION = Region(
    slug=RegionSlug("augenfeld"),
    display_name="Augenfeld",
    default_language="de",
    chat_enabled=True,
    chatbot=ChatbotId("bot"),
    zammad=ZammadAccess("https://zammad.example.org", SecretName("token")),
)
DEVICE = device_hash(REGION.slug, DeviceId("device-1"))


@dataclass
class EchoBot:
    """Answers with what it was asked; `broken` makes it fail. `before_answer` may interfere."""

    broken: bool = False
    asked: list[tuple[str, ...]] = field(default_factory=list)
    before_answer: object = None

    def answer(
        self, region: Region, texts: Sequence[str], language: str, deadline: int
    ) -> BotAnswer:
        self.asked.append(tuple(texts))
        if callable(self.before_answer):
            self.before_answer()
        if self.broken:
            raise ModelFailed
        return BotAnswer(f"echo: {texts[-1]}")


class DeskInMemory:
    """`holder` counts up with every request and job, as invocations do."""

    def __init__(self, region: Region = REGION, *, drops_message_ids: bool = False) -> None:
        self.region = region
        self.clock, self.ids = HandClock(), CountingIds()
        self.zammad = FakeZammad(self.clock, drops_message_ids=drops_message_ids)
        self.chats, self.queue, self.bot = InMemoryChats(), ListQueue(), EchoBot()
        self.files = InMemoryFiles()
        stored = StoredFiles(self.files, self.chats, self.ids)
        delivery = Delivery(self.chats, self.zammad, self.clock, self.ids, stored)
        refresh = Refresh(self.chats, self.zammad, self.clock, self.ids)
        self.devices = InMemoryDevices()
        limits = SendLimits(InMemoryCounters(), per_device=0, per_address=0, window_seconds=600)
        self.send_message = SendMessage(
            self.chats,
            self.queue,
            delivery,
            self.clock,
            self.ids,
            limits,
            ConsentDelivery(self.chats, self.zammad, self.clock),
        )
        self.read_chat = ReadChat(self.chats, self.queue, refresh, self.clock)
        self.run_job = RunJob(
            InMemoryDirectory(region),
            self.chats,
            self.zammad,
            delivery,
            refresh,
            AnswerQuestion(self.chats, self.zammad, self.bot, self.clock, self.ids),
            self.clock,
        )
        self._holders = 0

    def chats_hook(self, before: Callable[[str], None]) -> None:
        """`before` runs before each write of a chat and each job sent."""
        self.chats.before_write = before
        self.queue.before_send = before

    def holder(self) -> str:
        self._holders += 1
        return f"invocation-{self._holders}"

    def send(self, text: str, **fields: object) -> Accepted:
        draft = Draft(text=text, **fields)  # type: ignore[arg-type]
        return self.send_message(self.region, DEVICE, "de", draft, self.holder())

    def read(self) -> Chat:
        return self.read_chat(self.region, DEVICE, self.holder())

    def work(self) -> list[AppError]:
        """Runs what is queued, each job once; what failed goes back and is returned."""
        jobs, self.queue.jobs = self.queue.jobs, []
        failed: list[AppError] = []
        for job in jobs:
            error = self.run(job)
            if error is not None:
                self.queue.jobs.append(job)
                failed.append(error)
        return failed

    def run(self, job: Job) -> AppError | None:
        try:
            self.run_job(job, self.holder())
        except AppError as error:
            return error
        return None

    def work_until_done(self, limit: int = 20) -> None:
        """Runs jobs, with time passing between the tries, until none fails."""
        for _ in range(limit):
            if not self.work():
                return
            self.clock.advance(40)
        raise AssertionError("the jobs never come to an end")

    def texts(self) -> list[str]:
        return [m.content for m in self.read().messages]

    @property
    def ticket(self) -> list[str]:
        """The public articles of the newest ticket."""
        return self.zammad.bodies(max(self.zammad.tickets))
