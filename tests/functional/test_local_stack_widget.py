"""The local stack serves the chat's one file, so that a page on this machine can embed it."""

from __future__ import annotations

import requests

from tests.functional.echo_stack import echo_stack


def test_the_widget_is_served_as_it_is_built() -> None:
    """`/switchboard-chat.js` is the built file, in UTF-8 and never from a cache."""
    with echo_stack() as (stack, _):
        address = stack.url.replace("localhost", "127.0.0.1")
        answer = requests.get(f"{address}/switchboard-chat.js", timeout=10)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/javascript; charset=utf-8"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.text.startswith("/*! switchboard-chat")
