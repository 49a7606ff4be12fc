"""`switchboard journal KEY`: what a chatbot was asked and answered, for whoever has to explain it.

The key is `metadata.key` of an answer or an error, `key` in the log, `X-Request-Id` of the OpenAI
protocol. Passwords and keys in texts are not shown.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from dataclasses import asdict
from datetime import UTC, datetime

from switchboard.adapters.dynamodb_journal import DynamoDbJournal
from switchboard.domain.journal import Entry
from switchboard_cli import stack
from switchboard_cli.main import CommandError


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("key", help="of the answer, the error or the log line")
    parser.add_argument("--json", action="store_true", help="as one JSON document")
    stack.add_options(parser)


def run(arguments: argparse.Namespace) -> int:
    key = arguments.key.strip().lower()
    if not re.fullmatch(r"[0-9a-f]{64}", key):
        raise CommandError("a journal key is 64 hexadecimal digits")
    with stack.opened(arguments) as opened:
        conversations = opened.conversations()
        entry = DynamoDbJournal(conversations.dynamodb, conversations.table).find(key)
    if entry is None:
        print("switchboard: no such entry; they are kept for 30 days", file=sys.stderr)
        return 1
    if arguments.json:
        print(json.dumps(asdict(entry), ensure_ascii=False, indent=2))
    else:
        print(_text(entry))
    return 0


def _text(entry: Entry) -> str:
    began = datetime.fromtimestamp(entry.at / 1000, UTC).isoformat(timespec="milliseconds")
    tools = [f"{function} ({error})" if error else function for function, error in entry.tools]
    fields = {
        "began": began,
        "took": f"{entry.ms} ms",
        "chatbot": entry.chatbot,
        "route": entry.route,
        "status": f"{entry.status} {entry.code}".strip(),
        "reason": entry.reason,
        "model": entry.model,
        "tokens": f"{entry.usage.prompt_tokens} + {entry.usage.completion_tokens}",
        "plugins": ", ".join(entry.plugins),
        "tools": ", ".join(tools),
    }
    head = "\n".join(f"{name + ':':<9} {value}" for name, value in fields.items() if value)
    return f"{head}\n\n--- asked\n{entry.request}\n\n--- answered\n{entry.response}"
