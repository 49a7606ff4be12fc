"""Whatever an app posts as a message: accepted, or refused by name.

JSON, forms and multipart forms, mangled and damaged; the handler is the real one.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from itertools import count
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.functional.attachments_desk import PNG, TEXT, in_json
from tests.functional.desk_world import DeskWorld, desk_world, http_event
from tests.property.mangled_json import damaged, examples, mangled

MESSAGE: dict[str, Any] = {
    "message": "Grüße \U0001f642",
    "force_new": "yes",
    "evaluation_consent": True,
    "attachments": in_json(("a.png", PNG), ("b.txt", TEXT)),
}
IMPORTANT = (
    *(("message",), ("force_new",), ("evaluation_consent",), ("attachments",)),
    *(("attachments", 0), ("attachments", 0, "filename"), ("attachments", 0, "data")),
)
FORM = urlencode({name: MESSAGE[name] for name in ("message", "force_new", "evaluation_consent")})
PARTS = [
    'Content-Disposition: form-data; name="message"\r\n\r\nGrüße',
    "Content-Disposition: form-data; name=message; charset=utf-7\r\n\r\nx",
    "Content-Disposition: form-data; name=message\r\nContent-Type: a/b; charset=x\r\n\r\ny",
    'Content-Disposition: form-data; name="force_new"\r\n\r\ntrue',
    'Content-Disposition: form-data; name="attachment"; filename="a.txt"\r\n\r\nText',
    'Content-Disposition: form-data; name="attachment"; filename="..\\/\0\u202e"\r\n\r\n%PDF-',
    'Content-Disposition: form-data; name="attachment"; filename=""\r\n\r\n',
    'Content-Disposition: form-data; name="attachments"\r\n\r\nno file',
    "Content-Disposition: form-data; name*=utf-8''message\r\n\r\nz",
    "Content-Disposition: attachment\r\n\r\nz",
    "Content-Transfer-Encoding: base64\r\n\r\nz",
    "no header",
    "",
]
TYPES = (
    "application/json",
    "application/json; charset=utf-16",
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=b",
    'multipart/form-data; boundary="b"; charset=x',
    "multipart/form-data; boundary=",
    "multipart/form-data",
    "multipart/mixed; boundary=b",
    "text/plain",
    ";",
    "",
)


def multipart(parts: list[str]) -> str:
    return "".join(f"--b\r\n{part}\r\n" for part in parts) + "--b--\r\n"


DEVICES = count()
BODIES = {
    "application/json": mangled(MESSAGE, IMPORTANT),
    "application/x-www-form-urlencoded": st.one_of(
        st.just(FORM), st.text(alphabet="&=%+;0fmessage", max_size=60).map(lambda t: f"message={t}")
    ),
    "multipart/form-data; boundary=b": st.lists(st.sampled_from(PARTS), max_size=8).map(multipart),
}


@pytest.fixture(scope="module")
def desk() -> Iterator[DeskWorld]:
    with pytest.MonkeyPatch.context() as monkeypatch:
        for name in ("MESSAGES_PER_DEVICE", "MESSAGES_PER_ADDRESS", "READS_PER_ADDRESS"):
            monkeypatch.setenv(name, "0")
        with desk_world(monkeypatch) as world:
            yield world


@examples(100)
@given(data=st.data(), kind=st.sampled_from(sorted(BODIES)), key=st.text(max_size=30))
def test_a_mangled_message_is_accepted_or_refused(
    desk: DeskWorld, data: st.DataObject, kind: str, key: str
) -> None:
    """A 200 or a 400 that says why; a refused message begins no chat."""
    raw = data.draw(damaged(BODIES[kind]))
    told = data.draw(st.one_of(st.just(kind), st.sampled_from(TYPES)))
    headers = {"content-type": told, "idempotency-key": key}
    path = f"/api/v3/augenfeld/de/chat/{next(DEVICES)}/"
    event = http_event("POST", path, base64.b64encode(raw).decode(), headers, None)
    event["isBase64Encoded"] = True
    answer = desk.handler("userchat")(json.loads(json.dumps(event)), None)
    document = json.loads(answer["body"])
    if answer["statusCode"] == 200:
        assert desk.request("GET", path).status == 200
        return
    assert (answer["statusCode"], document["code"]) == (400, "bad_request")
    assert document["error"]
    assert desk.request("GET", path).status == 404


def test_the_worker_can_finish_what_was_accepted(desk: DeskWorld) -> None:
    """No job is parked, and none waits to be tried again."""
    desk.work()
    assert desk.dead_letters() == []
    desk.later(200)
    assert desk.work() == 0
