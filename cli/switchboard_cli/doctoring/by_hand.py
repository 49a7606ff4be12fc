"""What a Zammad does not show over REST to a token like the bridge's, as what to set up."""

from __future__ import annotations

from collections.abc import Sequence

from switchboard.domain.ticket import AUTOMATIC_SUBJECT
from switchboard_cli.doctoring import remedies
from switchboard_cli.doctoring.findings import Report

TRIGGER = "Send article to chat bridge"


def explain_rest(url: str | None, webhook_url: str, report: Report) -> None:
    """`url` is the help desk's; `webhook_url` the stack's, without the region's token."""
    url = url or "https://zammad.example.org"
    endpoint = f"{webhook_url or '<output WebhookUrl of the stack>'}?token="
    report.unknown("webhook", "REST shows it to administrators only", _webhook(url, endpoint))
    report.unknown("trigger", "REST shows it to administrators only", _trigger(url))
    notifications = "Zammad, as the bridge's user: Avatar > Profile > Notifications: all off"
    report.unknown("bridge-notifications", "the bridge needs no mails", [notifications])
    schedulers = [
        "Zammad: Admin > Manage > Scheduler, in the group of the region:",
        "  close tickets after one month without contact of the customer;",
        "  delete tickets three months after they were closed.",
        "Zammad: Admin > Manage > Trigger, if wanted: a welcome for each language_slug.",
    ]
    report.unknown("schedulers", "optional: old chats end, and are deleted", schedulers)


def _webhook(url: str, endpoint: str) -> Sequence[str]:
    document = {
        "name": "Chat bridge",
        "endpoint": f"{endpoint}<webhookToken of the region>",
        "signature_token": "<webhookSecret of the region>",
        "ssl_verify": True,
        "customized_payload": False,
        "active": True,
    }
    return [
        "Zammad: Admin > Manage > Webhook > New Webhook:",
        f"  Endpoint: {endpoint}<webhookToken of the region>",
        "  HMAC SHA1 Signature Token: <webhookSecret of the region>",
        "  Zammad has to reach it; a laptop needs a tunnel, and then the endpoint is",
        "  https://<public address>/api/v3/webhook/zammad/?token=<webhookToken of the region>",
        *remedies.curl(url, "POST", "/webhooks", document),
    ]


def _trigger(url: str) -> Sequence[str]:
    condition = {
        "ticket.action": {"operator": "is", "value": "update"},
        "article.subject": {"operator": "contains not", "value": AUTOMATIC_SUBJECT},
    }
    document = {
        "name": TRIGGER,
        "activator": "action",
        "execution_condition_mode": "selective",
        "condition": condition,
        "perform": {"notification.webhook": {"webhook_id": "<id of the webhook>"}},
        "active": True,
    }
    return [
        "Zammad: Admin > Manage > Trigger > New Trigger:",
        "  Conditions: Action is updated",
        f"              Article > Subject contains not {AUTOMATIC_SUBJECT}",
        "  Execute changes on objects: Notification > Webhook > Chat bridge",
        *remedies.curl(url, "POST", "/triggers", document),
    ]
