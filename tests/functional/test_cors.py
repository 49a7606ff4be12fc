"""Web pages that may use a chat, and what the region list says (contracts/userchat.md)."""

from __future__ import annotations

from pathlib import Path

import boto3
import pytest

from switchboard_cli.manifests import DirectoryStore, apply_manifests, load_manifests
from tests.functional.desk_world import CHAT, EXAMPLES, SECRET, TOKEN, DeskWorld
from tests.functional.region_changes import change_region
from tests.tables import AWS

APP = "https://app.example.org"
OTHER = "https://other.example.org"
ROLLOUT = "/api/v3/augenfeld/device-1/is_chat_enabled/"


@pytest.fixture
def listed(desk: DeskWorld) -> DeskWorld:
    change_region(desk, allowed_origins=[APP, "http://localhost:3000"])
    return desk


@pytest.mark.parametrize("path", [CHAT, CHAT.rstrip("/"), ROLLOUT])
@pytest.mark.parametrize("method", ["GET", "POST", "OPTIONS", "PUT"])
def test_a_listed_origin_may(listed: DeskWorld, path: str, method: str) -> None:
    """Answers of every kind, errors too, name exactly the origin that asks, and vary by it."""
    for origin in (APP, "http://localhost:3000"):
        answer = listed.request(method, path, headers={"origin": origin})
        assert answer.headers["Access-Control-Allow-Origin"] == origin
        assert answer.headers["Vary"] == "Origin"
        assert "Access-Control-Allow-Credentials" not in answer.headers


@pytest.mark.parametrize("origin", [OTHER, "https://app.example.org.evil.example", "null", ""])
def test_an_origin_that_is_not_listed_may_not(listed: DeskWorld, origin: str) -> None:
    """Other pages cannot read the chat, nor can a cache give them a listed page's answer."""
    for method in ("GET", "OPTIONS"):
        answer = listed.request(method, headers={"origin": origin} if origin else {})
        assert "Access-Control-Allow-Origin" not in answer.headers
        assert answer.headers["Vary"] == "Origin"


def test_without_a_list_any_origin_may(desk: DeskWorld) -> None:
    """That is the default, and the region list is always for everybody."""
    assert (
        desk.request("GET", headers={"origin": OTHER}).headers["Access-Control-Allow-Origin"] == "*"
    )
    change_region(desk, allowed_origins=[APP])
    for path in ("/api/v3/regions/", "/api/v3/regions/augenfeld/"):
        answer = desk.request("GET", path, headers={"origin": OTHER})
        assert answer.headers["Access-Control-Allow-Origin"] == "*"


def test_the_list_comes_from_the_manifest(desk: DeskWorld, tmp_path: Path) -> None:
    """`allowedOrigins` in a region's manifest is what its chat goes by."""
    written = (EXAMPLES / "region.yaml").read_text(encoding="utf-8")
    listed = written.replace("  zammad:", f"  allowedOrigins: ['{APP}']\n  zammad:")
    (tmp_path / "region.yaml").write_text(listed, encoding="utf-8")
    environment = {
        "ZAMMAD_URL": desk.simulator.url,
        "ZAMMAD_TOKEN": "bridge",
        "ZAMMAD_WEBHOOK_TOKEN": TOKEN,
        "ZAMMAD_WEBHOOK_SECRET": SECRET,
    }
    clients = boto3.client("dynamodb", **AWS), boto3.client("ssm", **AWS)
    store = DirectoryStore(*clients, "Directory", "/switchboard/test/", "api.localhost")
    apply_manifests(load_manifests([tmp_path], environment), store)
    desk.later(61)
    for origin, answered in ((APP, APP), (OTHER, None)):
        answer = desk.request("GET", headers={"origin": origin})
        assert answer.headers.get("Access-Control-Allow-Origin") == answered


def test_a_preflight_names_what_is_allowed(desk: DeskWorld) -> None:
    """OPTIONS lists the methods, erasing included, for a chat that need not exist."""
    answer = desk.request("OPTIONS", headers={"origin": OTHER})
    assert answer.status == 204
    assert answer.headers["Access-Control-Allow-Methods"] == "DELETE, GET, HEAD, OPTIONS, POST"
    assert "idempotency-key" in answer.headers["Access-Control-Allow-Headers"]
    assert desk.dynamodb.scan(TableName="Conversations")["Items"] == []
    assert desk.simulator.requests() == []


@pytest.mark.parametrize(
    ("changes", "flag"),
    [({}, True), ({"chat_enabled": False}, False), ({"of_zammad": {"token": None}}, False)],
)
def test_the_region_list_carries_the_flag(
    desk: DeskWorld, changes: dict[str, object], flag: bool
) -> None:
    """Enabled, with a help desk's URL and token: only then is a region's chat on."""
    change_region(desk, **changes)  # type: ignore[arg-type]
    expected = {
        "name": "Stadt Augenfeld",
        "path": "augenfeld",
        "is_chat_enabled": flag,
        "zammad_privacy_policy": "https://augenfeld.example/privacy",
    }
    for slash in ("", "/"):
        assert desk.request("GET", f"/api/v3/regions{slash}").json == [expected]
        assert desk.request("GET", f"/api/v3/regions/augenfeld{slash}").json == expected


@pytest.mark.parametrize("path", ["/api/v3/regions/", "/api/v3/regions/augenfeld/"])
def test_the_region_list_is_like_any_other_route(desk: DeskWorld, path: str) -> None:
    """HEAD as GET, 405 with `Allow`, kept by no cache."""
    head = desk.request("HEAD", path)
    assert (head.status, head.body, head.headers["Cache-Control"]) == (200, "", "no-store")
    for method in ("POST", "DELETE", "PUT"):
        answer = desk.request(method, path)
        assert (answer.status, answer.headers["Allow"]) == (405, "GET, HEAD, OPTIONS")


@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
def test_a_disabled_chat_says_so_before_anything_else(desk: DeskWorld, method: str) -> None:
    """503 also for a language that is not offered and a body that is none, without any call."""
    change_region(desk, chat_enabled=False)
    answer = desk.request(method, CHAT.replace("/de/", "/xx/"), "{", {"content-type": "text/x"})
    assert answer.status == 503
    assert answer.json["error"] == "No chat server is configured for your region."
    assert desk.simulator.requests() == []
