"""What the journal leaves out of texts (contracts/chatbot.md, "Journal and limits")."""

from __future__ import annotations

import json

import pytest

from switchboard.domain.journal import MOST_CHARACTERS, redacted


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ('{"password" : "x"}', '{"password" : "[redacted]"}'),
        ('{"password":"a\\"b c", "n": 1}', '{"password":"[redacted]", "n": 1}'),
        ('{"password": 12345678}', '{"password": [redacted]}'),
        ('{"apiKey":"x"}', '{"apiKey":"[redacted]"}'),
        ('{"api_key":"x"}', '{"api_key":"[redacted]"}'),
        ('{"token":"x"}', '{"token":"[redacted]"}'),
        ('{"client_secret":"x"}', '{"client_secret":"[redacted]"}'),
        ('{"Authorization":"Token abc"}', '{"Authorization":"[redacted]"}'),
        ("{'password': 'x y'}", "{'password': '[redacted]'}"),
        ("Password: hunter2secret", "Password: [redacted]"),
        ("My Passwort: geheim#Wort, danke", "My Passwort: [redacted], danke"),
        ("password=hunter2", "password=[redacted]"),
        ("https://a.example/?token=abc&page=2", "https://a.example/?token=[redacted]&page=2"),
        ("X-Api-Key: abc123def", "X-Api-Key: [redacted]"),
        ("Authorization: Token abc", "Authorization: Token [redacted]"),
    ],
)
def test_named_secrets_are_left_out(text: str, kept: str) -> None:
    """In JSON however it is spaced, in JSON within a text, and as people write them."""
    assert redacted(text) == kept
    quoted = redacted(json.dumps({"content": text}))
    assert json.loads(quoted)["content"].count("[redacted]") == 1


@pytest.mark.parametrize(
    "text",
    [
        "the token is valid",
        "Passwort vergessen?",
        "I forgot my password: what now?",
        "Password: forgotten",
        "A password: 8-20 characters",
        "The secret: 3 eggs",
        "Is a token needed? Authorization: required.",
        '{"total_tokens": 12345, "token": null, "password": ""}',
        '{"max_completion_tokens": "2048"}',
    ],
)
def test_prose_is_left_alone(text: str) -> None:
    """A word about passwords is none."""
    assert redacted(text) == text


@pytest.mark.parametrize("part", ["password=", "password:", 'token":"\\', "x", '\\"', "secret: a"])
def test_long_texts_are_read_to_their_end(part: str) -> None:
    """Repeated beginnings of a secret are no reason to lose the record."""
    text = part * (MOST_CHARACTERS // len(part))
    assert len(redacted(text)) <= 2 * MOST_CHARACTERS
