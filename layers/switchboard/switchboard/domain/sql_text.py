"""A manifest's SQL: its `{placeholders}` become bind variables; one reading statement only.

The text is the operator's, so it is checked for mistakes, not for malice: what really keeps a
plugin from writing is the read-only transaction and the rights of its database user. What the
model chooses never becomes part of the text.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from switchboard.domain.parameters import PLACEHOLDER

READING = ("select", "with", "values", "table")
WRITING = re.compile(
    r"\b(insert|update|delete|merge|replace|into|drop|alter|create|truncate|grant|revoke|call|do"
    r"|copy|attach|detach|pragma|lock|load|execute|prepare)\b",
    re.IGNORECASE,
)
_TOKENS = re.compile(
    r"""(?P<comment>--(?=\s|$)[^\n]*|/\*.*?\*/)
    |(?P<quoted>'(?:[^']|'')*'|"(?:[^"]|"")*"|`(?:[^`]|``)*`|(?P<dollar>\$\w*\$).*?(?P=dollar))
    |(?P<placeholder>\{[A-Za-z_][A-Za-z0-9_]*\})
    |(?P<wrong>[{}'"`\\]|--|/\*)
    |(?P<end>;)
    |(?P<colon>:)
    |(?P<plain>[^-/'"`$\\{};:]+|.)""",
    re.VERBOSE | re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class BoundQuery:
    """`text` has `:name` for each of `names`; every other colon is escaped, as SQLAlchemy wants."""

    text: str
    names: tuple[str, ...]


def bound_query(written: str, percent: str = "%") -> BoundQuery:
    """The query with bind variables. Raises `ValueError` that says what is wrong with it.

    `percent` stands for the operator `%`, which one driver wants written twice.
    """
    parts: list[str] = []
    names: list[str] = []
    plain: list[str] = []
    ended = False
    for token in _TOKENS.finditer(written):
        kind, text = token.lastgroup, token[0]
        kind = "quoted" if token["quoted"] else kind
        if kind == "comment":
            parts.append(" ")
            continue
        if kind == "end":
            ended = True
            continue
        if ended and text.strip():
            raise ValueError("should be one statement")
        part, name = _translated(str(kind), text)
        parts.append(part.replace("%", percent) if kind == "plain" else part)
        if name:
            names.append(name)
        plain.append(text if kind == "plain" else " ")
    _check_reads("".join(plain))
    return BoundQuery("".join(parts).strip(), tuple(dict.fromkeys(names)))


def _translated(kind: str, text: str) -> tuple[str, str]:
    """What stands for a token in the bound text, and the placeholder's name if it is one."""
    match kind:
        case "placeholder":
            return f" :{text[1:-1]} ", text[1:-1]
        case "quoted":
            return _quoted(text)
        case "colon":
            return "\\:", ""
        case "wrong":
            raise ValueError(_WRONG.get(text, "has a quote that is not closed"))
    return text, ""


def _quoted(text: str) -> tuple[str, str]:
    whole = PLACEHOLDER.fullmatch(text[1:-1]) if text[0] == "'" else None
    if whole:
        return f" :{whole[1]} ", whole[1]
    if PLACEHOLDER.search(text):
        raise ValueError(
            "has a placeholder within quotes; it stands alone, and CONCAT or || joins texts"
        )
    if re.search(r"""\\['"`]""", text):
        # Where a backslash escapes and where not is up to the database and its settings.
        raise ValueError("has a quote after a backslash; a quote within quotes is written twice")
    return text.replace(":", "\\:"), ""


_WRONG = {
    "{": "has a brace; a placeholder is {name}, of letters, digits and _",
    "}": "has a brace; a placeholder is {name}, of letters, digits and _",
    "\\": "has a backslash outside of quotes",
    "--": "has -- without a space behind it; a comment begins with '-- '",
    "/*": "has a comment that is not closed",
}


def _check_reads(plain: str) -> None:
    """`plain` is the text without quotes, comments and placeholders."""
    first = re.match(r"[\s(]*(\w+)", plain)
    if first is None or first[1].lower() not in READING:
        raise ValueError("should be a query, which begins with SELECT, WITH or VALUES")
    writing = WRITING.search(plain)
    # replace() is a function of every dialect; the statement REPLACE INTO has INTO.
    while (
        writing and writing[1].lower() == "replace" and plain[writing.end() :].lstrip()[:1] == "("
    ):
        writing = WRITING.search(plain, writing.end())
    if writing:
        raise ValueError(f"should only read; it has {writing[1].upper()}")
