"""JSON shapes: the same record for REST (names as strings) and for webhooks (people as objects).

Pure functions from records to dictionaries; callers hold the store's lock.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from zammad_simulator.model import (
    ARTICLE_TYPES,
    PRIORITIES,
    ROLE_NAMES,
    Article,
    Group,
    Ticket,
    User,
)
from zammad_simulator.settings import AUTOMATIC_SUBJECT

Json = dict[str, Any]


def timestamp(moment: datetime | None) -> str | None:
    """ISO-8601 in UTC with milliseconds and `Z`; null stays null."""
    return (
        None if moment is None else moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    )


def user_json(user: User, group_ids: list[int]) -> Json:
    """A user as `/users` shows it; agents have full access to every group."""
    return {
        "id": user.id,
        "login": user.login,
        "firstname": user.firstname,
        "lastname": user.lastname,
        "email": user.email,
        "active": True,
        "organization_id": None,
        "role_ids": list(user.role_ids),
        "group_ids": {str(group): ["full"] for group in group_ids} if user.is_agent else {},
        "preferences": {},
        "created_at": timestamp(user.created_at),
        "updated_at": timestamp(user.created_at),
    }


def group_json(group: Group) -> Json:
    """A group as `/groups` shows it."""
    return {
        "id": group.id,
        "name": group.name,
        "name_last": group.name,
        "active": True,
        "follow_up_possible": "yes",
        "follow_up_assignment": True,
        "note": None,
        "created_at": timestamp(group.created_at),
        "updated_at": timestamp(group.created_at),
    }


def ticket_json(ticket: Ticket) -> Json:
    """A ticket with ids, as GET, POST and PUT answer without `expand`."""
    first = ticket.articles[0] if ticket.articles else None
    return {
        "id": ticket.id,
        "group_id": ticket.group.id,
        "priority_id": ticket.priority_id,
        "state_id": ticket.state_id,
        "organization_id": None,
        "number": ticket.number,
        "title": ticket.title,
        "owner_id": ticket.owner.id,
        "customer_id": ticket.customer.id,
        "note": None,
        "close_at": timestamp(ticket.close_at),
        "article_count": len(ticket.articles) or None,
        "article_ids": [article.id for article in ticket.articles],
        "create_article_type_id": first.type_id if first else None,
        "create_article_sender_id": first.sender_id if first else None,
        "preferences": dict(ticket.preferences),
        "created_by_id": ticket.creator.id,
        "updated_by_id": ticket.updated_by.id,
        "created_at": timestamp(ticket.created_at),
        "updated_at": timestamp(ticket.updated_at),
        **ticket.attributes,
    }


def expanded_ticket_json(ticket: Ticket) -> Json:
    """A ticket with ids and names, as `?expand=true` answers."""
    return {
        **ticket_json(ticket),
        "group": ticket.group.name,
        "state": ticket.state,
        "priority": PRIORITIES[ticket.priority_id],
        "owner": ticket.owner.login,
        "customer": ticket.customer.login,
        "created_by": ticket.creator.login,
        "updated_by": ticket.updated_by.login,
    }


def article_json(article: Article) -> Json:
    """An article as REST shows it: `created_by` is a login, an attachment's `size` a string."""
    return {
        "id": article.id,
        "ticket_id": article.ticket_id,
        "type_id": article.type_id,
        "sender_id": article.sender_id,
        "from": article.from_,
        "to": article.to,
        "cc": None,
        "subject": article.subject,
        "reply_to": None,
        "message_id": article.message_id,
        "in_reply_to": None,
        "content_type": article.content_type,
        "body": article.body,
        "internal": article.internal,
        "preferences": dict(article.preferences),
        "created_by_id": article.author.id,
        "updated_by_id": (article.updated_by or article.author).id,
        "created_at": timestamp(article.created_at),
        "updated_at": timestamp(article.updated_at),
        "attachments": attachments_json(article),
        "type": ARTICLE_TYPES[article.type_id],
        "sender": article.sender,
        "created_by": article.author.login,
        "updated_by": (article.updated_by or article.author).login,
    }


def author_of(article: Article) -> str:
    """Who speaks: user, bot (the bridge's automatic texts), adviser or system."""
    if article.sender != "Agent":
        return "user" if article.sender == "Customer" else "system"
    return "bot" if article.subject == AUTOMATIC_SUBJECT else "adviser"


def article_note(article: Article, *, is_first: bool) -> Json:
    """That there is an article, without what it says; `at` in seconds since the epoch."""
    return {
        "id": article.id,
        "ticket_id": article.ticket_id,
        "at": article.created_at.timestamp(),
        "author": author_of(article),
        "opens": is_first,
        "internal": article.internal,
        "files": len(article.attachments),
    }


def attachments_json(article: Article) -> list[Json]:
    """The files of an article without their content."""
    return [
        {
            "id": file.id,
            "filename": file.filename,
            "size": str(len(file.data)),
            "preferences": dict(file.preferences),
        }
        for file in article.attachments
    ]


def webhook_user(user: User) -> Json:
    """A person in a webhook: no preferences, no group rights."""
    return {
        "active": True,
        "created_at": timestamp(user.created_at),
        "email": user.email,
        "firstname": user.firstname,
        "id": user.id,
        "lastname": user.lastname,
        "login": user.login,
        "organization_id": None,
        "role_ids": list(user.role_ids),
        "roles": [ROLE_NAMES[role] for role in user.role_ids],
        "updated_at": timestamp(user.created_at),
    }


def webhook_ticket(ticket: Ticket) -> Json:
    """The `ticket` part of a payload: state and priority names, people and group as objects, keys
    sorted.
    """
    people = {
        "owner": webhook_user(ticket.owner),
        "customer": webhook_user(ticket.customer),
        "created_by": webhook_user(ticket.creator),
        "updated_by": webhook_user(ticket.updated_by),
    }
    record = {
        **expanded_ticket_json(ticket),
        **people,
        "article_count": len(ticket.articles),
        "group": group_json(ticket.group),
        "organization": {},
    }
    return dict(sorted(record.items()))


def webhook_article(article: Article, base_url: str) -> Json:
    """The `article` part of a payload: the author as an object, attachments with a download
    address.
    """
    path = f"{base_url}/api/v1/ticket_attachment/{article.ticket_id}/{article.id}"
    files: list[Json] = [
        {**file, "url": f"{path}/{file['id']}"} for file in attachments_json(article)
    ]
    record = {
        **article_json(article),
        "accounted_time": 0,
        "attachments": files,
        "created_by": webhook_user(article.author),
        "updated_by": webhook_user(article.updated_by or article.author),
    }
    return dict(sorted(record.items()))
