"""What is timed warm: each operation by the real handler, and bare, on the same stored data.

Before each call the stored items are put back as they were, so that every call does the same.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from bench.measuring.io_bare import BareDesk
from bench.measuring.io_bare_chatbot import BareChatbot
from bench.measuring.io_world import EXAMPLE_HOST, LIMITED_HOST, MODEL_HOST, World
from bench.measuring.stage import HOUR_MS, LANGUAGE, REGION_SLUG
from switchboard.domain.chat import Chat, ChatKey, Message, Sender
from switchboard.domain.ids import (
    ArticleId,
    ChatbotId,
    DeviceId,
    MessageId,
    SessionKey,
    TicketId,
    device_hash,
)
from switchboard.domain.session import SessionId

QUESTION = "Ich bin neu in der Stadt. Wo finde ich einen Deutschkurs, und was kostet er? Nr."
ANSWER = "<p>Guten Tag, die <b>Volkshochschule</b> bietet Kurse an. Kommen Sie bitte vorbei.</p>"
MESSAGE_BUDGET, TURN_BUDGET = 3.0, 1.5
SESSION_BUDGET = 1.25
"""How much more the last turn of a long session may cost than the tenth."""
TENTH, LAST = 10, 200
ITEMS_AT_ONCE = 25

Handle = Callable[[Any], Any]


@dataclass(frozen=True, slots=True)
class Operation:
    """`prepare` puts the data in place and returns the event of one call.

    `prepare_bare` does for `bare`, where what that is measured on is something else.
    """

    name: str
    budget: float | None
    prepare: Callable[[], Any]
    handle: Handle
    bare: Handle
    prepare_bare: Callable[[], Any] | None = None


class Operations:
    def __init__(self, world: World) -> None:
        self._world = world
        self._desk = BareDesk(world.names)
        self._chatbot = BareChatbot(world.names)
        self._table = world.names["CONVERSATIONS_TABLE"]
        self._numbers = itertools.count(1)

    def all(self) -> Iterator[Operation]:
        yield self._read("reader", 20)
        yield self._read("bookworm", 200)
        yield self._write("writer", 20)
        yield self._webhook("waiting")
        # The local model thinks in the handler's own process: that is no time of the turn's.
        yield self._turn("local model", EXAMPLE_HOST, TENTH, budget=None)
        yield self._turn("local model", EXAMPLE_HOST, LAST, budget=None)
        tenth = self._turn("OpenAI model", MODEL_HOST, TENTH, budget=TURN_BUDGET)
        last = self._turn("OpenAI model", MODEL_HOST, LAST, budget=TURN_BUDGET)
        yield tenth
        yield last
        yield self._turn("OpenAI model with limits", LIMITED_HOST, TENTH, budget=TURN_BUDGET)
        yield Operation(
            f"chatbot, OpenAI model, turn {LAST}; instead of bare: turn {TENTH}",
            SESSION_BUDGET,
            last.prepare,
            last.handle,
            tenth.handle,
            tenth.prepare,
        )

    def _read(self, device: str, messages: int) -> Operation:
        self._store_chat(device, messages)
        return Operation(
            f"GET, {messages} messages",
            MESSAGE_BUDGET,
            lambda: self._world.read(device),
            self._handle("userchat"),
            self._desk.read,
        )

    def _write(self, device: str, messages: int) -> Operation:
        chat = self._store_chat(device, messages)
        put_back = self._saver(f"Chat#{REGION_SLUG}#{chat.key.device}", "Chat#00000001")

        def prepare() -> Any:
            put_back()
            return self._world.write(device, f"{QUESTION} {next(self._numbers)}")

        handle = self._handle("userchat")
        name = f"POST after {messages} messages"
        return Operation(name, MESSAGE_BUDGET, prepare, handle, self._desk.write)

    def _webhook(self, device: str) -> Operation:
        ticket = int(self._store_chat(device, 2).ticket_id or 0)
        put_back = self._saver(f"Ticket#{self._world.stage.zammad_url}#{ticket}", "Ticket")

        def prepare() -> Any:
            put_back()
            return self._world.adviser_wrote(ticket, 1_000_000 + next(self._numbers))

        return Operation(
            "webhook, adviser's article",
            None,
            prepare,
            self._handle("webhook"),
            self._desk.webhook,
        )

    def _turn(self, model: str, host: str, number: int, budget: float | None) -> Operation:
        """The turn of that number, in a session of its own for each call.

        A long session is stored once and goes on from call to call: it is long enough already.
        """
        bot = str(self._world.chatbot_at(host).id)
        docs = self._turn_documents(host, bot, number - 1)
        old_key = uuid4().hex + uuid4().hex
        if number == LAST:
            self._store_session(_partition(bot, old_key), docs)

        def prepare() -> Any:
            if number == LAST:
                return self._world.ask(old_key, host=host)
            session_key = uuid4().hex + uuid4().hex
            self._store_session(_partition(bot, session_key), docs)
            return self._world.ask(session_key, host=host)

        handle = self._handle("chatbot")
        name = f"chatbot, {model}, turn {number}"
        return Operation(name, budget, prepare, handle, self._chatbot.ask)

    def _handle(self, name: str) -> Handle:
        handler = self._world.handler(name)
        return lambda event: handler(event, None)

    def _store_chat(self, device: str, count: int) -> Chat:
        """A chat with its ticket; the copy stays fresh for an hour."""
        ticket = TicketId(self._world.stage.create_ticket())
        now = time.time_ns() // 1_000_000
        messages = tuple(
            Message(
                id=MessageId(uuid4().hex if number % 2 else f"article-{10_000 + number}"),
                number=2**52 + number,
                sender=Sender.CUSTOMER if number % 2 else Sender.AGENT,
                content=f"{QUESTION if number % 2 else ANSWER} {number}",
                created_at=now - HOUR_MS + number,
                article_id=ArticleId(10_000 + number),
            )
            for number in range(1, count + 1)
        )
        chat = Chat(
            key=ChatKey(REGION_SLUG, device_hash(REGION_SLUG, DeviceId(device)), 1),
            language=LANGUAGE,
            created_at=now - HOUR_MS,
            server_url=self._world.stage.zammad_url,
            ticket_id=ticket,
            messages=messages,
            synced_at=now + HOUR_MS,
        )
        return self._world.chats.save_with_ticket(chat)

    def _saver(self, pk: str, sk: str) -> Callable[[], None]:
        """What puts the item back as it is now."""
        dynamodb, table = self._world.dynamodb, self._table
        key = {"pk": {"S": pk}, "sk": {"S": sk}}
        item = dynamodb.get_item(TableName=table, Key=key, ConsistentRead=True)["Item"]

        def put_back() -> None:
            dynamodb.put_item(TableName=table, Item=item)

        return put_back

    def _turn_documents(self, host: str, bot: str, turns: int) -> list[str]:
        """The documents of real turns with different questions, as the handler stores them."""
        session_key = uuid4().hex + uuid4().hex
        for number in range(turns):
            event = self._world.ask(session_key, host=host, text=f"{QUESTION} {number}")
            self._world.call("chatbot", event)
        items = self._world.dynamodb.query(
            TableName=self._table,
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues={":pk": {"S": _partition(bot, session_key)}},
        )["Items"]
        return [item["doc"]["S"] for item in items]

    def _store_session(self, pk: str, docs: list[str]) -> None:
        now = time.time_ns() // 1_000_000
        puts = [
            {
                "pk": {"S": pk},
                "sk": {"S": f"Turn#{now - 60_000 + number:013d}#{uuid4().hex}"},
                "doc": {"S": doc},
                "ttl": {"N": str(now // 1000 + 86_400)},
            }
            for number, doc in enumerate(docs)
        ]
        requests = [{"PutRequest": {"Item": item}} for item in puts]
        for start in range(0, len(requests), ITEMS_AT_ONCE):
            part = requests[start : start + ITEMS_AT_ONCE]
            self._world.dynamodb.batch_write_item(RequestItems={self._table: part})


def _partition(bot: str, session_key: str) -> str:
    return f"Session#{SessionId(ChatbotId(bot), SessionKey(session_key)).digest}"
