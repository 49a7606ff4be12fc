"""The promises of a conversation, once more with a file in every other message.

Processes die at the file store's calls, too, and it fails at times.
"""

from __future__ import annotations

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, rule

from switchboard.domain.errors import FilesUnavailable
from switchboard.domain.ticket import USER_SUBJECT, Upload
from tests.property.test_conversation_machine import Conversation
from tests.unit.conversation import DeskInMemory
from userchat.files import digest
from userchat.send_message import Accepted


class DeskWithFiles(DeskInMemory):
    """Each text with an even number comes with a file that holds it."""

    def send(self, text: str, **fields: object) -> Accepted:
        if int(text.rpartition(" ")[2]) % 2:
            return super().send(text, **fields)
        files = (Upload(f"{text}.txt", "text/plain", text.encode()),)
        return super().send(text, files=files, files_digest=digest(files), **fields)


class ConversationWithFiles(Conversation):
    @initialize(drops_message_ids=st.booleans(), search_lag=st.sampled_from([0, 5]))
    def begin(self, drops_message_ids: bool, search_lag: int) -> None:
        super().begin(drops_message_ids, search_lag)
        self.desk = DeskWithFiles(drops_message_ids=drops_message_ids)
        self.desk.zammad.search_lag_ms = search_lag * 1000

    @rule(broken=st.booleans())
    def a_worker_finds_the_file_store_broken(self, broken: bool) -> None:
        self.desk.files.broken = broken
        if self.desk.queue.jobs:
            self.desk.run(self.desk.queue.jobs[0])
        self.desk.files.broken = False

    @invariant()
    def each_file_is_with_its_message(self) -> None:
        """In the ticket an article has exactly its own file, with its bytes."""
        for ticket in self.desk.zammad.tickets.values():
            for article in ticket.articles:
                if article.subject == USER_SUBJECT:
                    bytes_there = [self.desk.zammad.files[f.id] for f in article.attachments]
                    own = [] if int(article.body[5:]) % 2 else [article.body.encode()]
                    assert bytes_there == own

    @invariant()
    def each_file_can_be_had(self) -> None:
        """Every file the chat shows is in the ticket or in the store."""
        if self.sent:
            for message in self._chat().messages:
                for file in message.attachments:
                    where = self.desk.zammad.files if file.source_id else self.desk.files.stored
                    assert (file.source_id or file.stored_key) in where

    def teardown(self) -> None:
        super().teardown()
        if not hasattr(self, "desk") or not self.sent:
            return
        shown = [f for m in self._chat().messages for f in m.attachments]
        assert all(file.source_id and not file.stored_key for file in shown)
        assert len({file.id for file in shown}) == len(shown) == len(self.sent) // 2

    def _set(self, faults: list[object], crash_at: int | None) -> None:  # type: ignore[override]
        super()._set(faults, crash_at)  # type: ignore[arg-type]
        self.desk.files.before_call = self.desk.zammad.before_call

    def _calm(self) -> None:
        super()._calm()
        self.desk.files.before_call = lambda call: None


TestConversationWithFiles = ConversationWithFiles.TestCase
TestConversationWithFiles.settings = settings(
    max_examples=100,
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
