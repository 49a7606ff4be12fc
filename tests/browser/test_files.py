"""Attachments in both directions."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

import pytest

from tests.browser.desk import Desk
from tests.browser.site import PIXEL
from tests.browser.visitor import Visitor, expect

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, FilePayload

PDF = b"%PDF-1.4\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n"


@pytest.fixture
def visitor(profile: BrowserContext, desk: Desk) -> Visitor:
    visitor = Visitor(profile, desk, api=desk.api, region="quiet", language="de")
    visitor.open(agree=False)
    expect(visitor.input).to_be_visible()
    return visitor


def attach(visitor: Visitor, name: str, data: bytes, kind: str) -> None:
    file: FilePayload = {"name": name, "mimeType": kind, "buffer": data}
    visitor.widget.locator("input[type=file]").set_input_files(file)


def test_files_are_sent_with_a_text(visitor: Visitor) -> None:
    """A picture and a document go with one message, are shown with it, and open from there."""
    attach(visitor, "form.pdf", PDF, "application/pdf")
    attach(visitor, "photo.png", PIXEL, "image/png")
    attach(visitor, "mistake.txt", b"wrong one", "text/plain")
    visitor.button("Löschen: mistake.txt").click()
    visitor.say("Mein Formular")
    message = visitor.messages.first
    expect(message.get_by_role("link", name="form.pdf")).to_be_visible()
    expect(message.locator("img")).to_have_js_property("naturalWidth", 1)
    expect(message.locator(".state")).to_be_empty()
    with visitor.page.expect_download() as download:
        message.get_by_role("link", name="form.pdf").click()
    assert download.value.path().read_bytes() == PDF
    assert visitor.broken() == []


def test_a_large_picture_ends_where_its_message_ends(visitor: Visitor) -> None:
    """It is made smaller, and nothing is left of the width that it would have had."""
    drawn = visitor.page.evaluate(
        "(() => { const canvas = document.createElement('canvas'); canvas.width = 400; "
        "canvas.height = 300; return canvas.toDataURL('image/png'); })()"
    )
    attach(visitor, "photo.png", base64.b64decode(drawn.partition(",")[2]), "image/png")
    visitor.say("Foto")
    message = visitor.messages.first
    expect(message.locator(".picture")).to_be_visible()
    text, picture = message.locator(".bubble").bounding_box(), message.locator("img").bounding_box()
    assert text
    assert picture
    assert abs(text["x"] + text["width"] - picture["x"] - picture["width"]) <= 2
    assert picture["width"] / picture["height"] == pytest.approx(4 / 3, rel=0.02)


def test_an_upload_shows_how_far_it_is(visitor: Visitor) -> None:
    """While a file is on its way there is a progress bar; afterwards there is none."""
    visitor.page.evaluate(
        "window.bars = 0; new MutationObserver(() => { "
        "bars += document.querySelector('switchboard-chat').shadowRoot"
        ".querySelectorAll('progress').length; })"
        ".observe(document.querySelector('switchboard-chat').shadowRoot, "
        "{ childList: true, subtree: true })"
    )
    attach(visitor, "large.txt", b"a line of text\n" * 150_000, "text/plain")
    visitor.say("Groß")
    expect(visitor.messages.get_by_role("link", name="large.txt")).to_be_visible()
    expect(visitor.widget.locator("progress")).to_have_count(0)
    assert visitor.page.evaluate("bars") > 0


@pytest.mark.parametrize(
    ("name", "size", "kind"),
    [("film.mp4", 10, "video/mp4"), ("huge.pdf", 4 * 1024 * 1024 + 1, "application/pdf")],
)
def test_files_that_cannot_be_sent_are_refused_at_once(
    visitor: Visitor, name: str, size: int, kind: str
) -> None:
    """Type and size are checked before anything is sent, and the reason names the file."""
    attach(visitor, name, b"x" * size, kind)
    expect(visitor.notice).to_contain_text(f"{name} kann nicht gesendet werden.")
    visitor.say("Ohne Datei")
    expect(visitor.messages.locator(".state")).to_be_empty()
    expect(visitor.messages.locator(".file")).to_have_count(0)
    expect(visitor.notice).to_be_empty()


def test_a_file_the_desk_refuses_is_told(visitor: Visitor) -> None:
    """A file that is not what its name says comes back as not sent, and no retry is offered."""
    attach(visitor, "photo.png", b"\x00\x01no picture", "image/png")
    visitor.say("Foto")
    state = visitor.messages.locator(".state")
    expect(state).to_contain_text("photo.png kann nicht gesendet werden.")
    expect(visitor.button("Erneut versuchen")).to_have_count(0)
    visitor.button("Löschen").click()
    expect(visitor.messages).to_have_count(0)


def test_an_advisers_file_can_be_opened(visitor: Visitor) -> None:
    """What an adviser attaches is a link to the file; a picture is shown."""
    visitor.say("Haben Sie das Merkblatt?")
    expect(visitor.messages.locator(".state")).to_be_empty()
    files = [("leaflet.pdf", PDF, "application/pdf"), ("map.png", PIXEL, "image/png")]
    attachments = [
        {"filename": name, "data": base64.b64encode(data).decode(), "mime-type": kind}
        for name, data, kind in files
    ]
    visitor.desk.answer("Hier", attachments=attachments)
    message = visitor.wait_for("Hier")
    with visitor.page.expect_download() as download:
        message.get_by_role("link", name="leaflet.pdf").click()
    assert download.value.suggested_filename == "leaflet.pdf"
    expect(message.locator("img")).to_have_js_property("naturalWidth", 1)
