"""The records a Zammad keeps: users, tickets, articles, attachments, and its fixed lists of names
and ids.

Plain data. Rendering is in `render`, rules for writing are in `store`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

STATES = {1: "new", 2: "open", 3: "pending reminder", 4: "closed", 5: "merged", 6: "pending close"}
PRIORITIES = {1: "1 low", 2: "2 normal", 3: "3 high"}
SENDERS = {1: "Agent", 2: "Customer", 3: "System"}
ARTICLE_TYPES = {
    1: "email",
    2: "sms",
    3: "chat",
    4: "fax",
    5: "phone",
    6: "twitter status",
    7: "twitter direct-message",
    8: "facebook feed post",
    9: "facebook feed comment",
    10: "note",
    11: "web",
}
SYSTEM_USER_ID = 1
ROLE_NAMES = {1: "Admin", 2: "Agent", 3: "Customer"}


@dataclass(frozen=True)
class User:
    """A person or service known to the help desk. Role ids: 1 admin, 2 agent, 3 customer."""

    id: int
    login: str
    firstname: str
    lastname: str
    email: str
    role_ids: tuple[int, ...]
    created_at: datetime

    @property
    def name(self) -> str:
        """First and last name as shown in an article's `from`."""
        return f"{self.firstname} {self.lastname}".strip()

    @property
    def is_agent(self) -> bool:
        """Whether the user may work on tickets."""
        return 1 in self.role_ids or 2 in self.role_ids

    @property
    def is_admin(self) -> bool:
        """Whether the user may delete tickets and read the object manager."""
        return 1 in self.role_ids


@dataclass(frozen=True)
class Group:
    """A group tickets belong to."""

    id: int
    name: str
    created_at: datetime


@dataclass(frozen=True)
class Attachment:
    """A stored file. `preferences` holds `Mime-Type` (REST upload) or `Content-Type` (adviser's
    page).
    """

    id: int
    filename: str
    data: bytes
    preferences: dict[str, str]

    @property
    def content_type(self) -> str:
        """The stored type, whichever key holds it."""
        return (
            self.preferences.get("Content-Type")
            or self.preferences.get("Mime-Type")
            or "application/octet-stream"
        )


@dataclass
class Article:
    """One message in a ticket."""

    id: int
    ticket_id: int
    type_id: int
    sender_id: int
    author: User
    created_at: datetime
    updated_at: datetime
    body: str = ""
    content_type: str = "text/plain"
    subject: str | None = None
    from_: str | None = None
    to: str | None = None
    message_id: str | None = None
    internal: bool = False
    preferences: dict[str, object] = field(default_factory=dict)
    attachments: list[Attachment] = field(default_factory=list)
    updated_by: User | None = None

    @property
    def sender(self) -> str:
        """The sender's name: Agent, Customer or System."""
        return SENDERS[self.sender_id]


@dataclass
class Ticket:
    """A ticket with its custom attributes; `unread` is the mark on the adviser's page, not part of
    Zammad's API.
    """

    id: int
    title: str
    group: Group
    customer: User
    owner: User
    creator: User
    updated_by: User
    created_at: datetime
    updated_at: datetime
    state_id: int = 1
    priority_id: int = 2
    close_at: datetime | None = None
    preferences: dict[str, object] = field(default_factory=dict)
    attributes: dict[str, object] = field(default_factory=dict)
    articles: list[Article] = field(default_factory=list)
    unread: bool = False

    @property
    def number(self) -> str:
        """The number people quote: a prefix and the id."""
        return f"82{self.id:04d}"

    @property
    def state(self) -> str:
        """The state's name."""
        return STATES[self.state_id]


@dataclass(frozen=True)
class Change:
    """A write that triggers look at: an article, or (article_id None) only attributes."""

    ticket_id: int
    article_id: int | None
    ticket_created: bool
    subject: str
