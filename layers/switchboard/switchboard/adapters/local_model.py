"""The provider `local`: no model at all. It answers from the bot's static plugins and says so.

A plugin is chosen by the words of the question; its texts may be kept by language
(`staticData: {de: …, en: …}`) or by topic. It never calls out, so it works anywhere. The one
function it calls is `request_human`.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any

from switchboard.adapters.local_phrases import COMMON_WORDS, FALLBACK, GREETINGS, HUMAN, PHRASES
from switchboard.adapters.models import LOCAL, Resources
from switchboard.domain.conversation import Completion, Role, ToolCall
from switchboard.domain.directory import Chatbot, Plugin
from switchboard.domain.plugins import as_text, static_data, words
from switchboard.ports.models import CompletionRequest

REQUEST_HUMAN = "request_human"
TEXTS = 2
"""At most this many plugins answer one question."""
WORTH_SAYING = 0.5
NEARLY_AS_GOOD = 0.75
WHOLE_WORD, PART_OF_WORD, SAME_START = 1.0, 0.75, 0.6
DESCRIBED = 0.5
"""A word of a plugin's name, description or topics counts half of a search term."""


def connect(chatbot: Chatbot, resources: Resources) -> LocalModel:
    """Needs neither a secret nor a clock."""
    return LocalModel(chatbot.plugins)


@dataclass(frozen=True, slots=True)
class LocalModel:
    """`ModelGateway` over the plugins of one chatbot."""

    plugins: tuple[Plugin, ...]

    def complete(self, request: CompletionRequest) -> Completion:
        asked = next((m.content for m in reversed(request.messages) if m.role is Role.USER), "")
        question = folded_words(asked)
        matching = self._matching(question)
        language = request.language or guess_language(question, matching or self.plugins)
        phrases = PHRASES.get(_base(language), PHRASES[FALLBACK])
        if _has_handed_over(request):
            text = phrases.handing_over
        elif _asks_for_human(request, question):
            return Completion(
                "", (ToolCall("call_1", REQUEST_HUMAN, "{}"),), model=LOCAL, provider=LOCAL
            )
        elif matching:
            texts = [_text(plugin, language, question) for plugin in matching]
            text = "\n\n".join([*texts, phrases.about])
        elif question and set(question) <= _every_word(tuple(GREETINGS.values())):
            text = phrases.greeting
        else:
            text = phrases.unknown
        return Completion(text, model=LOCAL, provider=LOCAL)

    def _matching(self, question: Sequence[str]) -> list[Plugin]:
        """The plugins that speak of the question, best first."""
        scored = [
            (score(plugin, question), plugin) for plugin in self.plugins if static_data(plugin)
        ]
        best = max((points for points, _ in scored), default=0.0)
        worth = max(WORTH_SAYING, best * NEARLY_AS_GOOD)
        chosen = [entry for entry in scored if entry[0] >= worth]
        chosen.sort(key=lambda entry: -entry[0])
        return [plugin for _, plugin in chosen[:TEXTS]]


def _has_handed_over(request: CompletionRequest) -> bool:
    """True if this turn has called for a person; other tools' results are another model's."""
    for message in reversed(request.messages):
        if message.role is Role.USER:
            return False
        if any(call.name == REQUEST_HUMAN for call in message.tool_calls):
            return True
    return False


def _asks_for_human(request: CompletionRequest, question: Sequence[str]) -> bool:
    """True if the bot may hand over, and the question uses a word for a person."""
    may_hand_over = any(offer.name == REQUEST_HUMAN for offer in request.tools)
    return may_hand_over and not _every_word(tuple(HUMAN.values())).isdisjoint(question)


def folded_words(text: str) -> list[str]:
    """Words as they are compared here: case-folded, and `ü`, `ue` and `u` are the same letter."""
    plain = "".join(
        c for c in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(c)
    )
    return words(re.sub(r"(?<=[aou])e", "", plain))


@lru_cache(maxsize=8192)
def folded_term(text: str) -> tuple[str, ...]:
    """As `folded_words`, remembered: for what stands in manifests."""
    return tuple(folded_words(text))


def score(plugin: Plugin, question: Sequence[str]) -> float:
    """How much a plugin has to do with the question: each of its words counts once, at its best."""
    points: dict[str, float] = {}
    for term in plugin.search_terms:
        hits = [_best(word, question) for word in folded_term(term)]
        if hits and all(hits):
            _add(points, hits, 1.0)
    described = [plugin.name, plugin.description, *_topics(plugin)]
    telling = set(folded_term(" ".join(described).replace("_", " "))) - _every_word(
        tuple(COMMON_WORDS.values())
    )
    _add(points, (_best(word, question) for word in telling), DESCRIBED)
    return sum(points.values())


def guess_language(question: Sequence[str], plugins: Iterable[Plugin]) -> str:
    """The language whose common words the question uses most.

    In a tie, the one among the plugins' languages whose texts share most words with the
    question; then English, if it is among those that tie, or else the first.
    """
    asked = set(question)
    counts = {language: len(_telltale(language) & asked) for language in COMMON_WORDS}
    most = max(counts.values())
    likely = [language for language, count in counts.items() if count == most]
    shared: dict[str, int] = {}
    for plugin in plugins:
        for key in _languages(plugin):
            said = set(folded_term(as_text(static_data(plugin)[key])))
            shared[key] = shared.get(key, 0) + len(said & asked)
    offered = [key for key in shared if _base(key) in likely or not most]
    if offered:
        return max(offered, key=lambda key: (shared[key], bool(most) and _base(key) == FALLBACK))
    return likely[0] if most and FALLBACK not in likely else FALLBACK


def _best(word: str, question: Sequence[str]) -> tuple[str, float] | None:
    """The word of the question that is most like `word`, and how much it is."""
    found = [(asked, _likeness(word, asked)) for asked in question]
    best = max(found, key=lambda entry: entry[1], default=("", 0.0))
    return best if best[1] else None


def _likeness(word: str, asked: str) -> float:
    if word == asked:
        return WHOLE_WORD
    if len(word) >= 5 and word in asked:
        return PART_OF_WORD
    if len(asked) >= 5 and len(word) - len(asked) <= 4 and word.startswith(asked):
        return SAME_START
    return 0.0


def _add(points: dict[str, float], hits: Iterable[tuple[str, float] | None], weight: float) -> None:
    for hit in hits:
        if hit:
            asked, likeness = hit
            points[asked] = max(points.get(asked, 0.0), likeness * weight)


def _text(plugin: Plugin, language: str, question: Sequence[str]) -> str:
    data = static_data(plugin)
    languages = _languages(plugin)
    if languages:
        wanted = (language, _base(language), FALLBACK, languages[0])
        return as_text(data[next(key for key in wanted if key in data)])
    asked = [topic for topic in data if any(_best(w, question) for w in _topic_words(topic))]
    return "\n".join(_line(topic, data) for topic in asked or data)


def _line(topic: str, data: Mapping[str, Any]) -> str:
    return f"{topic.replace('_', ' ')}: {as_text(data[topic])}"


def _languages(plugin: Plugin) -> list[str]:
    """The language codes its texts are kept under; none if they are kept by topic."""
    keys = list(static_data(plugin))
    return keys if all(re.fullmatch(r"[a-z]{2,3}(-[A-Za-z]+)?", key) for key in keys) else []


def _topics(plugin: Plugin) -> list[str]:
    return [] if _languages(plugin) else list(static_data(plugin))


def _topic_words(topic: str) -> Sequence[str]:
    return folded_term(topic.replace("_", " "))


def _base(language: str) -> str:
    return language.partition("-")[0].lower()


@cache
def _telltale(language: str) -> frozenset[str]:
    return frozenset(folded_words(f"{COMMON_WORDS[language]} {GREETINGS[language]}"))


@cache
def _every_word(texts: tuple[str, ...]) -> frozenset[str]:
    return frozenset(folded_words(" ".join(texts)))
