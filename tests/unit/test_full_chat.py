"""A chat that grows and grows: it can always be read whole, and it is said when it is full."""

from __future__ import annotations

import json
import zlib

import pytest

from switchboard.adapters.chat_documents import dump_chat
from switchboard.api.http import json_response, response_to_event
from switchboard.domain.chat import Chat, ChatKey
from switchboard.domain.errors import ChatFull
from switchboard.domain.ids import MessageId
from switchboard.domain.incoming import accept_message
from tests.unit.conversation import DEVICE, REGION
from userchat.view import chat_document

LAMBDA_ANSWER = 6_291_556
DYNAMODB_TRANSACTION = 4 * 1024 * 1024


def filled(text: str) -> Chat:
    """A chat that takes no more of these."""
    chat = Chat(ChatKey(REGION.slug, DEVICE, 1), "de", created_at=0)
    while True:
        number = len(chat.messages)
        try:
            chat, _ = accept_message(
                chat, MessageId(f"{number:064}"), text, language="de", now=number, asks_bot=False
            )
        except ChatFull:
            return chat


@pytest.mark.parametrize(
    "text", ["x", "😀" * 10_000, "\x01" * 10_000], ids=["short", "emoji", "control characters"]
)
def test_the_fullest_chat_can_be_read_and_stored(text: str) -> None:
    """All its messages fit into one answer of Lambda's, and into one transaction of DynamoDB's."""
    chat = filled(text)
    event = response_to_event(json_response(200, chat_document(chat, REGION, 0)))
    assert len(json.dumps(event, ensure_ascii=False).encode()) < LAMBDA_ANSWER
    assert len(zlib.compress(dump_chat(chat).encode())) < DYNAMODB_TRANSACTION


def test_a_chat_takes_what_a_person_writes_in_months() -> None:
    """A thousand messages of a few sentences each do not fill it."""
    assert len(filled("Danke für die schnelle Antwort! " * 6).messages) > 1_000
