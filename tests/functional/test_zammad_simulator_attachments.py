"""Files in the simulator: uploads over REST, the adviser's files and pictures, downloads."""

from __future__ import annotations

import base64
from collections.abc import Iterator

import pytest

from tests.functional.zammad_simulator_support import Client
from zammad_simulator import Upload, ZammadSimulator


@pytest.fixture
def sim() -> Iterator[ZammadSimulator]:
    with ZammadSimulator() as simulator:
        yield simulator


@pytest.fixture
def client(sim: ZammadSimulator) -> Iterator[Client]:
    with Client(sim) as opened:
        yield opened


def test_an_uploaded_file_downloads_unchanged(client: Client) -> None:
    """A REST upload has a string size, only a `Mime-Type`, and gives back its bytes."""
    data = bytes(range(256))
    upload = {"filename": "ü.pdf", "mime-type": "application/pdf"}
    upload["data"] = base64.b64encode(data).decode()
    article = client.article(client.ticket(), attachments=[upload])
    [file] = article["attachments"]
    assert (file["size"], file["preferences"]) == ("256", {"Mime-Type": "application/pdf"})
    path = f"/ticket_attachment/{article['ticket_id']}/{article['id']}/{file['id']}"
    download = client.call("GET", path)
    assert download.content == data
    assert download.headers["Content-Type"] == "application/pdf"
    assert "filename*=UTF-8''%C3%BC.pdf" in download.headers["Content-Disposition"]


@pytest.mark.parametrize(
    ("attachment", "error"),
    [
        ({"filename": "a", "mime-type": "b"}, "Attachment needs 'data' param for"),
        ({"filename": "a", "data": "aGk="}, "Attachment needs 'mime-type' param for"),
        ({"mime-type": "b", "data": "aGk="}, "Attachment needs 'filename' param for"),
        ({"filename": "a", "mime-type": "b", "data": "aGk"}, "Invalid base64 for"),
        ({"filename": "a", "mime-type": "b", "data": "a Gk="}, "Invalid base64 for"),
    ],
)
def test_bad_attachments_are_refused(
    client: Client, attachment: dict[str, str], error: str
) -> None:
    """Each attachment needs three keys and strict base64, else 422 and no article."""
    ticket_id = client.ticket()
    body = {"ticket_id": ticket_id, "body": "x", "attachments": [attachment]}
    answer = client.call("POST", "/ticket_articles", body)
    assert answer.status_code == 422
    assert answer.json()["error"] == f"{error} attachment with index '0'"
    assert client.articles(ticket_id) == []


def test_a_file_is_only_found_under_its_own_article(client: Client) -> None:
    """A download address put together from parts of two tickets is refused with 403."""
    upload = {"filename": "a", "mime-type": "text/plain", "data": "aGk="}
    article = client.article(client.ticket(), attachments=[upload])
    other = client.ticket()
    path = f"/ticket_attachment/{other}/{article['id']}/{article['attachments'][0]['id']}"
    assert client.call("GET", path).status_code == 403


def test_an_advisers_answer_looks_like_zammads(client: Client, sim: ZammadSimulator) -> None:
    """An adviser's answer is public HTML by the agent; pictures in it become attachments."""
    ticket_id = client.ticket()
    picture = '<img src="data:image/png;base64,aGk=">'
    file = Upload("m.pdf", b"%PDF", "application/pdf")
    sim.answer(ticket_id, f"Siehe {picture}", attachments=[file])
    [article] = client.articles(ticket_id)
    assert (article["sender"], article["from"], article["subject"]) == (
        "Agent",
        "Ayla Beispiel",
        "",
    )
    assert article["created_by"] == sim.settings.agent_login
    image, pdf = article["attachments"]
    address = f"/api/v1/ticket_attachment/{ticket_id}/{article['id']}/{image['id']}?view=inline"
    assert f'src="{address}"' in article["body"]
    assert pdf["preferences"] == {"Content-Type": "application/pdf"}
    assert client.call("GET", f"/tickets/{ticket_id}?expand=true").json()["state"] == "open"
