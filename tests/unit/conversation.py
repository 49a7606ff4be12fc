"""A whole desk in memory: user, bot and adviser in one process, time standing still."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from switchboard.api.http import Request
from switchboard.domain.chat import Chat
from switchboard.domain.directory import Region, WebhookToken, ZammadAccess
from switchboard.domain.errors import AppError, ModelFailed
from switchboard.domain.ids import (
    ChatbotId,
    DeviceId,
    RegionSlug,
    SecretName,
    TicketId,
    device_hash,
    webhook_token_digest,
)
from switchboard.domain.jobs import Job
from switchboard.domain.ticket import Article
from switchboard.ports.translation import Translator
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
from tests.fakes.secrets import InMemorySecrets
from tests.fakes.translation import Dictionary
from tests.fakes.zammad import FakeZammad
from userchat.body import Draft
from userchat.limits import SendLimits
from userchat.read_chat import ReadChat
from userchat.send_message import Accepted, SendMessage
from webhook.receive import ReceiveWebhook
from worker.answering import AnswerQuestion, BotAnswer
from worker.run_job import RunJob
from worker.translating import Translating

WEBHOOK_TOKEN = "5f1f8d4e-1b8c-4d3a-9a53-6a8f4b0d9c11"
REGION = Region(
    slug=RegionSlug("augenfeld"),
    display_name="Augenfeld",
    default_language="de",
    chat_enabled=True,
    chatbot=ChatbotId("bot"),
    zammad=ZammadAccess("https://zammad.example.org", SecretName("token")),
)
DEVICE = device_hash(REGION.slug, DeviceId("device-1"))


def _nothing(call: str) -> None:
    """What comes in between when nobody does."""


@dataclass
class EchoBot:
    """Answers with what it was asked; `broken` makes it fail. `before_answer` may interfere."""

    broken: bool = False
    hands_off: bool = False
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
        return BotAnswer(f"echo: {texts[-1]}", self.hands_off)


class DeskInMemory:
    """`holder` counts up with every request and job, as invocations do."""

    def __init__(
        self,
        region: Region = REGION,
        *,
        drops_message_ids: bool = False,
        make_zammad: Callable[..., FakeZammad] = FakeZammad,
        translator: Translator | None = None,
    ) -> None:
        self.region = region
        self.clock, self.ids = HandClock(), CountingIds()
        self.zammad = make_zammad(self.clock, drops_message_ids=drops_message_ids)
        self.chats, self.queue, self.bot = InMemoryChats(), ListQueue(self.clock), EchoBot()
        self.files = InMemoryFiles()
        self.parked: list[Job] = []
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
        directory = InMemoryDirectory(region, _webhook_token(region))
        logger = logging.getLogger("tests")
        translator = translator or Dictionary(is_missing=True)
        translating = Translating(self.chats, translator, self.clock, logger)
        self.run_job = RunJob(
            directory,
            self.chats,
            self.zammad,
            delivery,
            refresh,
            AnswerQuestion(
                self.chats,
                self.zammad,
                self.bot,
                self.clock,
                self.ids,
                logger,
                translating,
            ),
            self.clock,
            translating,
        )
        self.receive = ReceiveWebhook(
            directory, InMemorySecrets(), self.chats, self.queue, self.clock
        )
        self._holders = self._deliveries = 0

    def chats_hook(self, before: Callable[[str], None]) -> None:
        """`before` runs before each call to the storage of chats and each job sent."""
        self.chats.before_call = self.queue.before_call = before

    def before_call(self, before: Callable[[str], None] = _nothing) -> None:
        """`before` runs before each call to storage, queue, help desk, file store and bot."""
        self.chats_hook(before)
        self.zammad.before_call = self.files.before_call = before
        self.bot.before_answer = partial(before, "answer")

    def before_next(self, call: str, act: Callable[[], object]) -> None:
        """`act` runs once, before the next call of that name, and undisturbed itself."""

        def before(name: str) -> None:
            if name == call:
                self.before_call()
                act()

        self.before_call(before)

    def holder(self) -> str:
        self._holders += 1
        return f"invocation-{self._holders}"

    def send(self, text: str, **fields: object) -> Accepted:
        draft = Draft(text=text, **fields)  # type: ignore[arg-type]
        return self.send_message(self.region, DEVICE, "de", draft, self.holder())

    def read(self) -> Chat:
        return self.read_chat(self.region, DEVICE, self.holder())

    def webhook(self, ticket_id: TicketId, article: Article | None = None) -> dict[str, Any]:
        """Zammad tells of an article, or of a change to the ticket alone, as both are by now."""
        ticket = self.zammad.tickets[ticket_id]
        told: dict[str, Any] = {
            "id": ticket_id,
            "state": ticket.state,
            "automatic_answers": ticket.automatic_answers,
        }
        payload = {"ticket": told, "article": _payload(article) if article else {}}
        self._deliveries += 1
        return self.receive(
            Request(
                "POST",
                "/",
                query={"token": WEBHOOK_TOKEN},
                headers={"x-zammad-delivery": f"delivery-{self._deliveries}"},
                body=json.dumps(payload).encode(),
            )
        ).answer

    def work(self) -> list[AppError]:
        """Runs what is queued, each job once; returns what failed.

        What may succeed later goes back to the queue, what never will is parked.
        """
        failed = []
        for job in list(self.queue.jobs):
            error = self.run(job)
            self.file(job, error)
            failed += [error] if error is not None else []
        return failed

    def file(self, job: Job, error: AppError | None) -> None:
        """Takes the job out of the queue when it is done, or parks it when it never will be."""
        if (error is None or not error.retryable) and job in self.queue.jobs:
            self.queue.jobs.remove(job)
        if error is not None and not error.retryable:
            self.parked.append(job)

    def run(self, job: Job) -> AppError | None:
        try:
            self.run_job(job, self.holder())
        except AppError as error:
            return error
        return None

    def redrive(self) -> None:
        """The operator has seen to what was parked."""
        self.queue.jobs += self.parked
        self.parked = []

    def work_until_done(self, limit: int = 20) -> None:
        """Runs jobs, with time passing between the tries, until none fails."""
        for _ in range(limit):
            if not self.work():
                return
            self.clock.advance(40)
        raise AssertionError("the jobs never come to an end")

    def chat(self) -> Chat:
        """The newest chat as it is stored."""
        return max(self.chats.stored.values(), key=lambda chat: chat.key.sequence)

    def texts(self) -> list[str]:
        return [m.content for m in self.read().messages]

    @property
    def ticket(self) -> list[str]:
        """The public articles of the newest ticket."""
        return self.zammad.bodies(max(self.zammad.tickets))


def _payload(article: Article) -> dict[str, Any]:
    return {
        "id": article.id,
        "sender": article.sender.value,
        "subject": article.subject,
        "internal": article.internal,
        "created_by": {"login": article.created_by},
    }


def _webhook_token(region: Region) -> WebhookToken:
    digest = webhook_token_digest(WEBHOOK_TOKEN)
    assert digest is not None
    assert region.zammad is not None
    return WebhookToken(digest, region.slug, region.zammad.url, regions={region.slug: True})
