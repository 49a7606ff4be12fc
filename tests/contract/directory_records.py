"""What the tests of the directory share: a record of each kind, and a table to keep them in."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from switchboard.adapters import directory_documents as documents
from switchboard.adapters.directory_documents import Record
from switchboard.domain.directory import (
    ApiKey,
    AppTexts,
    Authentication,
    Chatbot,
    Directive,
    Fallback,
    Limits,
    Plugin,
    Region,
    WebhookToken,
    ZammadAccess,
)
from switchboard.domain.ids import ChatbotId, RegionSlug, SecretName
from switchboard.ports.directory import DirectoryRepository
from tests.fakes.aws_directory import TABLE, aws_directory

PLUGIN = Plugin(
    name="opening_hours",
    plugin_class="static",
    directive=Directive.SEARCH_TERMS,
    search_terms=("open", "geöffnet"),
    system_role="Quote the hours.",
    description="When the office is open",
    data={"weekdays": {"de": "9 bis 12 Uhr", "en": "9 to 12"}, "closed": None, "price": 1.5},
)
BOT = Chatbot(
    id=ChatbotId("0a1b2c"),
    name="customer_support",
    account="city",
    account_number="3141-5926-5359",
    model_key=SecretName("models/key"),
    temperature=0.0,
    hostnames=("customer-support.3141-5926-5359.api.localhost", "bot.example.org"),
    authentication=Authentication.PUBLIC,
    allowed_origins=("https://app.example.org",),
    limits=Limits(requests_per_minute=10),
    app=AppTexts(name="Desk", example_prompts=("Where?", "When?")),
    plugins=(PLUGIN,),
    functions=("request_human",),
    fallback=Fallback("bedrock", None, SecretName("models/other"), "small-model"),
)
REGION = Region(
    slug=RegionSlug("augenfeld"),
    display_name="Stadt Augenfeld",
    default_language="de",
    languages=("de", "en"),
    chat_enabled=True,
    chatbot=BOT.id,
    zammad=ZammadAccess(
        url="https://desk.example.org",
        token=SecretName("regions/augenfeld/token"),
        webhook_secrets=(SecretName("one"), SecretName("two")),
    ),
)
BARE_REGION = Region(slug=RegionSlug("zell"), display_name="Zell", default_language="de")
KEY = ApiKey(id="ab12", digest="d" * 64, account="city", chatbots=("customer_support",))
WIDE_KEY = ApiKey(id="cd34", digest="e" * 64, account="city", expires_at=1_900_000_000)
TOKEN = WebhookToken(
    digest="f" * 64,
    region=REGION.slug,
    server_url="https://desk.example.org",
    webhook_secrets=(SecretName("one"),),
    regions={REGION.slug: True, BARE_REGION.slug: False},
)
RECORDS: tuple[Record, ...] = (BOT, BARE_REGION, REGION, KEY, WIDE_KEY, TOKEN)
Find = Callable[[DirectoryRepository], object]


class Table:
    """The Directory table, and how many calls were made to it."""

    def __init__(self, client: Any) -> None:
        self.client = client
        self.calls: list[str] = []
        client.meta.events.register(
            "before-call.dynamodb", lambda model, **_: self.calls.append(model.name)
        )

    def put(self, *records: Record) -> None:
        for record in records:
            self.put_document(record, documents.encode(record))

    def put_document(self, record: Record, document: str) -> None:
        for pk, sk in documents.keys_of(record):
            item = {"pk": {"S": pk}, "sk": {"S": sk}, "doc": {"S": document}}
            self.client.put_item(TableName=TABLE, Item=item)
        self.calls.clear()


@contextmanager
def open_table() -> Iterator[Table]:
    """An empty table, for the time of the block."""
    with aws_directory() as store:
        yield Table(store.dynamodb)
