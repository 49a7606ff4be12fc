"""YAML's tree of nodes, within bounds: what of YAML a manifest does not need is refused here.

Aliases make a small file stand for a huge or an endless one, and deep nesting would exhaust the
stack of whatever reads it. Messages never repeat what is written: an unquoted secret that begins
with `!` or `*` is a tag or an alias to YAML.
"""

from __future__ import annotations

from typing import Any

from ruamel.yaml.composer import Composer, ComposerError
from ruamel.yaml.constructor import ConstructorError, RoundTripConstructor
from ruamel.yaml.events import AliasEvent

MOST_VALUES = 100_000
"""In one document, every alias counted as what it stands for."""
DEEPEST = 50
TAG = "begins with !, which is a YAML tag to this reader; put text in quotes, or leave the tag out"
NO_ANCHOR = (
    "begins with *, which is a YAML alias to this reader, and nothing above has an anchor (&) of "
    "that name; put text in quotes, or correct the name"
)


class ManifestComposer(Composer):
    """Composes documents of at most `MOST_VALUES` values in `DEEPEST` levels, without tags."""

    def __init__(self, loader: Any = None) -> None:
        super().__init__(loader)
        self.warn_double_anchors = False  # YAML allows it: the later one counts from there on
        self._around: list[_Size] = []
        self._finished: dict[int, _Size] = {}

    def compose_document(self) -> Any:
        self._around, self._finished = [], {}
        return super().compose_document()

    def compose_node(self, parent: Any, index: Any) -> Any:
        """As the library's. Raises `ComposerError` for what is refused, at its line."""
        event = self.parser.peek_event()
        if isinstance(event, AliasEvent):
            size = self._size_of_alias(event)
            node = super().compose_node(parent, index)
        else:
            if event.ctag is not None:
                raise _refused(TAG, event)
            size = _Size()
            self._refuse_deep(size, event)
            self._around.append(size)
            node = super().compose_node(parent, index)
            self._around.pop()
            self._finished[id(node)] = size
        self._refuse_deep(size, event)
        if self._around:
            self._around[-1].add(size)
            if self._around[-1].values > MOST_VALUES:
                what = "its aliases" if isinstance(event, AliasEvent) else "it"
                message = f"is too large: {what} would make more than {MOST_VALUES:,} values"
                raise _refused(message, event)
        return node

    def _size_of_alias(self, event: Any) -> _Size:
        node = self.anchors.get(event.anchor)
        if node is None:
            raise _refused(NO_ANCHOR, event)
        if id(node) not in self._finished:
            raise _refused("this alias (*) stands inside its own anchor (&)", event)
        return self._finished[id(node)]

    def _refuse_deep(self, size: _Size, event: Any) -> None:
        if len(self._around) + size.levels > DEEPEST:
            raise _refused(f"is nested too deeply; at most {DEEPEST} levels are read", event)


class ManifestConstructor(RoundTripConstructor):
    """Leaves dates as the text they are written as; a number nobody can read is refused."""

    def construct_yaml_int(self, node: Any) -> Any:
        try:
            return super().construct_yaml_int(node)
        except ValueError:
            raise ConstructorError(
                problem="this number is too long; put text in quotes", problem_mark=node.start_mark
            ) from None


INT, TIMESTAMP = (f"tag:yaml.org,2002:{name}" for name in ("int", "timestamp"))
ManifestConstructor.add_constructor(INT, ManifestConstructor.construct_yaml_int)
ManifestConstructor.add_constructor(TIMESTAMP, ManifestConstructor.construct_yaml_str)


class _Size:
    """How many values a node stands for, itself included, and in how many levels."""

    def __init__(self) -> None:
        self.values = 1
        self.levels = 1

    def add(self, inner: _Size) -> None:
        self.values += inner.values
        self.levels = max(self.levels, inner.levels + 1)


def _refused(message: str, event: Any) -> ComposerError:
    return ComposerError(problem=message, problem_mark=event.start_mark)
