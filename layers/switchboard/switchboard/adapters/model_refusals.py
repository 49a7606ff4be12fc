"""What a model server says of its failure, for operators: into the journal, never to a client.

The words may quote the prompt or our key, so a log line has the status alone.
"""

from __future__ import annotations

from typing import Any

from switchboard.domain.journal import redacted

MOST_WORDS = 300
"""Characters; servers have been seen to answer with whole pages."""


def provider_data(status: int, words: str, key: str = "") -> dict[str, Any]:
    """What a `ModelFailed` holds of it: HTTP status and words, without `key` or other secrets."""
    plain = words.replace(key, "[redacted]") if key else words
    plain = " ".join(redacted(plain).split())
    return {"provider_status": status, "provider_words": plain[:MOST_WORDS]}
