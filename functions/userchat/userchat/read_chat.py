"""Reading the current chat: one read of the stored copy, and nothing else while it is fresh."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass

from switchboard.domain.chat import Chat, is_held
from switchboard.domain.directory import Region
from switchboard.domain.errors import ChatNotFound, QueueUnavailable
from switchboard.domain.ids import ArticleId, DeviceHash
from switchboard.domain.jobs import ArticleJob, ConsentJob, MessageJob
from switchboard.domain.notes import untranslated
from switchboard.ports.chats import ChatRepository
from switchboard.ports.clock import Clock
from switchboard.ports.queue import JobQueue
from switchboard.usecases.refresh import Refresh

OVERDUE_MS = 60_000


@dataclass(frozen=True, slots=True)
class ReadChat:
    chats: ChatRepository
    queue: JobQueue
    refresh: Refresh
    clock: Clock

    def __call__(self, region: Region, device: DeviceHash, holder: str) -> Chat:
        """The device's current chat. Raises `ChatNotFound` if there is none that is alive."""
        chat = self.chats.current(region.slug, device)
        if chat is None or chat.is_over(self.clock.now(), region.retention_days):
            raise ChatNotFound
        self._requeue_overdue(chat)
        stored, chat = chat, self.refresh.if_stale(region, chat, holder)
        if chat.synced_at > stored.synced_at:
            self._queue_untranslated(region, chat)
        if chat.ended:
            self._queue_pending(chat)
            raise ChatNotFound
        return chat

    def _queue_pending(self, chat: Chat) -> None:
        """Queues what goes on in a new ticket: nobody polls the chat any more."""
        for message in chat.undelivered[:1]:
            with suppress(QueueUnavailable):
                self.queue.send(MessageJob(chat.key, message.id), attempt="ended")

    def _queue_untranslated(self, region: Region, chat: Chat) -> None:
        """Queues advisers' answers that a refresh has found, should their webhooks be lost.

        A webhook's job is the same one, so that the queue takes it once in five minutes.
        """
        if chat.ticket_id is None or chat.language == region.default_language:
            return
        if not region.answers_automatically:
            return
        for message in untranslated(chat):
            article = message.article_id or ArticleId(0)
            job = ArticleJob(chat.key, chat.ticket_id, article, chat.automatic_answers, chat.closed)
            with suppress(QueueUnavailable):
                self.queue.send(job)

    def _requeue_overdue(self, chat: Chat) -> None:
        """Queues the message, or the consent, that has waited for minutes: its job may be lost.

        The queue takes it at most once in five minutes, and more seldom the longer it waits.
        """
        now = self.clock.now()
        waiting = (m for m in chat.messages if m.waits and now - m.created_at > OVERDUE_MS)
        overdue = next(waiting, None)
        if overdue is not None and not is_held(chat.delivery, now):
            waited = (now - overdue.created_at) // OVERDUE_MS
            again = f"again{waited.bit_length()}"
            with suppress(QueueUnavailable):
                self.queue.send(MessageJob(chat.key, overdue.id), attempt=again)
        waited = (now - chat.consent_at) // OVERDUE_MS
        if chat.owes_consent and waited and not is_held(chat.delivery, now):
            with suppress(QueueUnavailable):
                self.queue.send(ConsentJob(chat.key), attempt=f"again{waited.bit_length()}")
