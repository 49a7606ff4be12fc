"""What a simulated Zammad is told at its start: address, tokens, groups, attributes, webhooks,
faults.

Only plain, immutable values live here. Nothing in this module keeps state or opens a socket.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

AttributeKind = Literal["boolean", "string"]
FaultKind = Literal["drop", "slow", "error", "html", "maintenance", "answer_lost"]

AUTOMATIC_SUBJECT = "automatically generated message"


@dataclass(frozen=True)
class TicketAttribute:
    """A custom ticket attribute, as an operator adds it in Zammad's object manager."""

    name: str
    kind: AttributeKind
    default: bool | str | None = None


DEFAULT_ATTRIBUTES = (
    TicketAttribute("automatic_answers", "boolean", True),
    TicketAttribute("evaluation_consent", "boolean", False),
    TicketAttribute("initial_response_sent", "boolean", False),
    TicketAttribute("region_slug", "string"),
    TicketAttribute("language_slug", "string"),
)


@dataclass(frozen=True)
class Upload:
    """A file the adviser attaches; Zammad's own page stores its type as `Content-Type`."""

    filename: str
    data: bytes
    content_type: str = "application/octet-stream"


@dataclass(frozen=True)
class Webhook:
    """A trigger with a webhook action.

    `skip_automatic` is the condition "article subject contains not automatically generated
    message". `on_create` also fires for the article that came with a new ticket (Zammad: action is
    created). `on_attribute_change` fires with `article: {}` when a ticket changed without an
    article. `copies` above one imitates several triggers for one article: each copy has its own
    delivery id. `custom_payload` replaces the default payload. `content_type` may leave out the
    charset, as older servers do.
    """

    url: str
    signature_token: str | None = None
    bearer_token: str | None = None
    basic_auth: tuple[str, str] | None = None
    trigger_name: str = "Send article to chat bridge"
    skip_automatic: bool = True
    on_create: bool = False
    on_attribute_change: bool = True
    copies: int = 1
    custom_payload: Mapping[str, object] | None = None
    content_type: str = "application/json; charset=utf-8"


@dataclass(frozen=True)
class Fault:
    """A fault for REST calls (paths under `/api/`), the page and the control API stay healthy.

    drop: the connection ends without an answer. slow: waits `seconds`, then goes on (combines with
    another fault). error: `status` with Zammad's JSON error (`message` instead of the default
    text). html: `status` (502 when left at 500) with a proxy's HTML page. maintenance: 403.
    answer_lost: the call is carried out, then the connection ends. `times` limits how many calls
    are hit; `method` and `path` are regular expressions (full match, search).
    """

    kind: FaultKind
    status: int = 500
    message: str | None = None
    seconds: float = 0.0
    times: int | None = None
    method: str | None = None
    path: str | None = None


@dataclass(frozen=True)
class SimulatorSettings:
    """Everything fixed at start. Times are seconds; `time_scale` stretches or shrinks only the
    waits between retries.

    `powerless_tokens` belong to a known user without `ticket.agent`. `bridge_is_admin` off makes
    the server refuse to let the bridge delete tickets or list object attributes, as a token with
    only `ticket.agent` is refused. `welcome_messages` maps a `language_slug` (or `*`) to the text
    of an operator's welcome trigger. `frame_ancestors` are origins whose pages may show the
    adviser's page in a frame.
    """

    host: str = "127.0.0.1"
    port: int = 0
    bridge_token: str = "bridge-token"  # noqa: S105 - for tests and laptops
    agent_token: str = "agent-token"  # noqa: S105
    bridge_login: str = "chat-bridge@example.org"
    agent_login: str = "ayla@example.org"
    agent_name: tuple[str, str] = ("Ayla", "Beispiel")
    groups: tuple[str, ...] = ("integreat-chat",)
    custom_attributes: tuple[TicketAttribute, ...] = DEFAULT_ATTRIBUTES
    drop_message_ids: bool = False
    expired_tokens: tuple[str, ...] = ()
    powerless_tokens: tuple[str, ...] = ()
    api_token_access: bool = True
    bridge_is_admin: bool = True
    search_lag: float = 0.0
    webhook_delay: float = 0.0
    webhook_workers: int = 1
    time_scale: float = 1.0
    open_timeout: float = 4.0
    read_timeout: float = 30.0
    welcome_messages: Mapping[str, str] = field(default_factory=dict)
    welcome_subject: str = ""
    frame_ancestors: tuple[str, ...] = ()
