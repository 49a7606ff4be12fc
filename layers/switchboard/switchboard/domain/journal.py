"""What is kept of an invocation of a chatbot, so that an operator can see what happened.

A turn of a session is its own record; everything else leaves an `Entry`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from switchboard.domain.conversation import Usage
from switchboard.domain.ids import ChatbotId

MOST_CHARACTERS = 30_000
"""Of a request or a response; both together, in UTF-8, stay below DynamoDB's 400 KB per item."""
_SECRET = re.compile(
    r"""\bsb_[A-Za-z0-9]+_[A-Za-z0-9_-]+            # our API keys
      | \bsk-[A-Za-z0-9_-]{16,}                     # those of model providers
      | \b(?:AKIA|ASIA)[A-Z0-9]{16}\b               # AWS access keys
      | \bgh[pousr]_[A-Za-z0-9]{20,} | \bxox[abpr]-[A-Za-z0-9-]{10,}
      | \beyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*            # JSON Web Tokens
      | (?i:(?<=bearer\s)|(?<=token\s)|(?<=basic\s))[A-Za-z0-9+/=._~-]{16,}
      | (?P<name>(?i:
            (?:password|passwd|passwort|kennwort|secret|api[_-]?key|token|authorization)
            (?:                                     # in JSON, also in a text of JSON's
                "\s*:\s*" | '\s*:\s*' | \\*["']\s*:\s*(?=[0-9]{4})
              | \\+"\s*:\s*\\+"
              | \s?=\s?                             # in a text
              | \s?:\s?(?=[^\s"'\\,;]{6})(?=[^\s"'\\,;]{0,99}[0-9@\#$%^&*_+~])
            )
          | authorization\s?[:=]\s?(?:token|bearer|basic|digest)\s))
        (?:(?<=")(?<!\\")(?:[^"\\]|\\.)+ | (?<=\\")[^"\\]+ | (?<=')[^']+ | [^\s"'\\,;&}]+)""",
    re.VERBOSE,
)
"""A word after a colon counts only if it looks like no word: `Password: forgotten` is prose."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One invocation. `at` and `ms` in milliseconds: when it began and how long it took.

    `request` and `response` are what came and went, redacted; `tools` are calls as (function,
    error). `code` is empty if it succeeded; `reason` is what the model's server said if it did not.
    """

    key: str
    at: int
    chatbot: ChatbotId
    route: str
    status: int
    ms: int
    request: str
    response: str
    code: str = ""
    reason: str = ""
    model: str = ""
    usage: Usage = field(default_factory=Usage)
    plugins: tuple[str, ...] = ()
    tools: tuple[tuple[str, str], ...] = ()


def redacted(text: str) -> str:
    """The text without what looks like a password or a key, cut if it is very long."""
    if len(text) > MOST_CHARACTERS:
        text = f"{text[:MOST_CHARACTERS]}\n[The rest was left out.]"
    return _SECRET.sub(lambda found: f"{found['name'] or ''}[redacted]", text)
