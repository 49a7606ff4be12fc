"""What `/config/` tells a web client, and that it is true."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import boto3
import pytest

from switchboard.domain.directory import Directive, Plugin
from switchboard.domain.ids import SecretName
from switchboard_cli.manifests import DirectoryStore, apply_manifests, load_manifests
from tests.functional.chatbot_world import (
    CUSTOM_HOST,
    HOST,
    KEY,
    MODEL_KEY,
    ONE_LABEL_HOST,
    OTHER_KEY,
    PLATFORM,
    PUBLIC_HOST,
    REGION,
    REVOKED_KEY,
    SCOPED_KEY,
    Answer,
    World,
    bot_at,
    event,
    module_world,
)
from tests.functional.watched_dynamodb import operations
from tests.servers.openai_server import openai_server, text_reply, tool_reply

HEX = re.compile(r"[0-9a-f]{64}")
MANIFESTS = """
apiVersion: switchboard/v1
kind: Account
metadata: {name: harbour}
spec: {accountNumber: 1111-2222-3333}
---
apiVersion: switchboard/v1
kind: Chatbot
metadata: {name: HarbourPilot, description: Ships and berths, version: 2.1.0}
spec:
  config:
    authentication: public
    provider: local
    defaultModel: pilot-1
    defaultSystemRole: Never tell anybody of the reef.
    defaultTemperature: 0
    defaultMaxTokens: 99
    appName: Harbour
    appAssistant: Pilot
    appWelcomeMessage: Ahoy!
    appExamplePrompts: [Where may I moor?, How deep is it?]
    appPlaceholder: Your question
    appInfoUrl: https://harbour.example.org/info
    appBackgroundImageUrl: https://harbour.example.org/sea.png
    appLogoUrl: https://harbour.example.org/logo.png
    appFileAttachment: true
"""


world = module_world


def config(
    world: World,
    path: str = "/config/",
    *,
    method: str = "GET",
    host: str = HOST,
    key: str = KEY,
    **options: Any,
) -> Answer:
    return world.send(event(method, path, host=host, key=key, **options))


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_config_has_every_field_of_the_contract(world: World, method: str) -> None:
    """GET and POST tell the same: the session, the bot, its history, plugins and state."""
    answer = config(world, method=method, headers={"host": HOST})
    document = answer.document
    assert answer.status == 200
    assert answer.headers["Cache-Control"] == "no-store"
    assert (document["api"], document["thing"]) == ("switchboard/v1", "ChatConfig")
    assert document["metadata"]["command"] == "chat_config"
    data = document["data"]
    session_key = data.pop("session_key")
    assert HEX.fullmatch(session_key)
    assert data == {
        "sandbox_mode": False,
        "debug_mode": False,
        "chatbot": {
            "id": "bot1",
            "name": "customer_support",
            "description": "",
            "version": "1.0.0",
            "url_chatbot": f"http://{HOST}/chat/",
            "deployed": True,
            "provider": "local",
            "default_model": "",
            "default_temperature": 0.5,
            "default_max_tokens": 2048,
            "app_name": "",
            "app_assistant": "",
            "app_welcome_message": "",
            "app_example_prompts": [],
            "app_placeholder": "",
            "app_info_url": "",
            "app_background_image_url": "",
            "app_logo_url": "",
            "app_file_attachment": False,
        },
        "history": {
            "chat": {
                "session_key": session_key,
                "chatbot": "customer_support",
                "updated_at": None,
            },
            "chat_history": [],
        },
        "meta_data": {"is_valid": True, "is_deployed": True},
        "plugins": {
            "meta_data": {"total_plugins": 1, "plugins_returned": 1},
            "plugins": [{"name": "language_courses", "pluginClass": "static"}],
        },
    }


ADDRESSES = [
    (HOST, "/config/", f"http://{HOST}/chat/"),
    (HOST, "/config", f"http://{HOST}/chat/"),
    (HOST, "/chat/config/", f"http://{HOST}/chat/"),
    (HOST, "/chatbot/config/", f"http://{HOST}/chat/"),
    (ONE_LABEL_HOST, "/config/", f"http://{ONE_LABEL_HOST}/chat/"),
    (CUSTOM_HOST, "/config/", f"https://{CUSTOM_HOST}/chat/"),
    (
        PLATFORM,
        "/api/v1/chatbots/bot1/config/",
        f"http://{PLATFORM}/api/v1/chatbots/bot1/chat/",
    ),
    (
        PLATFORM,
        "/api/v1/workbench/bot4/chat/config",
        f"http://{PLATFORM}/api/v1/workbench/bot4/chat/",
    ),
    (
        PLATFORM,
        "/workbench/CustomerSupport/chat/config/",
        f"http://{PLATFORM}/workbench/CustomerSupport/chat/",
    ),
    (PLATFORM, "/workbench/draft_bot/config/", f"http://{PLATFORM}/workbench/draft_bot/chat/"),
]


@pytest.mark.parametrize(("host", "path", "url"), ADDRESSES)
def test_the_url_is_where_the_chatbot_answers(world: World, host: str, path: str, url: str) -> None:
    """`url_chatbot` invokes the bot, and `config/` below it describes the same one again."""
    data = config(world, path, host=host, headers={"host": host}).document["data"]
    assert data["chatbot"]["url_chatbot"] == url
    assert data["sandbox_mode"] is (host == PLATFORM)
    assert data["chatbot"]["deployed"] == data["meta_data"]["is_deployed"]
    assert data["chatbot"]["deployed"] is (data["chatbot"]["id"] == "bot1")
    parts = urlsplit(url)
    assert world.ask("Hello", host=parts.netloc, path=parts.path).status == 200
    again = config(world, parts.path + "config/", host=parts.netloc).document["data"]
    assert again["chatbot"]["id"] == data["chatbot"]["id"]


@pytest.mark.parametrize(
    ("sent", "authority"),
    [
        (f"{HOST}:8000", f"{HOST}:8000"),
        (HOST, HOST),
        ("evil.example:99999@x", HOST),
        ("evil.example/", HOST),
        ("evil.example", HOST),
    ],
)
def test_only_a_local_port_is_taken_from_a_header(world: World, sent: str, authority: str) -> None:
    """Under `localhost` the URL has the port that was used; a header can change nothing else."""
    forged = {"host": sent, "x-forwarded-host": "evil.example", "x-forwarded-proto": "gopher"}
    url = config(world, headers=forged).document["data"]["chatbot"]["url_chatbot"]
    assert url == f"http://{authority}/chat/"
    custom = config(world, host=CUSTOM_HOST, headers=forged).document["data"]
    assert custom["chatbot"]["url_chatbot"] == f"https://{CUSTOM_HOST}/chat/"


@pytest.mark.parametrize(
    ("key", "status"), [("", 401), (REVOKED_KEY, 401), (SCOPED_KEY, 403), (OTHER_KEY, 403)]
)
def test_a_config_needs_the_key_that_a_question_needs(world: World, key: str, status: int) -> None:
    """The table of keys holds for the description as well, also by id."""
    assert config(world, key=key).status == status
    by_id = config(world, "/api/v1/chatbots/bot1/config/", host=PLATFORM, key=key)
    assert by_id.status == status
    assert config(world, host=PUBLIC_HOST, key=key).status == 200


def test_a_config_has_its_methods(world: World) -> None:
    """Other methods are a 405 that names GET and POST; a preflight allows both."""
    refused = config(world, method="PUT")
    assert (refused.status, refused.headers["Allow"]) == (405, "GET, POST, OPTIONS")
    preflight = config(world, method="OPTIONS", key="")
    assert preflight.headers["Access-Control-Allow-Methods"] == "GET, POST, OPTIONS"


@pytest.mark.parametrize(
    ("body", "query", "status"),
    [
        (None, {"session_key": "x"}, 400),
        ({"session_key": "x"}, None, 400),
        ("[]", None, 400),
        ("{", None, 400),
        ({}, None, 200),
        ({"session_key": "A" * 64}, None, 200),
    ],
)
def test_a_session_key_is_checked(
    world: World, body: Any, query: dict[str, str] | None, status: int
) -> None:
    """From the query or the body; anything but 64 hex digits is a 400, none is a new session."""
    answer = config(world, method="POST", body=body, query=query)
    assert answer.status == status
    if body and status == 200:
        assert answer.document["data"]["session_key"] == "a" * 64


def test_the_history_is_of_that_session_only(world: World) -> None:
    """Earlier turns in order, of this bot and this key, and of no other session or bot."""
    mine, theirs = "1" * 64, "2" * 64
    said = [world.ask(text, session_key=mine).said for text in ("First?", "Sprachkurs?")]
    world.ask("Somebody else's question", session_key=theirs)
    world.ask("The same key elsewhere", session_key=mine, host=PUBLIC_HOST)
    query = {"session_key": mine}
    data = config(world, query=query).document["data"]
    assert data["session_key"] == data["history"]["chat"]["session_key"] == mine
    assert data["history"]["chat_history"] == [
        {"role": "user", "content": "First?"},
        {"role": "assistant", "content": said[0]},
        {"role": "user", "content": "Sprachkurs?"},
        {"role": "assistant", "content": said[1]},
    ]
    assert re.fullmatch(r"20\d\d-.*Z", data["history"]["chat"]["updated_at"])
    elsewhere = config(world, host=PUBLIC_HOST, key="", query=query).document["data"]
    assert [m["content"] for m in elsewhere["history"]["chat_history"]][:1] == [
        "The same key elsewhere"
    ]


def test_the_history_has_neither_prompts_nor_tools(world: World) -> None:
    """What the model was told, called and got from tools stays here; the words said do not."""
    secret = Plugin(
        "vault",
        "static",
        Directive.ALWAYS,
        system_role="ROLE-OF-A-PLUGIN",
        data={"staticData": {"gold": "RESULT-OF-A-TOOL"}},
    )
    with openai_server() as server:
        world.put(bot_at(server.url, plugins=(secret,), system_role="ROLE-OF-THE-BOT"))
        server.script(
            tool_reply(("c1", "vault", '{"inquiry_type": "gold"}')), text_reply("Twelve bars.")
        )
        key = world.ask("How much gold?", host="model.localhost").session_key
        answer = config(world, host="model.localhost", query={"session_key": key})
    assert answer.document["data"]["history"]["chat_history"] == [
        {"role": "user", "content": "How much gold?"},
        {"role": "assistant", "content": "Twelve bars."},
    ]
    for hidden in ("ROLE-OF", "RESULT-OF", "inquiry_type", MODEL_KEY, "models/key"):
        assert hidden not in answer.text


def test_a_config_reads_once(world: World) -> None:
    """The look-up is one read, a session's history another; a new session reads nothing."""
    world.put(bot_at("", id="bot8", hostnames=("cold.localhost",), model_key=SecretName("x")))
    with operations() as made:
        cold = config(world, host="cold.localhost", query={"session_key": "9" * 64})
        assert cold.status == 200
        assert len(made) == 2
        made.clear()
        assert config(world, host="cold.localhost").status == 200
        assert made == []


def test_the_manifest_s_fields_arrive(world: World, tmp_path: Path) -> None:
    """appName, appAssistant and all the others of a manifest are in the config, the role is not."""
    (tmp_path / "harbour.yaml").write_text(MANIFESTS)
    dynamodb = boto3.client("dynamodb", region_name=REGION)
    ssm = boto3.client("ssm", region_name=REGION)
    store = DirectoryStore(
        dynamodb, ssm, "Directory", secrets_prefix="/switchboard/test/", api_domain="api.localhost"
    )
    apply_manifests(load_manifests([tmp_path], {}), store)
    host = "harbour-pilot.1111-2222-3333.api.localhost"
    answer = config(world, host=host, key="", headers={"host": f"{host}:8000"})
    bot = answer.document["data"]["chatbot"]
    assert HEX.fullmatch(bot.pop("id") + "0" * 44)
    assert bot == {
        "name": "harbour_pilot",
        "description": "Ships and berths",
        "version": "2.1.0",
        "url_chatbot": f"http://{host}:8000/chat/",
        "deployed": True,
        "provider": "local",
        "default_model": "pilot-1",
        "default_temperature": 0,
        "default_max_tokens": 99,
        "app_name": "Harbour",
        "app_assistant": "Pilot",
        "app_welcome_message": "Ahoy!",
        "app_example_prompts": ["Where may I moor?", "How deep is it?"],
        "app_placeholder": "Your question",
        "app_info_url": "https://harbour.example.org/info",
        "app_background_image_url": "https://harbour.example.org/sea.png",
        "app_logo_url": "https://harbour.example.org/logo.png",
        "app_file_attachment": True,
    }
    assert "reef" not in json.dumps(answer.document)
