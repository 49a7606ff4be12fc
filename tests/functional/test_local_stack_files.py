"""Files on one machine: `switchboard dev` as a person runs it, its S3 included."""

from __future__ import annotations

from pathlib import Path

import requests

from tests.functional.echo_stack import eventually
from tests.functional.test_local_stack_process import ROOT, Dev

PDF = b"%PDF-1.7\n" + bytes(4_600_000)


def test_files_go_both_ways(tmp_path: Path) -> None:
    """A user's file reaches the ticket; an adviser's large one comes from the local S3."""
    dev = Dev(tmp_path, "--manifests", str(ROOT / "examples"))
    try:
        chat = f"{dev.address('chat')}/api/v3/augenfeld/de/chat/device-1/"
        sent = requests.post(
            chat, data={"message": "Hallo"}, files={"attachment": ("a.txt", b"Text")}, timeout=30
        )
        (file,) = sent.json()["attachments"]
        assert requests.get(f"{chat}{file['id']}/", timeout=30).content == b"Text"
        advisers = dev.address("advisers")
        requests.post(
            f"{advisers}/tickets/1/answer",
            data={"body": "Bitte", "kind": "public"},
            files={"attachment": ("heft.pdf", PDF, "application/pdf")},
            timeout=30,
        )
        (large,) = eventually(
            lambda: [
                attachment
                for message in requests.get(chat, timeout=30).json()["messages"]
                if message["role"] == "agent"
                for attachment in message["attachments"]
            ],
            60,
        )
        first = requests.get(f"{chat}{large['id']}", allow_redirects=False, timeout=30)
        assert first.status_code == 303
        assert first.headers["Location"].startswith(dev.address("AWS"))
        assert requests.get(first.headers["Location"], timeout=30).content == PDF
    finally:
        dev.end()
