"""The promises of a conversation, once more with a file in every other message.

Processes die at the file store's calls, too, and it fails at times.
"""

from __future__ import annotations

from hypothesis import HealthCheck, settings
from hypothesis.stateful import invariant

from switchboard.domain.errors import FilesUnavailable
from switchboard.domain.ticket import USER_SUBJECT, Upload
from tests.property.actors import over
from tests.property.test_conversation_machine import PROFILE, Conversation
from tests.unit.conversation import DeskInMemory
from userchat.files import digest
from userchat.send_message import Accepted


class DeskWithFiles(DeskInMemory):
    """Each text with an even number comes with a file that holds it."""

    def send(self, text: str, **fields: object) -> Accepted:
        if _is_plain(text):
            return super().send(text, **fields)
        files = (Upload(f"{text}.txt", "text/plain", text.encode()),)
        return super().send(text, files=files, files_digest=digest(files), **fields)


def _is_plain(text: str) -> bool:
    return int(text.rpartition(" ")[2]) % 2 == 1


class ConversationWithFiles(Conversation):
    MAKE_DESK = DeskWithFiles

    @invariant()
    def each_file_is_with_its_message(self) -> None:
        """In the ticket an article has exactly its own file, with its bytes.

        What has to leave a merged ticket leaves its file there, and names it.
        """
        may_be_gone = any(t.state == "merged" for t in self.zammad.tickets.values())
        for ticket in self.zammad.tickets.values():
            for article in ticket.articles:
                if article.subject == USER_SUBJECT:
                    bytes_there = [self.zammad.files[f.id] for f in article.attachments]
                    text, _, gone = article.body.partition("<br>[")
                    assert may_be_gone or not gone
                    assert bytes_there == ([] if gone or _is_plain(text) else [text.encode()])

    @invariant()
    def each_file_can_be_had(self) -> None:
        """Every file that a chat shows is in the ticket or in the store."""
        for chat in self.desk.chats.stored.values():
            for file in (file for message in chat.messages for file in message.attachments):
                if file.source_id:
                    assert file.source_id in self.zammad.files
                else:
                    assert file.stored_key in self.desk.files.stored

    def teardown(self) -> None:
        """In the end each file is in the ticket, and nowhere else if the store never failed."""
        super().teardown()
        if not hasattr(self, "zammad"):
            return
        chat = self.desk.chat()
        if over(chat, self.zammad):
            return
        delivered = [m for m in chat.messages if not m.refused]
        shown = [file for message in delivered for file in message.attachments]
        assert all(file.source_id for file in shown)
        for message in delivered:
            if not self.actors.files_failed and not self.actors.is_doubtful(message):
                assert not [file for file in message.attachments if file.stored_key]
        typed = [m for m in delivered if m.content.startswith("text ")]
        with_files = [m for m in typed if not _is_plain(m.content)]
        assert len({file.id for file in shown}) == len(shown) == len(with_files)


TestConversationWithFiles = ConversationWithFiles.TestCase
TestConversationWithFiles.settings = settings(
    settings.get_profile(PROFILE),
    max_examples=settings.get_profile(PROFILE).max_examples // 4,
    stateful_step_count=40,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)


def test_a_broken_file_store_accepts_nothing() -> None:
    """What cannot be kept is refused before it is in the chat."""
    desk = DeskWithFiles()
    desk.files.broken = True
    try:
        desk.send("text 2")
    except FilesUnavailable:
        assert not desk.chats.stored
    else:
        raise AssertionError("the message was accepted without its file")
