"""The same suite against the table in moto and the fake that unit tests use."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace

import pytest

from switchboard.domain.chat import Attachment, Chat, ChatKey, Lease, Message, Question, Sender
from switchboard.domain.errors import Conflict
from switchboard.domain.ids import ArticleId, DeviceHash, MessageId, RegionSlug, TicketId
from switchboard.ports.chats import ChatRepository
from tests.fakes.chats import InMemoryChats
from tests.fakes.clock import NOON
from tests.tables import conversations_table

REGION = RegionSlug("augenfeld")
DEVICE = DeviceHash("d" * 64)
SERVER = "https://zammad.example.org"


@pytest.fixture(params=["memory", "dynamodb"])
def chats(request: pytest.FixtureRequest) -> Iterator[ChatRepository]:
    if request.param == "memory":
        yield InMemoryChats()
        return
    from switchboard.adapters.dynamodb_chats import DynamoDbChats

    with conversations_table() as (client, table):
        yield DynamoDbChats(client, table)


def chat(sequence: int = 1, **fields: object) -> Chat:
    base = Chat(ChatKey(REGION, DEVICE, sequence), "de", NOON)
    return replace(base, **fields)  # type: ignore[arg-type]


def message(number: int, content: str) -> Message:
    return Message(MessageId(f"{number:032x}"), number, Sender.CUSTOMER, content, NOON)


def test_a_chat_comes_back_as_it_was_stored(chats: ChatRepository) -> None:
    """Every field survives storage."""
    attachment = Attachment("a" * 64, 312, "merkblatt.pdf", "48213", "application/pdf")
    full = chat(
        server_url=SERVER,
        ticket_id=TicketId(4711),
        ticket_attempted_at=NOON,
        automatic_answers=False,
        evaluation_consent=True,
        consent_at=NOON,
        consent_in_ticket=True,
        sends=(NOON, NOON + 1),
        messages=(
            replace(message(1, "Grüße <b>\n"), question=Question(NOON), idempotency_key="k"),
            replace(
                message(2, "Antwort"),
                sender=Sender.AGENT,
                automatic=True,
                article_id=ArticleId(9025),
                attachments=(attachment,),
            ),
        ),
        synced_at=NOON,
        delivery=Lease("me", NOON + 1),
        ended=True,
    )
    saved = chats.save(full)
    assert saved == replace(full, version=saved.version)
    assert saved.version > 0
    assert chats.get(full.key) == saved
    assert chats.current(REGION, DEVICE) == saved


def test_there_is_no_chat_before_the_first(chats: ChatRepository) -> None:
    """A device without a chat has none, and a key without a chat leads to none."""
    assert chats.current(REGION, DEVICE) is None
    assert chats.get(chat().key) is None


def test_the_newest_chat_is_the_current_one(chats: ChatRepository) -> None:
    """Of a device's chats the one with the highest sequence is current, also beyond nine."""
    for sequence in (1, 2, 9, 10):
        chats.save(chat(sequence))
    current = chats.current(REGION, DEVICE)
    assert current is not None
    assert current.key.sequence == 10


@pytest.mark.parametrize(
    "other",
    [ChatKey(RegionSlug("other"), DEVICE, 1), ChatKey(REGION, DeviceHash("e" * 64), 1)],
)
def test_regions_and_devices_are_apart(chats: ChatRepository, other: ChatKey) -> None:
    """A chat is found by its own region and device only."""
    chats.save(chat())
    assert chats.get(other) is None
    assert chats.current(other.region, other.device) is None


def test_of_two_writers_one_wins(chats: ChatRepository) -> None:
    """A write on a version that is not the stored one is a conflict and changes nothing."""
    read = chats.save(chat())
    first = chats.save(replace(read, language="en"))
    with pytest.raises(Conflict):
        chats.save(replace(read, language="fr"))
    assert chats.get(read.key) == first


def test_of_two_first_writers_one_wins(chats: ChatRepository) -> None:
    """A chat that exists already cannot be begun."""
    chats.save(chat())
    with pytest.raises(Conflict):
        chats.save(chat(language="fr"))


def test_two_chats_are_stored_together_or_not_at_all(chats: ChatRepository) -> None:
    """If one of two chats was changed meanwhile, neither is stored."""
    read = chats.save(chat())
    chats.save(replace(read, language="en"))
    with pytest.raises(Conflict):
        chats.save_both(replace(read, ended=True), chat(2))
    assert chats.get(chat(2).key) is None
    current = chats.get(read.key)
    assert current is not None
    old, new = chats.save_both(replace(current, ended=True), chat(2))
    assert chats.get(read.key) == old
    assert chats.current(REGION, DEVICE) == new


def test_an_article_is_claimed_once(chats: ChatRepository) -> None:
    """The first answer under a mark is remembered; another mark has another."""
    saved = chats.save_with_ticket(chat(ticket_id=TicketId(4711), server_url=SERVER))
    for answer in ("first", "second"):
        claimed = chats.claim_article(SERVER, TicketId(4711), "9025:adviser", answer, NOON)
        assert claimed is not None
        assert (claimed.key, claimed.first_answer) == (saved.key, "first")
    other = chats.claim_article(SERVER, TicketId(4711), "9026:adviser", "third", NOON)
    assert other is not None
    assert other.first_answer == "third"


@pytest.mark.parametrize(
    ("server", "ticket"), [(SERVER, 4712), ("https://other.example.org", 4711)]
)
def test_tickets_of_other_servers_are_unknown(
    chats: ChatRepository, server: str, ticket: int
) -> None:
    """A ticket is known by its server and its number together, and none is made by asking."""
    chats.save_with_ticket(chat(ticket_id=TicketId(4711), server_url=SERVER))
    assert chats.claim_article(server, TicketId(ticket), "9025:adviser", "a", NOON) is None
    assert chats.claim_article(server, TicketId(ticket), "9025:adviser", "a", NOON) is None


def test_hundreds_of_webhooks_do_not_fill_the_record(chats: ChatRepository) -> None:
    """Marks of a long ticket are forgotten from the oldest on; new ones are still remembered."""
    chats.save_with_ticket(chat(ticket_id=TicketId(1), server_url=SERVER))
    for article in range(9000, 9230):
        chats.claim_article(SERVER, TicketId(1), f"{article}:adviser", "first", NOON)
    claimed = chats.claim_article(SERVER, TicketId(1), "9229:adviser", "second", NOON)
    assert claimed is not None
    assert claimed.first_answer == "first"


def test_a_chat_of_many_megabytes_is_kept_whole(chats: ChatRepository) -> None:
    """A chat beyond DynamoDB's item size is stored, changed and read like any other."""
    noise = random.Random(7)
    letters = [chr(noise.randrange(0x4E00, 0x9FFF)) for _ in range(3000)]

    def text(length: int) -> str:
        return "".join(noise.choices(letters, k=length))

    large = chat(messages=tuple(message(i, text(10_000)) for i in range(60)))
    saved = chats.save(large)
    assert chats.current(REGION, DEVICE) == saved
    for _ in range(3):
        saved = chats.save(replace(saved, messages=(*saved.messages[1:], message(99, text(10)))))
        assert chats.get(large.key) == saved
    with pytest.raises(Conflict):
        chats.save(replace(large, version=saved.version - 1))


def test_every_chat_of_a_device_is_listed(chats: ChatRepository) -> None:
    """All chats of one device in one region are there, oldest first, and no other's."""
    for sequence in (10, 1, 9):
        chats.save(chat(sequence, ended=sequence == 1))
    chats.save(replace(chat(), key=ChatKey(RegionSlug("other"), DEVICE, 1)))
    assert [c.key.sequence for c in chats.all_of(REGION, DEVICE)] == [1, 9, 10]
    assert [c.ended for c in chats.all_of(REGION, DEVICE)] == [True, False, False]
    assert list(chats.all_of(REGION, DeviceHash("e" * 64))) == []


def test_an_erased_chat_is_gone_with_its_ticket(chats: ChatRepository) -> None:
    """Neither the device nor the ticket leads to it any more; other chats stay."""
    other = chats.save(chat(2))
    saved = chats.save_with_ticket(chat(ticket_id=TicketId(4711), server_url=SERVER))
    chats.claim_article(SERVER, TicketId(4711), "9025:adviser", "first", NOON)
    chats.erase(saved)
    assert chats.get(saved.key) is None
    assert chats.claim_article(SERVER, TicketId(4711), "9025:adviser", "again", NOON) is None
    assert list(chats.all_of(REGION, DEVICE)) == [other]


def test_a_changed_chat_is_not_erased_unseen(chats: ChatRepository) -> None:
    """Who erases must have read what is there: there may be a ticket by now."""
    read = chats.save(chat())
    changed = chats.save_with_ticket(replace(read, ticket_id=TicketId(4711), server_url=SERVER))
    with pytest.raises(Conflict):
        chats.erase(read)
    assert chats.get(read.key) == changed
    chats.erase(changed)
    with pytest.raises(Conflict):
        chats.erase(changed)


def test_no_copy_of_an_erased_chat_comes_back(chats: ChatRepository) -> None:
    """Whoever still holds it can neither restore it nor overwrite the chat begun after it."""
    copies = [chats.save(chat())]
    for language in ("en", "fr", "tr"):
        copies.append(chats.save(replace(copies[-1], language=language)))
    chats.erase(copies[-1])
    for copy in copies:
        with pytest.raises(Conflict):
            chats.save(copy)
    begun = chats.save(chat(language="uk"))
    for _ in range(6):
        for copy in copies:
            with pytest.raises(Conflict):
                chats.save(copy)
            with pytest.raises(Conflict):
                chats.save_with_ticket(replace(copy, ticket_id=TicketId(1), server_url=SERVER))
        begun = chats.save(begun)
    assert chats.get(begun.key) == begun
