"""The user's own files, from the request that brings them until Zammad has them.

They are stored before their message is accepted, read by whoever delivers it, and deleted by the
message's job, which runs after every delivery. What a crash leaves behind vanishes by itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

from switchboard.domain.chat import Attachment, Chat, Message
from switchboard.domain.errors import ChatNotFound, FilesUnavailable
from switchboard.domain.ids import DeviceHash, MessageId
from switchboard.domain.ticket import Upload
from switchboard.ports.chats import ChatRepository
from switchboard.ports.clock import IdSource
from switchboard.ports.files import PENDING, FileStore
from switchboard.usecases.changing import change


@dataclass(frozen=True, slots=True)
class StoredFiles:
    store: FileStore
    chats: ChatRepository
    ids: IdSource

    def keep(self, device: DeviceHash, files: Sequence[Upload]) -> tuple[Attachment, ...]:
        """Stores the files under random keys. Raises `FilesUnavailable`."""
        kept = []
        for file in files:
            key = f"{PENDING}{device}/{self.ids.token()}"
            self.store.put(key, file.data, file.content_type)
            kept.append(
                Attachment(
                    id=self.ids.token(),
                    source_id=0,
                    filename=file.filename,
                    size=str(len(file.data)),
                    content_type=file.content_type,
                    stored_key=key,
                )
            )
        return tuple(kept)

    def uploads(self, message: Message) -> tuple[tuple[Upload, ...], tuple[str, ...]]:
        """The message's files for Zammad, and the names of those that are gone.

        Raises `FilesUnavailable`.
        """
        found, gone = [], []
        for attachment in message.attachments:
            data = self.store.load(attachment.stored_key) if attachment.stored_key else None
            if data is None:
                gone.append(attachment.filename)
            else:
                found.append(Upload(attachment.filename, attachment.content_type, data))
        return tuple(found), tuple(gone)

    def release(self, chat: Chat, message_id: MessageId) -> Chat:
        """Deletes the message's files that Zammad has; the chat as stored without their keys.

        A file store that fails keeps nothing else from being done: it forgets them in time.
        """
        message = chat.message(message_id)
        keys = [a.stored_key for a in message.attachments if _is_done(a)] if message else []
        if not keys:
            return chat

        def released(stored: Chat) -> Chat:
            kept = stored.message(message_id)
            if kept is None:
                return stored
            files = tuple(
                replace(a, stored_key="") if a.stored_key in keys else a for a in kept.attachments
            )
            return stored.amend(message_id, attachments=files)

        with suppress(FilesUnavailable, ChatNotFound):
            self.store.delete(keys)
            return change(self.chats, chat, released)
        return chat


def _is_done(attachment: Attachment) -> bool:
    return bool(attachment.stored_key and attachment.source_id)
