"""Which plugins take part in a turn, and what a static one tells the model.

Selection knows nothing of a plugin's class. A class becomes a tool through a function of the
type `PluginKind`; the static one is here because it needs nothing but the manifest, the others
are adapters (`adapters/plugin_kinds.py`).
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Protocol

from switchboard.domain.conversation import ToolOffer
from switchboard.domain.directory import Directive, Plugin
from switchboard.domain.errors import AppError

INQUIRY = "inquiry_type"
TOOL_NAME_LENGTH = 64
MARKS_WITHIN = re.compile(r"(?<![+#])[+#]++(?!\s|$)")
"""Not at the end of a word. Each run is looked at once, so that a long one takes no longer."""
UNSPACED = re.compile(
    "[\u0e00-\u0fff\u1000-\u109f\u1780-\u17ff"  # Thai, Lao, Tibetan, Burmese, Khmer
    "\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]"  # Japanese, Chinese
)
"""Scripts that do not part words by spaces."""
ZERO_WIDTH_SPACE = "\u200b"
"""What some writers of such scripts put between words."""


class ToolFailed(AppError):
    """A tool could not do what the model asked; the model is told `detail` as the result."""

    code = "tool_failed"
    status = 502
    detail = "The tool failed."


@dataclass(frozen=True, slots=True)
class Tool:
    """`run` takes the model's arguments and when it has to be done, in the clock's milliseconds.

    It returns text, or raises `ToolFailed` to explain itself. With `hands_off` a call of it hands
    the conversation over to a human.
    """

    offer: ToolOffer
    run: Callable[[Mapping[str, Any], int], str]
    plugin: str = ""
    plugin_class: str = ""
    hands_off: bool = False


PluginKind = Callable[[Plugin, str], Tool | None]
"""Makes the tool of this name from a plugin; None if it has nothing to offer."""


class PluginKinds(Protocol):
    """The kinds by class: a dictionary, or what loads a kind when it is first asked for."""

    def get(self, plugin_class: str, /) -> PluginKind | None: ...


class Functions(Protocol):
    """The built-in functions by name."""

    def get(self, name: str, /) -> Tool | None: ...


def words(text: str) -> list[str]:
    """The words of a text as they are compared: case-folded, without punctuation, `_` included."""
    folded = _folded(text)
    if folded.isascii():
        return re.findall(r"[a-z0-9]+", folded)
    return "".join(c if _belongs_to_word(c) else " " for c in folded).split()


def _folded(text: str) -> str:
    return unicodedata.normalize("NFC", text).casefold()


def _belongs_to_word(character: str) -> bool:
    return character.isalnum() or unicodedata.category(character).startswith("M")


def _marked_words(text: str) -> list[str]:
    """Its words with the `+` and `#` that end them, as in `C++` and `C#`."""
    kept = "".join(c if c in "+#" or _belongs_to_word(c) else " " for c in _folded(text))
    return [word for word in MARKS_WITHIN.sub(" ", kept).split() if word.strip("+#")]


@lru_cache(maxsize=8192)
def term_words(term: str) -> tuple[str, ...]:
    """A term's words, marks included, remembered: terms are compared with every question."""
    return tuple(_marked_words(term))


@dataclass(frozen=True, slots=True)
class _Said:
    """A message as terms are looked for in it: its words, in a row, and its whole text."""

    words: frozenset[str]
    row: str
    text: str

    @classmethod
    def of(cls, message: str) -> _Said:
        plain = words(message)
        marked = _marked_words(message) if "+" in message or "#" in message else ()
        text = _folded(message).replace(ZERO_WIDTH_SPACE, "")
        return cls(frozenset((*plain, *marked)), " ".join(plain), text)

    def holds(self, word: str) -> bool:
        if word in self.words:
            return True
        return not word.isascii() and UNSPACED.search(word) is not None and word in self.text


def _is_called(wanted: Sequence[str], said: _Said) -> bool:
    """True if all the term's words are words of the message, in any order.

    A term of several words also matches as a part of the text, as in `open hour` and `open hours`;
    a word in a script that does not part words by spaces wherever it stands (ADR 50).
    """
    if not wanted:
        return False
    if all(said.holds(word) for word in wanted):
        return True
    return len(wanted) > 1 and " ".join(wanted) in said.row


def plugins_called(plugins: Iterable[Plugin], texts: Collection[str]) -> tuple[str, ...]:
    """Names of the plugins that a search term calls, given the user's messages."""
    waiting = [plugin for plugin in plugins if plugin.directive is Directive.SEARCH_TERMS]
    said = [_Said.of(text) for text in texts] if waiting else []
    return tuple(
        plugin.name
        for plugin in waiting
        if any(_is_called(term_words(t), found) for t in plugin.search_terms for found in said)
    )


def selected(plugins: Iterable[Plugin], called: Collection[str]) -> tuple[Plugin, ...]:
    """The plugins that take part: every one but those that wait for a search term in vain."""
    return tuple(
        plugin
        for plugin in plugins
        if plugin.directive is not Directive.SEARCH_TERMS or plugin.name in called
    )


def system_text(system_role: str, plugins: Iterable[Plugin], language: str = "") -> str:
    """The bot's own role, then each plugin's text, no text twice; the language comes last."""
    texts = [system_role.strip(), *(plugin.system_role.strip() for plugin in plugins)]
    if language:
        texts.append(f"Answer in the language with the code '{language}'.")
    return "\n\n".join(dict.fromkeys(text for text in texts if text))


def functions_of(names: Iterable[str], functions: Functions) -> dict[str, Tool]:
    """Tools by name. A function that is not among `functions` offers none."""
    found = {name: functions.get(name) for name in names}
    return {name: tool for name, tool in found.items() if tool}


def tools_of(
    plugins: Iterable[Plugin], kinds: PluginKinds, beside: Mapping[str, Tool] | None = None
) -> dict[str, Tool]:
    """Tools by name, after those `beside` them. A class that is not among `kinds` offers none."""
    tools = dict(beside or {})
    for plugin in plugins:
        kind = kinds.get(plugin.plugin_class)
        name = tool_name(plugin.name, tools)
        tool = kind(plugin, name) if kind else None
        if tool:
            tools[name] = tool
    return tools


def tool_name(name: str, taken: Collection[str]) -> str:
    """The plugin's name within what the chat-completions protocol allows, and not yet taken."""
    plain = re.sub(r"[^A-Za-z0-9_-]+", "_", name)[:TOOL_NAME_LENGTH] or "plugin"
    unique, number = plain, 1
    while unique in taken:
        number += 1
        unique = f"{plain[: TOOL_NAME_LENGTH - len(str(number)) - 1]}_{number}"
    return unique


def static_data(plugin: Plugin) -> Mapping[str, Any]:
    """The topics of a static plugin; empty if it has none."""
    data = plugin.data.get("staticData")
    return data if isinstance(data, Mapping) else {}


def as_text(value: Any) -> str:
    """Text as it is, any other JSON value as JSON."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def static_tool(plugin: Plugin, name: str) -> Tool | None:
    """A tool with one parameter that lists the topics, so that the model cannot ask for others."""
    data = static_data(plugin)
    if not data:
        return None
    topic = {"type": "string", "enum": list(data), "description": "What to look up."}
    return Tool(
        ToolOffer(
            name,
            plugin.description or f"Information about {plugin.name.replace('_', ' ')}.",
            {"type": "object", "properties": {INQUIRY: topic}, "required": [INQUIRY]},
        ),
        lambda arguments, _: _look_up(data, arguments),
        plugin.name,
        plugin.plugin_class,
    )


def _look_up(data: Mapping[str, Any], arguments: Mapping[str, Any]) -> str:
    asked = arguments.get(INQUIRY)
    if isinstance(asked, str):
        plain = asked.strip()
        for exact in (asked, plain):
            if exact in data:
                return as_text(data[exact])
        for topic, value in data.items():
            if topic.casefold() == plain.casefold():
                return as_text(value)
    raise ToolFailed(f"{INQUIRY} must be one of: {', '.join(data)}")


STATIC_KINDS: Mapping[str, PluginKind] = {"static": static_tool}
