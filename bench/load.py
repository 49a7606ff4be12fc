"""Many devices chatting and polling at once against the whole local stack, and what became of it.

    python -m bench.load [--devices 200] [--seconds 60]

Each device sends a message about every fifteen seconds and reads its chat every three, as apps do.
A message without an answer (an overloaded gateway gives up after 29 seconds, whatever became of it
behind) is sent again with its `Idempotency-Key`, as apps do, too.
Afterwards every message that was accepted must stand in its ticket once, in the order it was sent,
with the bot's answer behind it, and in the chat as the device reads it. Exit status 1 if anything
is lost, doubled or out of order.
"""

from __future__ import annotations

import argparse
import os
import random
import statistics
import sys
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import requests

from bench.measuring.table import markdown
from switchboard_cli.local.log import LocalLog
from switchboard_cli.local.stack import LocalSettings, LocalStack

ROOT = Path(__file__).parents[1]
READ_SECONDS, SEND_SECONDS = 3.0, 15.0
DRAIN_SECONDS = 300.0
TRIES = 5
AGENT = {"Authorization": "Token token=agent-token"}


@dataclass
class Device:
    """One app: what it sent, what it was told, what it saw in the end."""

    url: str
    number: int
    sent: list[str] = field(default_factory=list)
    tried: int = 0
    read: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    post_ms: list[float] = field(default_factory=list)
    get_ms: list[float] = field(default_factory=list)
    http: requests.Session = field(default_factory=requests.Session)
    tag: str = ""

    def run(self, until: float, patience: random.Random) -> None:
        """Sends and reads until then, starting at a moment of its own."""
        next_read = time.monotonic() + patience.uniform(0, READ_SECONDS)
        next_send = time.monotonic() + patience.uniform(0, SEND_SECONDS)
        while time.monotonic() < until:
            time.sleep(max(0.0, min(next_read, next_send, until) - time.monotonic()))
            if time.monotonic() >= next_send:
                self._send()
                next_send += patience.uniform(0.5, 1.5) * SEND_SECONDS
            if time.monotonic() >= next_read:
                self._read()
                next_read = time.monotonic() + READ_SECONDS

    def messages(self) -> list[dict[str, object]]:
        """The chat as it reads it now; none if there is no chat."""
        answer = self.http.get(self.url, timeout=30)
        found: list[dict[str, object]] = answer.json().get("messages", [])
        return found

    def _send(self) -> None:
        self.tried += 1
        text = f"Wo finde ich einen Sprachkurs? {self.number}/{self.tried}"
        headers = {"Idempotency-Key": f"load-{self.number}-{self.tried}"}
        for _ in range(TRIES):
            started = time.perf_counter()
            try:
                answer = self.http.post(
                    self.url, json={"message": text}, headers=headers, timeout=35
                )
            except requests.RequestException as error:
                self.refused[type(error).__name__] += 1
                continue
            self.post_ms.append((time.perf_counter() - started) * 1000)
            if answer.status_code == 200:
                self.sent.append(text)
                return
            self.refused[str(answer.status_code)] += 1

    def _read(self) -> None:
        started = time.perf_counter()
        try:
            headers = {"If-None-Match": self.tag} if self.tag else {}
            answer = self.http.get(self.url, headers=headers, timeout=30)
        except requests.RequestException as error:
            self.refused[type(error).__name__] += 1
            return
        self.get_ms.append((time.perf_counter() - started) * 1000)
        self.tag = answer.headers.get("ETag", "")
        self.read += 1
        if answer.status_code not in (200, 304, 404):
            self.refused[str(answer.status_code)] += 1


def main() -> int:
    parser = argparse.ArgumentParser(description="Load on the local stack: sent, seen, lost.")
    parser.add_argument("--devices", type=int, default=200)
    parser.add_argument("--seconds", type=float, default=60.0)
    arguments = parser.parse_args()
    settings = LocalSettings(
        template=ROOT / "template.yaml",
        manifests=ROOT / "examples",
        # All devices have one address here.
        parameters={
            "ApiDomain": "api.localhost",
            "PlatformDomain": "platform.localhost",
            "MessagesPerAddress": "0",
            "ReadsPerAddress": "0",
        },
    )
    with Path(os.devnull).open("w") as nowhere, LocalStack(settings, LocalLog(nowhere)) as stack:
        chat = f"{stack.url}/api/v3/augenfeld/de/chat"
        devices = [Device(f"{chat}/load-{n}/", n) for n in range(arguments.devices)]
        _load(devices, arguments.seconds)
        seconds = _drain(devices)
        faults = _faults(devices, stack.zammad_url)
    _report(devices, faults, seconds)
    return 1 if faults else 0


def _load(devices: list[Device], seconds: float) -> None:
    until = time.monotonic() + seconds
    threads = [
        threading.Thread(target=device.run, args=(until, random.Random(device.number)))
        for device in devices
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def _drain(devices: list[Device]) -> float:
    """Waits until every device has read an answer to each of its messages; the seconds it took."""
    started = time.monotonic()
    waiting = list(devices)
    while waiting and time.monotonic() - started < DRAIN_SECONDS:
        waiting = [d for d in waiting if len(d.messages()) < 2 * len(d.sent)]
        time.sleep(0.5)
    return time.monotonic() - started


def _faults(devices: list[Device], zammad_url: str) -> list[str]:
    """What is lost, doubled or out of order, in tickets and in chats."""
    tickets = _tickets(zammad_url)
    faults = []
    for device in devices:
        seen = [m for m in device.messages() if m["role"] == "user"]
        if [m["content"] for m in seen] != device.sent:
            faults.append(f"device {device.number}: the chat shows {len(seen)}/{len(device.sent)}")
        if any(m.get("pending") for m in seen):
            faults.append(f"device {device.number}: messages are pending")
        texts, answers = tickets.get(device.number, ([], 0))
        if (texts, answers) != (device.sent, len(device.sent)):
            found = f"{len(texts)} messages and {answers} answers in tickets"
            faults.append(f"device {device.number}: {len(device.sent)} sent, {found}")
    return faults


def _tickets(zammad_url: str) -> dict[int, tuple[list[str], int]]:
    """By device: the user's messages in its ticket, and how many automatic answers stand there."""
    found: dict[int, tuple[list[str], int]] = {}
    page = 1
    while True:
        answer = requests.get(
            f"{zammad_url}/api/v1/tickets?page={page}&per_page=100", headers=AGENT, timeout=30
        ).json()
        if not answer:
            return found
        for ticket in answer:
            articles = requests.get(
                f"{zammad_url}/api/v1/ticket_articles/by_ticket/{ticket['id']}",
                headers=AGENT,
                timeout=30,
            ).json()
            texts = [a["body"] for a in articles if a["sender"] == "Customer"]
            if texts:
                device = int(texts[0].rpartition(" ")[2].partition("/")[0])
                answers = sum(a["sender"] == "Agent" and not a["internal"] for a in articles)
                older, count = found.get(device, ([], 0))
                found[device] = ([*older, *texts], count + answers)
        page += 1


def _report(devices: list[Device], faults: list[str], seconds: float) -> None:
    refused: Counter[str] = sum((d.refused for d in devices), Counter())
    posts = [ms for d in devices for ms in d.post_ms]
    gets = [ms for d in devices for ms in d.get_ms]
    rows = [
        ("devices", str(len(devices))),
        ("messages tried", str(sum(d.tried for d in devices))),
        ("messages accepted", str(sum(len(d.sent) for d in devices))),
        ("reads", str(sum(d.read for d in devices))),
        ("not answered at first, by status", str(dict(refused)) if refused else "none"),
        ("send, median and 99 % (ms)", _spread(posts)),
        ("read, median and 99 % (ms)", _spread(gets)),
        ("until all was answered and seen (s)", f"{seconds:.1f}"),
        ("lost, doubled or out of order", str(len(faults))),
    ]
    print(markdown(("what", "figure"), rows))
    for fault in faults[:20]:
        print(fault)


def _spread(times: list[float]) -> str:
    if len(times) < 2:
        return "–"
    return f"{statistics.median(times):.0f} / {statistics.quantiles(times, n=100)[98]:.0f}"


if __name__ == "__main__":
    sys.exit(main())
