"""One job of the queue. Each can be run again at any time: what is done is seen and left."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace

from switchboard.domain.articles import known_articles, try_again
from switchboard.domain.chat import Chat, Sender, is_held
from switchboard.domain.directory import Region
from switchboard.domain.errors import (
    Busy,
    ChatNotFound,
    HelpDeskRefused,
    Misconfigured,
    TicketGone,
)
from switchboard.domain.ids import MessageId
from switchboard.domain.jobs import ArticleJob, ConsentJob, EraseTicketJob, Job, MessageJob
from switchboard.domain.notes import brief_key, note_key, translation_key
from switchboard.ports.chats import ChatRepository
from switchboard.ports.clock import Clock
from switchboard.ports.directory import DirectoryRepository
from switchboard.ports.zammad import ZammadConnector
from switchboard.usecases.changing import change
from switchboard.usecases.consent import ConsentDelivery
from switchboard.usecases.delivery import Delivery
from switchboard.usecases.refresh import Refresh
from worker.answering import AnswerQuestion, owed
from worker.erase_ticket import EraseTicket
from worker.posting import PostNotes
from worker.ticket_state import TicketMerged, WatchTicket
from worker.translating import Translating

PATIENCE_MS = 3_000
STEP_SECONDS = 0.05


@dataclass(frozen=True, slots=True)
class RunJob:
    directory: DirectoryRepository
    chats: ChatRepository
    zammad: ZammadConnector
    delivery: Delivery
    refresh: Refresh
    answers: AnswerQuestion
    clock: Clock
    translating: Translating

    def __call__(self, job: Job, holder: str) -> None:
        """Does the job, as `holder` of the leases it needs. A chat that was erased is no work.

        Raises `AppError`: whether it is worth another try is in its `retryable`.
        """
        slug = job.region if isinstance(job, EraseTicketJob) else job.chat.region
        region = self.directory.region(slug)
        if region is None:
            raise Misconfigured("The job's region does not exist.")
        with suppress(ChatNotFound):
            match job:
                case MessageJob():
                    self._message(region, job, holder)
                case ArticleJob():
                    self._article(region, job, holder)
                case ConsentJob():
                    self._consent(region, job, holder)
                case EraseTicketJob():
                    EraseTicket(self.zammad, self.clock)(region, job)

    def _message(self, region: Region, job: MessageJob, holder: str) -> None:
        chat = self._chat_with(job)
        if chat is None:
            return
        now = self.clock.now()
        chat = change(self.chats, chat, lambda c: try_again(c, job.message, now))
        chat = self._deliver(region, chat, job, holder)
        if chat.ended and job.message not in {m.id for m in chat.undelivered}:
            return
        try:
            if owed(chat, job.message)[0] is None:
                chat = self._await_delivery(region, chat, job, holder)
                chat = WatchTicket(self.chats, self.zammad, self.clock).if_due(region, chat)
            else:
                chat = self._answer(region, chat, job, holder)
            self._tell_consent(region, chat, holder)
            self._add_notes(region, chat, job.message)
        except TicketMerged:
            self._leave_merged(region, chat, holder)
        except TicketGone:
            change(self.chats, chat, lambda c: replace(c, ended=True))

    def _answer(self, region: Region, chat: Chat, job: MessageJob, holder: str) -> Chat:
        chat = self.answers.claim(chat, holder)
        try:
            chat = self.answers.prepare(region, chat, job.message)
            chat = self._await_delivery(region, chat, job, holder)
            return self.answers.post(region, chat, job.message, holder)
        except Exception:
            self.answers.release(chat, holder)
            raise

    def _add_notes(self, region: Region, chat: Chat, message_id: MessageId) -> None:
        """What advisers need beside the message: its translation, and a brief if it is theirs."""
        message = chat.message(message_id)
        if message is None:
            return
        chat = self.translating.note(region, chat, message)
        self.notes(region, chat, (note_key(message_id), brief_key(message_id)))

    def _leave_merged(self, region: Region, chat: Chat, holder: str) -> None:
        """Ends the chat; what came too late to be moved along goes to a new ticket.

        Raises `Busy` then, for one of it may be the job's message.
        """
        chat = self.refresh.leave_merged(region, chat)
        if chat.pending:
            self.delivery.deliver(region, chat, holder)
            raise Busy("What came after the merger has gone to another ticket.")

    @property
    def notes(self) -> PostNotes:
        return PostNotes(self.chats, self.zammad, self.clock)

    def _deliver(self, region: Region, chat: Chat, job: MessageJob, holder: str) -> Chat:
        """Brings what is pending to the ticket, unless another is just doing that."""
        try:
            return self.delivery.deliver(region, chat, holder)
        except Busy:
            return self._chat_with(job) or chat
        except HelpDeskRefused:
            stored = self._chat_with(job) or chat
            message = stored.message(job.message)
            if message is not None and message.is_pending:
                raise
            return stored

    def _await_delivery(self, region: Region, chat: Chat, job: MessageJob, holder: str) -> Chat:
        """The chat once the message is in its ticket: the user's own request is bringing it there.

        Raises `Busy` if that takes longer than a few seconds, `HelpDeskRefused` if Zammad will not
        have the message.
        """
        until = self.clock.now() + PATIENCE_MS
        while True:
            message = chat.message(job.message)
            if message is None or not message.is_pending:
                return self.delivery.files.release(chat, job.message)
            if message.refused:
                raise HelpDeskRefused
            if self.clock.now() >= until:
                chat = self.delivery.deliver(region, chat, holder)
                if chat.message(job.message) is None:
                    raise Busy
                return self.delivery.files.release(chat, job.message)
            self.clock.sleep(STEP_SECONDS)
            chat = self._chat_with(job) or chat

    def _chat_with(self, job: MessageJob) -> Chat | None:
        """The chat that holds the message: the job's, or a later one if its ticket was deleted."""
        key = job.chat
        while (chat := self.chats.get(key)) is not None:
            if chat.message(job.message) is not None:
                return chat
            key = replace(key, sequence=key.sequence + 1)
        return None

    def _consent(self, region: Region, job: ConsentJob, holder: str) -> None:
        """Raises `Busy` while a ticket is being opened: it may be opened with an older word."""
        chat = self.chats.get(job.chat)
        if chat is None or chat.ended:
            return
        if chat.ticket_id is None and is_held(chat.delivery, self.clock.now()):
            raise Busy
        self._tell_consent(region, chat, holder)

    def _tell_consent(self, region: Region, chat: Chat, holder: str) -> None:
        ConsentDelivery(self.chats, self.zammad, self.clock).deliver(region, chat, holder)

    def _article(self, region: Region, job: ArticleJob, holder: str) -> None:
        """Reads the ticket again; what is pending when that is over goes to a new one."""
        chat = self.chats.get(job.chat)
        if chat is None:
            return
        if not chat.ended:
            chat = self._read_again(region, chat, job)
        if chat.ended:
            self.delivery.deliver(region, chat, holder)

    def _read_again(self, region: Region, chat: Chat, job: ArticleJob) -> Chat:
        """Reads the ticket if it holds what the stored copy does not know yet.

        An adviser's answer is translated for a user of another language.
        """
        if job.article and job.article not in known_articles(chat):
            chat = self.refresh.now(region, chat)
        try:
            chat = self._take_over_state(region, chat, job)
            if job.article and not chat.ended:
                chat = self.translating.answer(region, chat, job.article)
                self.notes(region, chat, (translation_key(job.article),))
        except TicketMerged:
            return self.refresh.leave_merged(region, chat)
        except TicketGone:
            return change(self.chats, chat, lambda c: replace(c, ended=True))
        return chat

    def _take_over_state(self, region: Region, chat: Chat, job: ArticleJob) -> Chat:
        """What the webhook tells of the ticket: read, before anything but a note is made of it.

        A ticket that was closed before the user's newest message came is opened again, also for
        one that is on its way, and one that was merged away is left.
        """
        if chat.ended:
            return chat
        written_since = job.article > 0 and (
            bool(chat.pending)
            or any(
                m.sender is Sender.CUSTOMER and (m.article_id or 0) >= job.article
                for m in chat.messages
            )
        )
        swallows = job.closed and written_since
        if job.automatic_answers not in (None, chat.automatic_answers) or swallows:
            watch = WatchTicket(self.chats, self.zammad, self.clock)
            return watch.now(region, chat, opens=written_since)
        return change(self.chats, chat, lambda c: replace(c, closed=job.closed))
