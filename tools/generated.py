"""The files in docs/ that are made from the code: written anew, or compared with it."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

DOCS = Path(__file__).resolve().parent.parent / "docs"


def write_or_check(
    texts: Mapping[str, str], folder: str, arguments: Sequence[str] | None, description: str
) -> int:
    """Writes each text by its name into the folder of docs/, which the make target is named after.

    With `--check` only tells which differ. Gives the exit status.
    """
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--check", action="store_true", help="only tell what is out of date")
    check = parser.parse_args(arguments).check
    status = 0
    for name, text in texts.items():
        target = DOCS / folder / name
        if not check:
            target.parent.mkdir(exist_ok=True)
            target.write_text(text, encoding="utf-8")
        elif not target.is_file() or target.read_text(encoding="utf-8") != text:
            print(f"docs/{folder}/{name} is out of date: make {folder}", file=sys.stderr)
            status = 1
    return status
