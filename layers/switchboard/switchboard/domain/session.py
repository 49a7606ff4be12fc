"""A chatbot's session: the turns taken with one session key. A turn never changes once stored."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from switchboard.domain.conversation import (
    ChatMessage,
    Role,
    ToolOffer,
    Usage,
    message_tokens,
)
from switchboard.domain.ids import ChatbotId, SessionKey, hex_digest

TTL_SECONDS = 30 * 86_400
STORED_TOKENS = 60_000
"""About 240 KB of text in one turn: with its JSON frame well below DynamoDB's 400 KB per item."""
HANDED_OVER = "An adviser will go on with you here."
"""Said to an API's client for a bot that hands over without a word. English: nobody tells the
language of a session, and no field of the manifest has words for it."""
DIGEST_LENGTH = 32
"""Hexadecimal digits that a session's turns have in common at the beginning of their keys."""


@dataclass(frozen=True, slots=True)
class SessionId:
    """A session key means nothing without the chatbot: at another bot it is another session."""

    chatbot: ChatbotId
    key: SessionKey

    @property
    def digest(self) -> str:
        """What names the session where its key, which opens it, must not be seen."""
        return hex_digest(f"{self.chatbot}#{self.key}")[:DIGEST_LENGTH]

    def turn_key(self, token: str) -> str:
        """The key of a turn of this session, made from 64 random hexadecimal digits."""
        return self.digest + token[DIGEST_LENGTH:]


@dataclass(frozen=True, slots=True)
class Source:
    """A page an answer rests on."""

    url: str
    title: str


@dataclass(frozen=True, slots=True)
class ToolUse:
    """A tool call that ran; plugin name and class are empty for a built-in function.

    `error` names what went wrong, for the log; the model was told in its own words.
    """

    function: str
    arguments: str
    plugin: str = ""
    plugin_class: str = ""
    error: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a chatbot answered and how it came to it.

    `messages` are the turn's, after the user's own and up to the answer itself. With
    `hands_off` the bot wants a human to go on. `plugins` took part, `terms_matched` of them
    because of a search term. `requests` holds what was sent to the model, round by round, and
    only for a bot whose manifest asks for diagnostics. `provider` and `model` are what gave the
    answer, not always what the manifest names first.
    """

    text: str
    messages: tuple[ChatMessage, ...]
    sources: tuple[Source, ...] = ()
    tool_calls: tuple[ToolUse, ...] = ()
    usage: Usage = field(default_factory=Usage)
    hands_off: bool = False
    model: str = ""
    provider: str = ""
    finish_reason: str = "stop"
    plugins: tuple[tuple[str, str], ...] = ()
    terms_matched: tuple[str, ...] = ()
    tools: tuple[ToolOffer, ...] = ()
    requests: tuple[tuple[ChatMessage, ...], ...] = ()

    def with_closing_word(self) -> Answer:
        """The same; a hand-over without a word gets one, as text and as the last message."""
        if self.text or not self.hands_off:
            return self
        closing = ChatMessage(Role.ASSISTANT, HANDED_OVER)
        return replace(self, text=HANDED_OVER, messages=(*self.messages, closing))


@dataclass(frozen=True, slots=True)
class TurnRequest:
    """What a client asks of a session; `messages` end with the user's own.

    `key` names the turn to operators. `begins` is set when the session key was just made, so
    that there is nothing to read. `deadline` is in the clock's milliseconds.
    """

    key: str
    session_key: SessionKey
    messages: tuple[ChatMessage, ...]
    deadline: int
    begins: bool = False


@dataclass(frozen=True, slots=True)
class Turn:
    """One exchange: the user's message, what the bot did, its answer.

    `asked_at` is in milliseconds and orders the session. `key` names the turn to operators.
    `terms_matched` are the plugins that a search term called, in this turn or before: so an
    old message keeps its effect when it is no longer read. The first turn may begin with the
    messages a client brought along. `ms` is how long it took, `model` what answered. `tools` are
    the calls as (function, error), in order.
    """

    key: str
    asked_at: int
    messages: tuple[ChatMessage, ...]
    usage: Usage = field(default_factory=Usage)
    plugins: tuple[str, ...] = ()
    terms_matched: tuple[str, ...] = ()
    model: str = ""
    ms: int = 0
    tools: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Session:
    """The newest turns, oldest first; `last_at` is when the newest was asked, expired or not."""

    turns: tuple[Turn, ...] = field(default=())
    last_at: int = 0

    def next_time(self, now: int) -> int:
        """The time to file a turn under: after every turn it has seen, whatever the clocks say."""
        return max(now, self.last_at + 1)


def fit_to_store(turn: Turn) -> Turn:
    """The turn, without its oldest messages before the answer if it is too large to store.

    Left out are whole rounds: first what a client brought along, then tool calls with their
    results. The user's message and the answer always stay.
    """
    size = sum(map(message_tokens, turn.messages))
    messages = list(turn.messages)
    while size > STORED_TOKENS:
        cut = _oldest_round(messages)
        if not cut:
            break
        size -= sum(message_tokens(messages[place]) for place in cut)
        messages = [message for place, message in enumerate(messages) if place not in cut]
    return replace(turn, messages=tuple(messages))


def _oldest_round(messages: list[ChatMessage]) -> list[int]:
    """Places of the oldest message that may go, with the results that belong to it."""
    users = [place for place, message in enumerate(messages) if message.role is Role.USER]
    question, last = users[-1], len(messages) - 1
    start = 0 if question > 0 else 1
    if start >= last:
        return []
    end = start + 1
    while end < last and messages[end].role is Role.TOOL:
        end += 1
    return list(range(start, end))
