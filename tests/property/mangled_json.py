"""JSON as nobody should write it: a document changed in places, then its bytes."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from copy import deepcopy
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "0"))
Path = tuple[str | int, ...]
ODD = (
    *("null", "true", "false", "0", "1", "-1", "1.5", "1e999", "-1e999", "NaN", "-0.0", "1e400"),
    *("9223372036854775807", "9223372036854775808", "9" * 400, "9" * 5000),
    *('""', '"0"', '"false"', '"\\ud800"', '"\\u0000"', '"\\udfff\\ud800"', '"' + "x" * 5000 + '"'),
    *("[]", "{}", "[[]]", '{"id":1}', '{"id":1,"id":2}', "[" * 3000 + "]" * 3000),
    *('{"a":' * 3000 + "1" + "}" * 3000, "[" * 3000, "", ",", "'x'", "undefined"),
)
"""What stands in place of a value, as it is written; not all of it is JSON."""


def examples(number: int) -> settings:
    """As many of the same examples each time; `FUZZ_EXAMPLES=5000` asks for so many new ones."""
    return settings(
        max_examples=EXAMPLES or number,
        derandomize=not EXAMPLES,
        database=None,
        deadline=None,
        suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    )


@st.composite
def mangled(draw: st.DrawFn, document: Any, important: Sequence[Path]) -> str:
    """The document with up to three places changed, half of them among the `important`."""
    tree = deepcopy(document)
    written: dict[str, str] = {}
    places = st.one_of(st.sampled_from(list(important)), st.sampled_from(list(_paths(document))))
    for number in range(draw(st.integers(0, 3))):
        path = draw(places)
        parent, last = _at(tree, path[:-1]), path[-1]
        if isinstance(parent, str) or _at(parent, (last,)) is None:
            continue  # An earlier change took it away, or there is nothing.
        before = json.dumps(parent[last])
        odd = draw(st.sampled_from(ODD))
        change = draw(st.sampled_from(("replace", "replace", "delete", "repeat")))
        if change == "delete":
            del parent[last]
            continue
        parent[last] = f"@{number}@"
        again = f"{before},{json.dumps(last)}:{odd}" if isinstance(last, str) else before
        written[f'"@{number}@"'] = odd if change == "replace" else again
    text = json.dumps(tree, ensure_ascii=False)
    for mark in reversed(written):
        text = text.replace(mark, written[mark])
    return text


@st.composite
def damaged(draw: st.DrawFn, texts: st.SearchStrategy[str]) -> bytes:
    """The text's bytes, in half of the cases cut, flipped, filled or in another encoding."""
    text = draw(texts)
    raw = text.encode("utf-8", "surrogatepass")
    damage = draw(st.sampled_from(("none",) * 4 + ("cut", "flip", "fill", "encode")))
    place = draw(st.integers(0, max(len(raw) - 1, 0)))
    if damage == "cut":
        return raw[:place]
    if damage == "flip" and raw:
        flipped = raw[place] ^ (1 << draw(st.integers(0, 7)))
        return raw[:place] + bytes([flipped]) + raw[place + 1 :]
    if damage == "fill":
        return raw[:place] + draw(st.binary(max_size=40)) + raw[place:]
    if damage == "encode":
        kind = draw(st.sampled_from(("utf-8-sig", "utf-16", "utf-16-be", "utf-32", "latin-1")))
        return text.encode(kind, "replace")
    return raw


def _paths(tree: Any, path: Path = ()) -> Iterator[Path]:
    branches: Any = ()
    if isinstance(tree, dict):
        branches = tree.items()
    elif isinstance(tree, list):
        branches = enumerate(tree)
    for name, branch in branches:
        yield (*path, name)
        yield from _paths(branch, (*path, name))


def _at(tree: Any, path: Path) -> Any:
    """None where there is nothing."""
    for step in path:
        try:
            tree = tree[step]
        except (LookupError, TypeError):
            return None
    return tree
