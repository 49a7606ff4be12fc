"""The simulator's webhooks: headers, bytes, signature, retries, duplicates, order."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.functional.zammad_simulator_support import (
    AGENT,
    Client,
    Received,
    Receiver,
    eventually,
)
from zammad_simulator import SimulatorSettings, Webhook, ZammadSimulator
from zammad_simulator.webhooks import encode_body, signature

KEY = "schlüssel"
VECTOR = {
    "ticket": {"id": 4711, "automatic_answers": True},
    "article": {"id": 90210, "internal": False, "body": "Grüße <b>OK</b>"},
}
VECTOR_BYTES = (
    '{"ticket":{"id":4711,"automatic_answers":true},'
    '"article":{"id":90210,"internal":false,"body":"Grüße \\u003cb\\u003eOK\\u003c/b\\u003e"}}'
).encode()


@pytest.fixture
def sim() -> Iterator[ZammadSimulator]:
    with ZammadSimulator(SimulatorSettings(time_scale=0.002)) as simulator:
        yield simulator


@pytest.fixture
def client(sim: ZammadSimulator) -> Iterator[Client]:
    with Client(sim) as opened:
        yield opened


def test_the_body_is_encoded_like_the_contracts_vector() -> None:
    """The payload of the contract's example gives exactly the contract's bytes."""
    assert encode_body(VECTOR) == VECTOR_BYTES


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        ("hush-hush-42", "sha1=f5b27181cd382b16a10c2b3e5dc202689c53af16"),
        (KEY, "sha1=e3a653b4e6b372b513d8375b1d3b8cbe8468a4b9"),
    ],
)
def test_signatures_match_the_contracts_vectors(key: str, expected: str) -> None:
    """The signature over the raw bytes equals the contract's, also with a non-ASCII key."""
    assert signature(VECTOR_BYTES, key) == expected


@given(st.text())
def test_any_text_survives_the_escaping(text: str) -> None:
    """Escaped bodies parse back to the same text and hold none of the escaped characters."""
    text = text.encode("utf-8", "ignore").decode()
    encoded = encode_body({"body": text}).decode()
    assert json.loads(encoded) == {"body": text}
    assert not set("<>&\u2028\u2029") & set(encoded)


def test_a_user_message_is_posted_signed(sim: ZammadSimulator, client: Client) -> None:
    """One article gives one post with Zammad's headers, verifiable over the raw bytes."""
    with Receiver() as receiver:
        sim.add_webhook(Webhook(url=receiver.url, signature_token=KEY, trigger_name="To bridge"))
        ticket_id = client.ticket()
        article = client.article(ticket_id, "Grüße & <b>Küsse</b>\u2028")
        eventually(lambda: receiver.received)
        assert sim.wait_for_webhooks()
    [post] = receiver.received
    digest = hmac.new(KEY.encode(), post.raw, hashlib.sha1).hexdigest()
    assert post.headers["X-Hub-Signature"] == f"sha1={digest}"
    assert post.headers["Content-Type"] == "application/json; charset=utf-8"
    assert post.headers["User-Agent"] == "Zammad User Agent"
    assert post.headers["X-Zammad-Trigger"] == "To bridge"
    assert "Authorization" not in post.headers
    assert post.path == "/hook?token=abc"
    assert "Grüße \\u0026 \\u003cb\\u003eKüsse" in post.raw.decode()
    assert "\\u2028" in post.raw.decode()
    assert post.payload["article"]["id"] == article["id"]
    assert post.payload["article"]["created_by"]["login"] == article["created_by"]
    assert post.payload["ticket"]["article_ids"] == [article["id"]]
    assert post.payload["ticket"]["state"] == "new"
    assert isinstance(post.payload["ticket"]["group"], dict)
    assert post.payload["ticket"]["automatic_answers"] is True


def test_no_signature_without_a_token(sim: ZammadSimulator, client: Client) -> None:
    """The signature header is absent when none is configured; Bearer and Basic are sent."""
    with Receiver() as receiver:
        sim.add_webhook(Webhook(url=receiver.url, bearer_token="b"))
        sim.add_webhook(Webhook(url=receiver.url, basic_auth=("u", "p")))
        client.article(client.ticket())
        assert sim.wait_for_webhooks()
    assert all("X-Hub-Signature" not in post.headers for post in receiver.received)
    given_credentials = {post.headers["Authorization"] for post in receiver.received}
    assert given_credentials == {"Bearer b", "Basic dTpw"}


@pytest.mark.parametrize(("skip", "posts"), [(True, 0), (False, 1)])
def test_the_subject_filter_can_be_left_out(
    sim: ZammadSimulator, client: Client, skip: bool, posts: int
) -> None:
    """With the operator's condition automatic messages are not posted, without it they are."""
    with Receiver() as receiver:
        sim.add_webhook(Webhook(url=receiver.url, skip_automatic=skip))
        client.article(client.ticket(), sender="Agent", subject="automatically generated message")
        assert sim.wait_for_webhooks()
    assert len(receiver.received) == posts


def test_an_attribute_change_posts_an_empty_article(sim: ZammadSimulator, client: Client) -> None:
    """When only attributes change, `article` is an empty object; no change posts nothing."""
    with Receiver() as receiver:
        sim.add_webhook(Webhook(url=receiver.url))
        ticket_id = client.ticket()
        client.call("PUT", f"/tickets/{ticket_id}", {"automatic_answers": False})
        client.call("PUT", f"/tickets/{ticket_id}", {"automatic_answers": False})
        assert sim.wait_for_webhooks()
    [post] = receiver.received
    assert post.payload["article"] == {}
    assert post.payload["ticket"]["automatic_answers"] is False


@pytest.mark.parametrize("refusal", [500, 404, 302])
def test_anything_but_2xx_is_tried_again(
    sim: ZammadSimulator, client: Client, refusal: int
) -> None:
    """Failures, a redirect included, are repeated under the same delivery id, not followed."""
    with Receiver(refusal, refusal) as receiver:
        sim.add_webhook(Webhook(url=receiver.url))
        client.article(client.ticket())
        assert sim.wait_for_webhooks()
    assert [post.path for post in receiver.received] == ["/hook?token=abc"] * 3
    assert len({post.delivery for post in receiver.received}) == 1
    [delivery] = sim.deliveries()
    assert delivery["state"] == "delivered"


def test_five_attempts_are_all(sim: ZammadSimulator, client: Client) -> None:
    """A receiver that never accepts is tried five times, with growing waits, then given up."""
    with Receiver(*[503] * 9) as receiver:
        sim.add_webhook(Webhook(url=receiver.url))
        client.article(client.ticket())
        assert sim.wait_for_webhooks()
    [delivery] = sim.deliveries()
    attempts: Any = delivery["attempts"]
    waits = [later["at"] - earlier["at"] for earlier, later in pairwise(attempts)]
    assert len(receiver.received) == 5
    assert delivery["state"] == "failed"
    assert all(wait >= 0.002 * (10 * number) * 0.9 for number, wait in enumerate(waits, start=1))


def test_a_retry_carries_the_state_of_now(sim: ZammadSimulator, client: Client) -> None:
    """The payload is rebuilt for each try: same delivery id, other body, other signature."""
    with Receiver(500) as receiver:
        ticket_id = client.ticket()
        sim.add_webhook(Webhook(url=receiver.url, signature_token=KEY, on_attribute_change=False))

        def rename(_: Received) -> None:
            client.call("PUT", f"/tickets/{ticket_id}", {"title": "later"})

        receiver.before_answer = rename
        client.article(ticket_id)
        assert sim.wait_for_webhooks()
    first, second = receiver.received
    assert first.delivery == second.delivery
    assert (first.payload["ticket"]["title"], second.payload["ticket"]["title"]) == (
        "A question",
        "later",
    )
    assert first.headers["X-Hub-Signature"] != second.headers["X-Hub-Signature"]


def test_two_triggers_are_two_deliveries(sim: ZammadSimulator, client: Client) -> None:
    """Two triggers for one article post it twice under two delivery ids; redelivery keeps one."""
    with Receiver() as receiver:
        sim.add_webhook(Webhook(url=receiver.url, copies=2))
        client.article(client.ticket())
        assert sim.wait_for_webhooks()
        assert sim.redeliver(receiver.received[0].delivery)
        assert sim.wait_for_webhooks()
    one, two, again = receiver.received
    assert one.payload["article"]["id"] == two.payload["article"]["id"]
    assert one.delivery != two.delivery
    assert again.delivery == one.delivery


def test_order_can_be_reversed(sim: ZammadSimulator, client: Client) -> None:
    """Held deliveries are posted newest first on demand."""
    with Receiver() as receiver:
        sim.add_webhook(Webhook(url=receiver.url))
        ticket_id = client.ticket()
        sim.hold_webhooks()
        written = [client.article(ticket_id, text)["id"] for text in ("one", "two", "three")]
        assert receiver.received == []
        sim.release_webhooks("reversed")
        assert sim.wait_for_webhooks()
    assert [post.payload["article"]["id"] for post in receiver.received] == written[::-1]


def test_a_welcome_trigger_speaks_as_the_system() -> None:
    """A trigger's own article has sender System and the author `-`, in REST and webhook."""
    settings = SimulatorSettings(welcome_messages={"de": "Willkommen"})
    with ZammadSimulator(settings) as sim, Client(sim) as client, Receiver() as receiver:
        sim.add_webhook(Webhook(url=receiver.url))
        client.ticket(language_slug="en")
        ticket_id = client.ticket(language_slug="de")
        assert sim.wait_for_webhooks()
        [article] = client.articles(ticket_id)
    [post] = receiver.received
    assert (article["sender"], article["created_by"], article["body"]) == (
        "System",
        "-",
        "Willkommen",
    )
    assert post.payload["article"]["created_by"]["login"] == "-"


def test_a_custom_payload_replaces_the_default(sim: ZammadSimulator, client: Client) -> None:
    """A webhook may be configured with a payload that has neither ticket nor article."""
    with Receiver() as receiver:
        sim.add_webhook(Webhook(url=receiver.url, custom_payload={"hello": "ö"}))
        client.article(client.ticket())
        assert sim.wait_for_webhooks()
    assert receiver.received[0].raw == '{"hello":"ö"}'.encode()


def test_attachments_carry_a_working_address(sim: ZammadSimulator, client: Client) -> None:
    """An attachment in a webhook has a `url` that the token can download."""
    upload = {"filename": "a.txt", "mime-type": "text/plain", "data": "aGk="}
    with Receiver() as receiver:
        sim.add_webhook(Webhook(url=receiver.url))
        client.article(client.ticket(), attachments=[upload])
        assert sim.wait_for_webhooks()
    [file] = receiver.received[0].payload["article"]["attachments"]
    path = file["url"].removeprefix(f"{sim.url}/api/v1")
    with Client(sim, AGENT) as agent:
        assert agent.call("GET", path).content == b"hi"


def test_a_deleted_ticket_is_not_posted(sim: ZammadSimulator, client: Client) -> None:
    """A job whose ticket is gone by the time it runs is dropped."""
    with Receiver() as receiver:
        sim.add_webhook(Webhook(url=receiver.url))
        ticket_id = client.ticket()
        sim.hold_webhooks()
        client.article(ticket_id)
        sim.delete_ticket(ticket_id)
        sim.release_webhooks()
        assert sim.wait_for_webhooks()
    assert receiver.received == []
    assert [delivery["state"] for delivery in sim.deliveries()] == ["discarded"]


def test_stopping_does_not_wait_for_a_stuck_receiver(sim: ZammadSimulator, client: Client) -> None:
    """A delivery under way is cut off by `stop` and made again, same id, after `start`."""
    with Receiver() as receiver:
        receiver.block = True
        sim.add_webhook(Webhook(url=receiver.url))
        client.article(client.ticket())
        eventually(lambda: receiver.received)
        sim.stop()
        receiver.block = False
        receiver.release.set()
        sim.start()
        assert sim.wait_for_webhooks()
    assert len(receiver.received) == 2
    assert len({post.delivery for post in receiver.received}) == 1
