"""The functions' log for a person: a structured record is one short line, others stay."""

from __future__ import annotations

import json
import sys
import threading
import time
from typing import Any, TextIO

_USUAL = frozenset(
    [
        *("level", "location", "message", "timestamp", "service", "sampling_rate"),
        *("xray_trace_id", "cold_start", "function_name", "function_memory_size", "function_arn"),
        *("function_request_id", "correlation_id", "taskName"),
        *("exception", "exception_name", "stack_trace"),
    ]
)
_REQUEST = frozenset(["request_id", "method", "route", "status", "ms"])


class LocalLog:
    """Lines from many threads, whole and in the order they came."""

    def __init__(self, output: TextIO | None = None) -> None:
        self._output = output
        self._lock = threading.Lock()

    def function_line(self, name: str, line: str) -> None:
        """One line that the function `name` wrote."""
        self.write(readable(name, line, time.strftime("%H:%M:%S")))

    def note(self, text: str) -> None:
        """Something the local stack itself has to say."""
        self.write(f"{time.strftime('%H:%M:%S')} {'local':<9} {text}")

    def write(self, text: str) -> None:
        with self._lock:
            print(text, file=self._output or sys.stdout, flush=True)


def readable(name: str, line: str, clock: str) -> str:
    """The line for a person: a request as `POST /path 200 34 ms`, other records with their data."""
    try:
        record = json.loads(line) if line.startswith("{") else None
    except ValueError:
        record = None
    if not isinstance(record, dict) or "message" not in record:
        return line
    start = f"{clock} {name:<9} "
    if record["message"] == "request" and record.keys() >= _REQUEST:
        return start + _request(record)
    level = str(record.get("level", "")).upper()
    words = [] if level in ("", "INFO") else [level]
    words.append(str(record["message"]))
    words += [f"{key}={_short(value)}" for key, value in record.items() if key not in _USUAL]
    text = start + " ".join(words)
    trace = record.get("exception")
    return f"{text}\n{trace}" if trace else text


def _request(record: dict[str, Any]) -> str:
    others = [
        f" {key}={_short(value)}" for key, value in record.items() if key not in _USUAL | _REQUEST
    ]
    took = round(float(record["ms"]))
    route = record["route"] or "(no route)"
    return f"{record['method']} {route} {record['status']} {took} ms{''.join(others)}"


def _short(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
