"""The widget as it is committed: what its sources make, and small."""

from __future__ import annotations

import gzip
import hashlib
import json
from pathlib import Path

WEB = Path(__file__).parents[2] / "web"
BUILT = WEB / "dist" / "switchboard-chat.js"
MADE_FROM = ("build.mjs", "package-lock.json", "package.json", "tsconfig.json")
MOST_BYTES = 20 * 1024


def sources() -> list[str]:
    """Everything that `web/build.mjs` takes, by path."""
    folders = [path for folder in ("src", "texts") for path in (WEB / folder).iterdir()]
    return sorted([*MADE_FROM, *(path.relative_to(WEB).as_posix() for path in folders)])


def test_the_built_file_is_of_these_sources() -> None:
    """`make web` was run after the last change of the sources."""
    digest = hashlib.sha256()
    for path in sources():
        digest.update(f"{path}\0".encode() + (WEB / path).read_bytes() + b"\0")
    assert f"made from sources {digest.hexdigest()[:16]} */" in BUILT.read_text().partition("\n")[0]


def test_the_built_file_is_small() -> None:
    """A page that embeds the chat loads no more than 20 KB for it, compressed."""
    assert len(gzip.compress(BUILT.read_bytes(), 9)) <= MOST_BYTES


def test_every_language_says_everything() -> None:
    """Each of the ten languages has every text, with the values that the English one names."""
    texts = {path.stem: json.loads(path.read_text()) for path in (WEB / "texts").glob("*.json")}
    assert len(texts) == 10
    for language, own in texts.items():
        assert list(own) == list(texts["en"]), language
        for key, text in texts["en"].items():
            assert own[key].strip(), (language, key)
            assert own[key].count("{") == text.count("{"), (language, key)
            assert "|" not in own[key]


def test_the_lock_names_no_registry() -> None:
    """The lock pins what npm installs by content, from whichever registry a person uses."""
    lock = json.loads((WEB / "package-lock.json").read_text())
    assert not [name for name, entry in lock["packages"].items() if "resolved" in entry]
    assert all("integrity" in entry for name, entry in lock["packages"].items() if name)
