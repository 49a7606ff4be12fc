"""Which plugins take part in a turn, and what a static plugin tells the model."""

from __future__ import annotations

import re
from typing import Any

import pytest

from switchboard.domain.directory import Directive, Plugin
from switchboard.domain.plugins import (
    STATIC_KINDS,
    ToolFailed,
    plugins_called,
    selected,
    static_tool,
    system_text,
    tools_of,
)


def plugin(name: str, directive: Directive, *terms: str, **fields: Any) -> Plugin:
    data = {"staticData": {"topic": "text"}}
    return Plugin(name, "static", directive, terms, **{"data": data, **fields})


@pytest.mark.parametrize(
    ("term", "message", "expected"),
    [
        ("Sprachkurs", "Wo ist ein SPRACHKURS?", True),
        ("STRASSE", "In welcher Straße?", True),
        ("kurs", "Ein Sprachkurs", False),
        ("language course", "a course in my language", True),
        ("language course", "language courses", True),
        ("language course", "languages and a course", False),
        ("open hour", "your open hours?", True),
        ("e-mail", "What is your E-Mail?", True),
        ("Köln", "koln", False),
        ("Cafe\u0301", "Das Café hat offen", True),
        ("دورة لغة", "أين أجد دورة لغة؟", True),
        ("foo_bar", "foo_bar", True),
        ("foo_bar", "foo_bar für mich", True),
        ("bar", "foo_bar", True),
        ("bar", "foo_bar für mich", True),
        ("C++", "I like c", False),
        ("C++", "Gibt es C++, für mich?", True),
        ("c++ course", "A course in C++?", True),
        ("C", "I like C++", True),
        ("C#", "C# or F#?", True),
        ("B1", "Ein Kurs B1+", True),
        ("kinder eltern", "Kinder+Eltern", True),
        ("Kinder+Eltern", "eltern und kinder", True),
        ("学校", "我想找学校", True),
        ("学校 报名", "怎么报名上学校？", True),
        ("学校", "我想找医院", False),
        ("โรงเรียน", "ฉันกำลังหาโรงเรียนสำหรับลูก", True),
        ("โรงเรียน", "หาโรง\u200bเรียน", True),
        ("学校", "子どもの学校はどこですか", True),
        ("ビザ", "ビザを延長したい", True),
        ("+", "1 + 1", False),
        ("?", "What?", False),
        ("", "What?", False),
        ("doctor", "", False),
    ],
)
def test_a_term_matches_by_words(term: str, message: str, expected: bool) -> None:
    """Case-folded; all words as whole words in any order, or several words as they stand."""
    called = plugins_called([plugin("a", Directive.SEARCH_TERMS, term)], [message])
    assert bool(called) is expected


def test_directives_decide_who_takes_part() -> None:
    """`always` and `llm` take part in every turn, `search_terms` when one of its terms is met."""
    plugins = (
        plugin("a", Directive.ALWAYS),
        plugin("b", Directive.SEARCH_TERMS, "doctor", "sick"),
        plugin("c", Directive.SEARCH_TERMS, "waste"),
        plugin("d", Directive.LLM),
    )
    called = plugins_called(plugins, ["Hello", "I am sick."])
    assert called == ("b",)
    assert [each.name for each in selected(plugins, called)] == ["a", "b", "d"]


def test_each_system_text_comes_once() -> None:
    """The bot's role first, then every plugin's text, the same text only once."""
    plugins = (
        plugin("a", Directive.ALWAYS, system_role="Be brief."),
        plugin("b", Directive.ALWAYS, system_role=" Be brief. "),
        plugin("c", Directive.ALWAYS, system_role="Be kind."),
        plugin("d", Directive.ALWAYS),
    )
    assert system_text("You help.", plugins) == "You help.\n\nBe brief.\n\nBe kind."
    assert system_text("", ()) == ""
    assert system_text("You help.", (), "uk").endswith("'uk'.")


def test_tool_names_are_what_the_protocol_allows() -> None:
    """At most 64 of `A-Za-z0-9_-`, unique in the request, whatever the plugins are called."""
    names = ["opening hours", "opening/hours", "x" * 80, "x" * 90, "Öffnung", "مكتب"]
    tools = tools_of([plugin(name, Directive.ALWAYS) for name in names], STATIC_KINDS)
    assert len(tools) == len(names)
    assert all(re.fullmatch(r"[A-Za-z0-9_-]{1,64}", name) for name in tools)
    assert [tool.plugin for tool in tools.values()] == names


def test_what_cannot_be_a_tool_is_none() -> None:
    """A plugin without data, or of a class not served here, offers the model nothing."""
    empty = plugin("a", Directive.ALWAYS, data={})
    unknown = Plugin("b", "sql", Directive.ALWAYS, data={"staticData": {"x": 1}})
    odd = plugin("c", Directive.ALWAYS, data={"staticData": ["x"]})
    assert tools_of([empty, unknown, odd], STATIC_KINDS) == {}


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("Grüße", "Grüße"),
        (1.5, "1.5"),
        (None, "null"),
        (False, "false"),
        (["ä", 1], '["ä", 1]'),
        ({"a": {"b": None}}, '{"a": {"b": null}}'),
    ],
)
def test_any_json_value_becomes_text(value: Any, text: str) -> None:
    """Text is returned as it is, every other value as JSON, whatever the case of the topic."""
    tool = static_tool(plugin("a", Directive.ALWAYS, data={"staticData": {"Topic": value}}), "a")
    assert tool is not None
    assert tool.run({"inquiry_type": "topic"}, 0) == text


@pytest.mark.parametrize(("asked", "text"), [("a", "lower"), ("A", "upper"), (" a ", "lower")])
def test_the_topic_as_it_is_written_comes_first(asked: str, text: str) -> None:
    """Topics may differ in case only; otherwise case does not matter."""
    data = {"staticData": {"A": "upper", "a": "lower"}}
    tool = static_tool(plugin("a", Directive.ALWAYS, data=data), "a")
    assert tool is not None
    assert tool.run({"inquiry_type": asked}, 0) == text


def test_an_unknown_topic_lists_the_known_ones() -> None:
    """The model learns what it may ask for."""
    tool = static_tool(plugin("a", Directive.ALWAYS), "a")
    assert tool is not None
    with pytest.raises(ToolFailed, match="topic"):
        tool.run({"inquiry_type": "moon"}, 0)
    with pytest.raises(ToolFailed):
        tool.run({}, 0)


def test_a_long_run_of_marks_is_read_as_fast_as_words() -> None:
    """A message may be as long as a request: one mark after the other must not add up."""
    plugin = Plugin("courses", "static", Directive.SEARCH_TERMS, ("C++",))
    assert plugins_called([plugin], ["+" * 300_000]) == ()
    assert plugins_called([plugin], ["+" * 300_000 + " C++"]) == ("courses",)
