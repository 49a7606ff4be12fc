"""`request_human()`: ends the turn as a hand-over, after which a human goes on."""

from __future__ import annotations

from switchboard.adapters.plugin_kinds import Resources
from switchboard.domain.conversation import ToolOffer
from switchboard.domain.plugins import Tool

OFFER = ToolOffer(
    "request_human",
    "Hands this conversation over to a human adviser. Call it when the user asks for a person, "
    "when you cannot help, or when somebody may be in danger.",
    {"type": "object", "properties": {}, "required": []},
)


def tool(resources: Resources) -> Tool:
    """Needs nothing: what a hand-over means is its reader's business (`Answer.hands_off`)."""
    told = "An adviser has been told. Say so to the user in one sentence, in the user's language."
    return Tool(OFFER, lambda arguments, until: told, hands_off=True)
