"""One model of the OpenAI protocol by its name, as the package asks for it."""

from __future__ import annotations

import openai
import pytest

from tests.functional import openai_world
from tests.functional.chatbot_world import HOST, KEY, PLATFORM, event
from tests.functional.openai_world import MODEL_HOST, OpenAiWorld

# Its fixtures are this module's too.
running, desk = openai_world.running, openai_world.desk


@pytest.mark.parametrize(
    ("host", "base", "name"),
    [
        (MODEL_HOST, "", "model_bot"),
        (HOST, "", "customer_support"),
        (PLATFORM, "/api/v1/chatbots/bot1", "customer_support"),
        (PLATFORM, "/workbench/CustomerSupport", "CustomerSupport"),
    ],
)
def test_the_bot_is_found_by_its_name(desk: OpenAiWorld, host: str, base: str, name: str) -> None:
    """`models.retrieve` gives what `models.list` does, in any spelling of the name."""
    with desk.client(host, base) as client:
        (listed,) = client.models.list().data
        assert client.models.retrieve(name) == listed


@pytest.mark.parametrize(
    "name", ["customer_support", "other_bot", "gpt-4o", "model_bot/x", "{model}"]
)
def test_any_other_model_does_not_exist(desk: OpenAiWorld, name: str) -> None:
    """Another bot's name, of this account or not, is a 404 in the protocol's own shape."""
    with desk.client() as client, pytest.raises(openai.NotFoundError) as caught:
        client.models.retrieve(name)
    assert caught.value.type == "invalid_request_error"
    assert caught.value.code == ("model_not_found" if "/" not in name else "chatbot_not_found")


def test_both_slash_forms_and_the_usual_refusals(
    desk: OpenAiWorld, caplog: pytest.LogCaptureFixture
) -> None:
    """As every route: a key is needed, POST is a 405, and the log shows no name of a client's."""
    path = "/v1/models/model_bot"
    for written in (path, f"{path}/"):
        answer = desk.world.send(event("GET", written, host=MODEL_HOST, key=KEY))
        assert (answer.status, answer.document["id"]) == (200, "model_bot")
    assert desk.world.send(event("GET", path, host=MODEL_HOST)).status == 401
    refused = desk.world.send(event("POST", path, host=MODEL_HOST, key=KEY, body={}))
    assert (refused.status, refused.headers["Allow"]) == (405, "GET, OPTIONS")
    desk.world.send(event("GET", "/v1/models/canary", host=MODEL_HOST, key=KEY))
    assert "canary" not in caplog.text
    assert {getattr(r, "route", None) for r in caplog.records} == {"/v1/models/{model}"}
