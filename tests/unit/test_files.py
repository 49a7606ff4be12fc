"""Files on their way, where a real desk could not be stopped at the right moment."""

from __future__ import annotations

import pytest

from switchboard.adapters.html_safety import sanitise
from switchboard.domain.chat import Attachment
from switchboard.domain.errors import AttachmentNotFound
from switchboard.domain.files import match_files
from switchboard.domain.ticket import ArticleAttachment, Upload
from tests.fakes.zammad import Fault
from tests.unit.conversation import DEVICE, DeskInMemory
from userchat.files import MOST_FILE_BYTES, content_type
from userchat.read_attachment import ReadAttachment

FILE = Upload("a.txt", "text/plain", b"Text")


def test_a_file_that_moves_while_it_is_asked_for() -> None:
    """Between reading the chat and the store, the worker delivers and deletes: Zammad has it."""
    desk = DeskInMemory()
    desk.zammad.faults = [Fault.NOT_SENT]
    (attachment,) = desk.send("Hallo", files=(FILE,), files_digest="d").chat.messages[0].attachments
    read = ReadAttachment(desk.chats, desk.zammad, desk.files, desk.clock)

    def deliver(call: str) -> None:
        desk.files.before_call = lambda call: None
        desk.work_until_done()
        assert desk.files.stored == {}

    desk.files.before_call = deliver
    assert read(desk.region, DEVICE, attachment.id).data == b"Text"


def test_files_move_to_the_chat_that_follows() -> None:
    """A ticket deleted before the message came to it: the next ticket gets it with its file."""
    desk = DeskInMemory()
    desk.send("eins")
    first = max(desk.zammad.tickets)
    desk.zammad.tickets[first].deleted = True
    desk.send("zwei", files=(FILE,), files_digest="d")
    desk.work_until_done()
    second = max(desk.zammad.tickets)
    assert second != first
    (article,) = [a for a in desk.zammad.tickets[second].articles if a.body == "zwei"]
    assert [desk.zammad.files[a.id] for a in article.attachments] == [b"Text"]
    assert desk.files.stored == {}


def own(filename: str, size: int) -> Attachment:
    return Attachment("0" * 64, 0, filename, str(size), "text/plain", "key")


def there(number: int, filename: str, size: int) -> ArticleAttachment:
    return ArticleAttachment(number, filename, str(size), "text/plain")


def test_zammads_files_are_told_apart_in_any_order() -> None:
    """By name and size; a name that Zammad changed, by its size; each of them once."""
    sent = (own("a", 1), own("b", 1), own("a", 2), own("ö?", 3), own("x", 9))
    found = (there(4, "o_", 3), there(3, "a", 2), there(2, "b", 1), there(1, "a", 1))
    assert [a.source_id for a in match_files(sent, found)] == [1, 2, 3, 4, 0]
    twins = match_files((own("a", 1), own("a", 1)), (there(1, "a", 1), there(2, "a", 1)))
    assert {a.source_id for a in twins} == {1, 2}


def test_no_link_without_a_scheme_and_no_foreign_picture() -> None:
    """What the sanitiser lets through of addresses is on the list, however it is written."""
    for address in ("//x.example", "/x", "x", "\tjavascript:x", "java\nscript:x", "data:,x", "a:b"):
        assert "href" not in sanitise(f'<a href="{address}">x</a>')
        assert sanitise(f'<img src="{address}">') == ""
    assert 'href="https://x.example/"' in sanitise('<a href="https://x.example/">x</a>')
    inline = "/api/v1/ticket_attachment/1/2/3"
    for around in ("https://x.example{}", "{}/../4", "{}?view=inline&x", "{}#", "x{}", "{}\n?"):
        assert sanitise(f'<img src="{around.format(inline)}">') == ""
    assert sanitise(f'<img src="{inline}" width=1>') == '<img src="attachment:3">'


def test_html_of_too_many_tags_is_text() -> None:
    """A cleaner's time grows with the square of their depth; the words are kept, and harmless."""
    deep = "<div>" * 40_000 + "Montag &lt;b&gt; <script>alert(1)</script>"
    assert sanitise(deep).split() == ["Montag", "&lt;b&gt;", "alert(1)"]
    assert sanitise("<" * 400_000) == "&lt;" * 400_000


def test_types_by_content_are_quick_and_strict() -> None:
    """Only what begins as its type does; a text may hold every character that is shown."""
    assert content_type("\ufeffÄ €\U0001f600\tx\r\n".encode()) == "text/plain"
    assert content_type("a\u0085b".encode()) is None
    assert content_type(b"x" * MOST_FILE_BYTES) == "text/plain"
    assert content_type(b" %PDF-1.7\n\xff") is None
    assert content_type(b"\0\0\0\x18ftypmif1\0\0\0\0mif1avif") is None
    assert content_type(b"\0\0\0\x14ftypheic\0\0\0\0heic") == "image/heic"
    assert content_type(b"\xff\xff\xff\xffftyp") is None


def test_a_store_that_fails_after_the_message_was_accepted() -> None:
    """The message is pending, not refused, and delivered as soon as it can be."""
    desk = DeskInMemory()

    def fail(call: str) -> None:
        desk.files.broken = call == "load"

    desk.files.before_call = fail
    sent = desk.send("Hallo", files=(FILE,), files_digest="d")
    assert sent.message is not None
    assert sent.message.is_pending
    assert desk.zammad.tickets == {}
    desk.files.before_call = lambda call: None
    desk.files.broken = False
    assert desk.work() == []
    assert list(desk.zammad.files.values()) == [b"Text"]


def test_a_message_without_its_file_is_recognised() -> None:
    """The article that names a file which is gone is the message, where servers drop markers."""
    desk = DeskInMemory(drops_message_ids=True)
    desk.send("eins")
    desk.zammad.faults = [Fault.NOT_SENT]
    desk.send("[zwei]", files=(FILE,), files_digest="d")
    desk.files.stored.clear()
    desk.zammad.write_faults = [Fault.LOST_ANSWER]
    desk.run(desk.queue.jobs[-1])
    desk.clock.advance(31)
    desk.work_until_done()
    users = [body for body in desk.ticket if not body.startswith("echo")]
    assert users == ["eins", "[zwei]<br>[a.txt: not available any more]"]


def test_zammads_answer_says_where_the_file_is() -> None:
    """After a later message's delivery its file is had from Zammad, with no look at the ticket."""
    desk = DeskInMemory()
    desk.send("eins")
    message = desk.send("zwei", files=(FILE,), files_digest="d").message
    assert message is not None
    desk.files.stored.clear()
    desk.zammad.calls.clear()
    read = ReadAttachment(desk.chats, desk.zammad, desk.files, desk.clock)
    assert read(desk.region, DEVICE, message.attachments[0].id).data == b"Text"
    assert desk.zammad.calls == ["download"]


def test_a_deleted_ticket_has_no_files() -> None:
    """Whichever way Zammad says that the ticket is gone, the file does not exist."""
    desk = DeskInMemory()
    message = desk.send("eins", files=(FILE,), files_digest="d").message
    assert message is not None
    desk.zammad.tickets[max(desk.zammad.tickets)].deleted = True
    read = ReadAttachment(desk.chats, desk.zammad, desk.files, desk.clock)
    with pytest.raises(AttachmentNotFound):
        read(desk.region, DEVICE, message.attachments[0].id)
