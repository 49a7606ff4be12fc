"""No trick with host, path, query, headers, body or key reaches another account's chatbot.

The bot of the account `elsewhere` says its canary in every answer and in its description, so
whatever reaches it is seen.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from switchboard.domain.directory import AppTexts, Directive, Plugin
from tests.functional.chatbot_world import (
    CUSTOM_HOST,
    EXPIRED_KEY,
    HOST,
    KEY,
    OTHER,
    OTHER_HOST,
    OTHER_KEY,
    PLATFORM,
    PUBLIC,
    PUBLIC_HOST,
    REVOKED_KEY,
    SCOPED_KEY,
    World,
    chatbot_world,
    event,
)

CANARY = "canary-from-elsewhere"
VAULT = Plugin(
    "vault", "static", Directive.ALWAYS, ("treasure",), data={"staticData": {"en": CANARY}}
)
OTHER_HOSTS = (OTHER_HOST, "other-bot--2718-2818-2845.api.localhost")
ORIGIN = "https://elsewhere.example"
OTHERS = replace(
    OTHER,
    hostnames=OTHER_HOSTS,
    description=CANARY,
    app=AppTexts(name=CANARY),
    plugins=(VAULT,),
    allowed_origins=(ORIGIN,),
)
TAILS = (
    "/",
    "/chat/",
    "/chatbot",
    "/config/",
    "/chat/config",
    "/v1/chat/completions",
    "/v1/models",
    "/chatanswers/extract_answer/",
    "/translate/message/",
)
TEXTS = {
    "messages": [{"role": "user", "content": "Where is the treasure?"}],
    "message": "Where is the treasure?",
    "source_language": "en",
    "target_language": "de",
}


def wide(text: str) -> str:
    """In full-width letters, which some compare as if they were plain."""
    return "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in text)


TRICKS: dict[str, Callable[[str], str]] = {
    "as it is": lambda text: text,
    "upper case": str.upper,
    "final dot": lambda text: text + ".",
    "port": lambda text: text + ":443",
    "below": lambda text: "x." + text,
    "above": lambda text: text + ".evil.example",
    "in front": lambda text: "x" + text,
    "after a comma": lambda text: f"{HOST},{text}",
    "before a comma": lambda text: f"{text},{HOST}",
    "after a blank": lambda text: f"{HOST} {text}",
    "as a user": lambda text: f"{text}@{HOST}",
    "as a server": lambda text: f"{HOST}@{text}",
    "percent": lambda text: "".join(f"%{byte:02x}" for byte in text.encode()),
    "one percent": lambda text: text.replace("o", "%6f", 1),
    "wide": wide,
    "Cyrillic": lambda text: text.replace("o", "о"),
    "Kelvin": lambda text: text.replace("k", "\u212a"),
    "hyphen": lambda text: text.replace("-", "\u2010"),
    "no width": lambda text: text[:3] + "\u200b" + text[3:],
    "soft hyphen": lambda text: text[:3] + "\u00ad" + text[3:],
    "NUL": lambda text: text + "\0",
    "line": lambda text: text + "\r\n",
    "up": lambda text: "../" + text,
    "up and down": lambda text: f"bot1/../{text}",
    "twice": lambda text: f"{text}/{text}",
    "fragment": lambda text: f"bot1#{text}",
    "parameter": lambda text: f"bot1;{text}",
    "key's separator": lambda text: f"elsewhere#{text}",
    "wild": lambda text: text[:2] + "*",
}
KEYS = (KEY, SCOPED_KEY, EXPIRED_KEY, REVOKED_KEY, "", "nonsense", wide(OTHER_KEY), OTHER_KEY[:-1])
NAMES = ("other_bot", "OtherBot", "other-bot", "bot3", "Other Bot", "elsewhere")
tricks = st.sampled_from(sorted(TRICKS)).map(TRICKS.__getitem__)
host_names = st.sampled_from([*OTHER_HOSTS, HOST, CUSTOM_HOST, PLATFORM, PUBLIC_HOST])
hosts = st.one_of(
    host_names, st.builds(lambda trick, host: trick(host), tricks, host_names), st.text(max_size=60)
)
names = st.one_of(
    st.builds(lambda trick, name: trick(name), tricks, st.sampled_from(NAMES)), st.text(max_size=20)
)
PREFIXES = (
    "/api/v1/chatbots/",
    "/api/v1/workbench/",
    "/workbench/",
    "/API/V1/chatbots/",
    "//api/v1/chatbots/",
    "/./workbench/",
    "/api/v1/chatbots/bot1/api/v1/chatbots/",
    "/api/v1/chatbots/bot1/../",
    "/workbench/customer_support/workbench/",
)
tails = st.sampled_from(TAILS)
paths = st.one_of(
    tails,
    st.builds(lambda *steps: "".join(steps), st.sampled_from(PREFIXES), names, tails),
    st.text(max_size=40).map(lambda text: "/" + text),
)
said = st.sampled_from(
    [OTHER_HOST, f"https://{OTHER_HOST}/chat/", "bot3", "other_bot", "elsewhere"]
)
headers = st.dictionaries(
    st.sampled_from(
        [
            "host",
            "x-forwarded-host",
            "x-forwarded-server",
            "x-original-host",
            "x-host",
            "forwarded",
            "x-original-url",
            "x-rewrite-url",
            "x-http-method-override",
            "x-account",
            "x-chatbot-id",
            "referer",
        ]
    ),
    said,
    max_size=4,
)
fields = st.dictionaries(
    st.sampled_from(["host", "id", "chatbot", "chatbot_id", "name", "account", "model", "region"]),
    said,
    max_size=3,
)
credentials = st.sampled_from(["Token", "Bearer", "X-API-Key"])


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    with pytest.MonkeyPatch.context() as monkeypatch, chatbot_world(monkeypatch) as made:
        made.put(OTHERS, replace(PUBLIC, allowed_origins=()))
        yield made


def authorised(key: str, way: str) -> dict[str, str]:
    if not key:
        return {}
    return {"x-api-key": key} if way == "X-API-Key" else {"authorization": f"{way} {key}"}


@pytest.mark.parametrize("tail", TAILS)
@pytest.mark.parametrize(
    ("host", "base"),
    [(OTHER_HOST, ""), (PLATFORM, "/api/v1/chatbots/bot3"), (PLATFORM, "/workbench/other_bot")],
)
def test_its_own_account_reaches_it(world: World, host: str, base: str, tail: str) -> None:
    """With a key of its account the bot answers, and what it says would be noticed."""
    method = "GET" if tail == "/v1/models" else "POST"
    answer = world.send(event(method, base + tail, host=host, body=TEXTS, key=OTHER_KEY))
    if tail == "/translate/message/":
        assert answer.status == 422
    elif tail == "/v1/models":
        assert "other_bot" in answer.text
    else:
        assert CANARY in answer.text


def is_kept_out(world: World, host: str, path: str, request: dict[str, Any]) -> None:
    """The bot neither answers nor tells of itself; what does not name it exactly does not even
    find it: only a bot that was found has its list of origins counted. No 5xx either."""
    answer = world.send(request)
    assert answer.status < 500
    assert CANARY not in answer.text
    if not names_it(host, path):
        assert answer.headers.get("Access-Control-Allow-Origin") != ORIGIN
    if answer.status == 200:
        assert not is_about_the_other(json.loads(answer.text))


@pytest.mark.parametrize("trick", TRICKS)
def test_no_spelling_of_its_addresses_does(world: World, trick: str) -> None:
    """Every trick with its host names, its id and its name, with a good key of another account."""
    places = [(TRICKS[trick](host), "") for host in OTHER_HOSTS]
    for prefix in PREFIXES:
        places += [(PLATFORM, prefix + TRICKS[trick](name)) for name in NAMES]
        places += [(HOST, prefix + TRICKS[trick](name)) for name in NAMES]
    for host, base in places:
        for tail in ("/chat/", "/config/"):
            sent = {"origin": ORIGIN, "host": OTHER_HOST, "x-forwarded-host": OTHER_HOST}
            request = event("POST", base + tail, host=host, body=TEXTS, key=KEY, headers=sent)
            is_kept_out(world, host, base + tail, request)


@settings(
    max_examples=400,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    method=st.sampled_from(["POST", "GET", "OPTIONS", "PUT"]),
    host=hosts,
    path=paths,
    query=fields,
    sent=headers,
    extra=fields,
    key=st.sampled_from(KEYS),
    way=credentials,
)
@example("POST", OTHER_HOST, "/chat/", {}, {}, {}, KEY, "Token")
@example("POST", PLATFORM, "/api/v1/chatbots/bot3/chat/", {}, {}, {}, KEY, "Token")
@example("POST", PLATFORM, "/workbench/other_bot/chat/", {}, {}, {}, KEY, "Token")
@example("POST", HOST, "/api/v1/chatbots/bot3/config/", {}, {}, {}, KEY, "Token")
@example("POST", HOST, "/chat/", {"id": "bot3"}, {"host": OTHER_HOST}, {}, KEY, "Bearer")
def test_another_account_never_does(
    world: World,
    method: str,
    host: str,
    path: str,
    query: dict[str, str],
    sent: dict[str, str],
    extra: dict[str, Any],
    key: str,
    way: str,
) -> None:
    """Without a valid key of its account no request reaches the bot, whatever it consists of."""
    request = event(
        method,
        path,
        host=host,
        body={**TEXTS, **extra},
        headers={"origin": ORIGIN, **authorised(key, way), **sent},
        query=query,
    )
    is_kept_out(world, host, path, request)


def names_it(host: str, path: str) -> bool:
    """True for an address of the bot's: only then its list of origins may count."""
    bare = host.lower().partition(":")[0].rstrip(".")
    by_id = re.match(r"/api/v1/(chatbots|workbench)/bot3(/|$)", path) is not None
    return bare in OTHER_HOSTS or (bare == PLATFORM and by_id)


def is_about_the_other(document: dict[str, Any]) -> bool:
    """True if a 200 names the other account's bot: as a config, as a model or in a list of them."""
    config = document.get("data", {}) if document.get("thing") == "ChatConfig" else {}
    listed = document["data"] if document.get("object") == "list" else []
    named = [config.get("chatbot", {}).get("id"), document.get("model"), *(m["id"] for m in listed)]
    return "bot3" in named or "other_bot" in named
