"""Downloading a file of the device's current chat, and of no other."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import NamedTuple
from urllib.parse import quote

from switchboard.domain.chat import Attachment, Chat, Message
from switchboard.domain.directory import Region
from switchboard.domain.errors import (
    AttachmentNotFound,
    HelpDeskRefused,
    HelpDeskUnavailable,
    TicketGone,
)
from switchboard.domain.ids import DeviceHash
from switchboard.ports.chats import ChatRepository
from switchboard.ports.clock import Clock
from switchboard.ports.files import LENT, FileStore
from switchboard.ports.zammad import ZammadConnector

MOST_BYTES = 4_500_000
"""What fits, as base64, into the answer of one Lambda invocation."""
_TYPE = re.compile(r"[a-z0-9.+-]{1,60}/[a-z0-9.+-]{1,80}", re.ASCII | re.IGNORECASE)


class Download(NamedTuple):
    """The bytes, or, if they are too many for one answer, the `address` to get them at.

    `size` is told where the bytes were not asked for, if it is known.
    """

    content_type: str
    disposition: str
    data: bytes = b""
    address: str = ""
    size: str = ""


@dataclass(frozen=True, slots=True)
class ReadAttachment:
    chats: ChatRepository
    zammad: ZammadConnector
    files: FileStore
    clock: Clock

    def __call__(self, region: Region, device: DeviceHash, attachment_id: str) -> Download:
        """Raises `AttachmentNotFound`, one answer for all that is not the chat's.

        Raises `HelpDeskUnavailable` or `HelpDeskRefused` if Zammad has the file and gives no
        answer, `FilesUnavailable` if it is ours and the store fails.
        """
        attachment, data = self._read(region, device, attachment_id)
        download = _download(attachment, data)
        if len(data) <= MOST_BYTES:
            return download
        key = f"{LENT}{device}/{attachment.id}"
        self.files.put(key, data, download.content_type, download.disposition)
        return download._replace(data=b"", address=self.files.address(key))

    def look(self, region: Region, device: DeviceHash, attachment_id: str) -> Download:
        """As a call, without the bytes: nobody but the storage of chats is asked."""
        _, attachment = _find(self._chat(region, device), attachment_id)
        size = attachment.size if attachment.size.isascii() and attachment.size.isdigit() else ""
        return _download(attachment, b"")._replace(size=size)

    def _chat(self, region: Region, device: DeviceHash) -> Chat:
        chat = self.chats.current(region.slug, device)
        if chat is None or chat.is_over(self.clock.now(), region.retention_days):
            raise AttachmentNotFound
        return chat

    def _read(
        self, region: Region, device: DeviceHash, attachment_id: str
    ) -> tuple[Attachment, bytes]:
        """A file may go from our store to Zammad while it is asked for: then it is found there."""
        for _ in range(2):
            chat = self._chat(region, device)
            message, attachment = _find(chat, attachment_id)
            if attachment.source_id:
                return attachment, self._from_zammad(region, chat, message, attachment)
            data = self.files.load(attachment.stored_key) if attachment.stored_key else None
            if data is not None:
                return attachment, data
        raise AttachmentNotFound

    def _from_zammad(
        self, region: Region, chat: Chat, message: Message, attachment: Attachment
    ) -> bytes:
        if chat.ticket_id is None or message.article_id is None:
            raise AttachmentNotFound
        try:
            gateway = self.zammad.for_region(region)
            return gateway.download(chat.ticket_id, message.article_id, attachment.source_id)
        except TicketGone:
            raise AttachmentNotFound from None
        except HelpDeskUnavailable as error:
            raise HelpDeskUnavailable(HelpDeskRefused.detail, **error.data) from None


def _download(attachment: Attachment, data: bytes) -> Download:
    media_type = attachment.content_type.partition(";")[0].strip()
    kind = media_type if _TYPE.fullmatch(media_type) else "application/octet-stream"
    return Download(kind, _disposition(attachment.filename), data)


def _find(chat: Chat, attachment_id: str) -> tuple[Message, Attachment]:
    for message in chat.messages:
        for attachment in message.attachments:
            if attachment.id == attachment_id:
                return message, attachment
    raise AttachmentNotFound


def _disposition(filename: str) -> str:
    """To be saved, not shown: the name as RFC 5987 wants it, after a plain one for old clients."""
    plain = re.sub(r"[^-A-Za-z0-9_.() ]", "_", filename).strip() or "file"
    exact = quote(filename.encode("utf-8", "replace"), safe="!#$&+-.^_`|~")
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{exact}"
