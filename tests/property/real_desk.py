"""The desk of `tests.functional.desk_world` with three regions on two Zammads, two workers, an
answer service and a clock of its own; every I/O call of a handler can be interrupted.

Nothing here looks into the handlers: what happened is read from the tickets and from the answers
that the app gets.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import boto3

from switchboard.domain.ids import DeviceId, RegionSlug, device_hash, pseudonym
from tests.functional.desk_world import Answer, http_event, sqs_record
from tests.property.interruptions import Interruptions, Killed, Process
from tests.property.stand_ins import Bot, VirtualClock
from tests.tables import AWS
from zammad_simulator import Webhook, ZammadSimulator
from zammad_simulator.render import webhook_article, webhook_ticket
from zammad_simulator.webhooks import encode_body, headers

VISIBILITY_SECONDS = 120
"""As the template's queue."""
REGIONS = ("augenfeld", "buchtal", "cranz")
"""The first two share a Zammad; the third has one of its own, with the same ticket ids."""
TOKENS = {
    region: f"{number}1111111-2222-4333-8444-555555555555" for number, region in enumerate(REGIONS)
}
USER_SUBJECT = "app user message"
AUTOMATIC_SUBJECT = "automatically generated message"
Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Device:
    region: str
    name: str
    language: str = "en"

    @property
    def path(self) -> str:
        return f"/api/v3/{self.region}/{self.language}/chat/{self.name}/"

    @property
    def pseudonym(self) -> str:
        return pseudonym(device_hash(RegionSlug(self.region), DeviceId(self.name)))


@dataclass(eq=False, slots=True)
class Delivery:
    """A webhook on its way from a Zammad; `id` is Zammad's."""

    simulator: ZammadSimulator
    id: str
    ticket: int
    article: int | None
    token: str
    webhook: Webhook


@dataclass
class RealDesk:
    clock: VirtualClock
    interruptions: Interruptions
    simulators: Mapping[str, ZammadSimulator]
    """By region."""
    bot: Bot
    queue_url: str
    handlers: Mapping[str, Callable[[Any, Any], Any]]
    forget: Callable[[], None]
    """Makes the next invocation a cold start as far as memory goes."""
    webhooks: list[Delivery] = field(default_factory=list)
    _at_work: Json | None = None
    _seen: set[str] = field(default_factory=set)
    _ids: Iterator[int] = field(default_factory=itertools.count)

    def __post_init__(self) -> None:
        self.sqs: Any = boto3.client("sqs", **AWS)
        self.dynamodb: Any = boto3.client("dynamodb", **AWS)

    def fresh(self) -> None:
        """Empties Zammads and queue, heals the bot; both Zammads go on with the same ids."""
        servers = {id(s): s for s in self.simulators.values()}.values()
        for simulator in servers:
            simulator.reset()
            simulator.hold_webhooks()
        while len({_open_any(simulator) for simulator in servers}) > 1:
            behind = min(servers, key=_open_any)
            _open_any(behind)
        for simulator in servers:
            simulator.reset()
            simulator.hold_webhooks()
        self.sqs.purge_queue(QueueUrl=self.queue_url)
        self.clock.advance(1000)
        self.forget()
        self.webhooks.clear()
        self._at_work = None
        self.bot.mood, self.bot.thinks = "well", None
        self.bot.asked.clear()
        self.bot.translated.clear()

    def device(self, region: str = REGIONS[0], language: str = "en") -> Device:
        return Device(region, f"device-{next(self._ids)}", language)

    def request(
        self,
        method: str,
        device: Device,
        body: Json | None = None,
        process: Process | None = None,
        key: str = "",
    ) -> Answer | None:
        """None if the process was killed over it."""
        sent = {"content-type": "application/json"} if body is not None else {}
        if key:
            sent["idempotency-key"] = key
        text = json.dumps(body) if body is not None else None
        event = http_event(method, device.path, text, sent, None)
        return self._serve("userchat", event, process)

    def post(
        self, device: Device, text: str, process: Process | None = None, **fields: Any
    ) -> Answer | None:
        key = fields.pop("key", "")
        return self.request("POST", device, {"message": text, **fields}, process, key)

    def read(self, device: Device, process: Process | None = None) -> list[Json] | None:
        """The messages; none if there is no chat, None if there was no good answer."""
        answer = self.request("GET", device, process=process)
        if answer is None or answer.status >= 500:
            return None
        assert answer.status in (200, 404), answer.body
        found: list[Json] = answer.json["messages"] if answer.status == 200 else []
        return found

    def work(self, process: Process | None = None, worker: str = "worker") -> str:
        """One worker takes one job that is visible: `idle`, `done`, `failed` or `killed`."""
        received = self.sqs.receive_message(
            QueueUrl=self.queue_url,
            MessageSystemAttributeNames=["All"],
            VisibilityTimeout=VISIBILITY_SECONDS,
        )
        if not received.get("Messages"):
            return "idle"
        self._at_work = message = received["Messages"][0]
        with self.interruptions.process(process or Process()):
            try:
                result = self.handlers[worker]({"Records": [sqs_record(message)]}, None)
            except Killed:
                return "killed"
        if result["batchItemFailures"]:
            return "failed"
        self.sqs.delete_message(QueueUrl=self.queue_url, ReceiptHandle=message["ReceiptHandle"])
        return "done"

    def work_on_the_same(self) -> None:
        """The second worker has the job that was given out last: SQS delivers at least once."""
        if self._at_work is None:
            return
        record = sqs_record(self._at_work)
        attributes = {**record["attributes"], "ApproximateReceiveCount": "2"}
        with self.interruptions.process(Process()):
            self.handlers["second"]({"Records": [{**record, "attributes": attributes}]}, None)

    def work_all(self, process: Process | None = None) -> None:
        """Until nothing is visible; all of it counts as this process's calls."""
        for _ in range(60):
            if self.work(process) == "idle":
                return
        raise AssertionError("the worker does not come to an end")

    def collect(self) -> list[Delivery]:
        """The webhooks that the Zammads have to post, with what was collected before."""
        for region, simulator in self.simulators.items():
            for record in simulator.deliveries():
                if str(record["url"]) != hook_address(region) or record["id"] in self._seen:
                    continue
                self._seen.add(str(record["id"]))
                hook = next(w for w in simulator.webhooks() if w.url == record["url"])
                article: Any = record["article_id"]
                ticket: Any = record["ticket_id"]
                delivery = Delivery(
                    simulator, str(record["id"]), ticket, article, TOKENS[region], hook
                )
                self.webhooks.append(delivery)
        return self.webhooks

    def deliver(self, delivery: Delivery, process: Process | None = None) -> Answer | None:
        """Zammad posts its webhook, made as it does: of the ticket as it is now."""
        store = delivery.simulator.store
        ticket = next((t for t in store.tickets() if t.id == delivery.ticket), None)
        if ticket is None:
            return Answer({"statusCode": 200, "headers": {}, "body": ""})
        document = {
            "ticket": webhook_ticket(ticket),
            "article": webhook_article(store.article(delivery.article), delivery.simulator.url)
            if delivery.article
            else {},
        }
        raw = encode_body(document)
        event = http_event(
            "POST",
            "/",
            raw.decode(),
            headers(delivery.webhook, delivery.id, raw),
            {"token": delivery.token},
        )
        return self._serve("webhook", event, process)

    def tickets(self, device: Device) -> list[Json]:
        """The device's tickets, oldest first."""
        return [
            ticket
            for ticket in self.simulators[device.region].tickets()
            if device.pseudonym in ticket["title"] and ticket["region_slug"] == device.region
        ]

    def queued(self) -> int:
        """How many jobs there are, whether visible or not."""
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        attributes = self.sqs.get_queue_attributes(QueueUrl=self.queue_url, AttributeNames=names)
        return sum(int(number) for number in attributes["Attributes"].values())

    def dead_letters(self) -> list[str]:
        url = self.sqs.get_queue_url(QueueName="dead.fifo")["QueueUrl"]
        answer = self.sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10)
        return [message["Body"] for message in answer.get("Messages", [])]

    def _serve(self, function: str, event: Json, process: Process | None) -> Answer | None:
        event["requestContext"]["requestId"] = f"request-{next(self._ids)}"
        with self.interruptions.process(process or Process()):
            try:
                return Answer(self.handlers[function](event, None))
            except Killed:
                return None


def _open_any(simulator: ZammadSimulator) -> int:
    """The id of a new ticket that is nobody's."""
    agent = simulator.store.directory.agent
    ticket = {"title": "any", "group": "integreat-chat", "customer": agent.login}
    return simulator.store.create_ticket(ticket, agent).id


def hook_address(region: str) -> str:
    return f"https://webhook.example/{region}"
