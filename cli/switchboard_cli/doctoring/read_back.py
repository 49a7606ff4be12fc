"""Are the articles that came back the ones that were written? The bridge relies on each part."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from switchboard.domain.articles import to_text
from switchboard.domain.ticket import AUTOMATIC_SUBJECT, USER_SUBJECT
from switchboard_cli.doctoring.findings import Report, quoted

Article = Mapping[str, Any]


def examine_articles(
    articles: Sequence[Article], text: str, markers: Sequence[str], report: Report
) -> None:
    """The user's article and the bridge's internal one, in the order they were written."""
    _same(
        "article-sender",
        [article.get("sender") for article in articles],
        ["Customer", "Agent"],
        "who wrote a message cannot be told",
        report,
    )
    _same(
        "article-subject",
        [article.get("subject") for article in articles],
        [USER_SUBJECT, AUTOMATIC_SUBJECT],
        "the bridge does not recognise its own articles",
        report,
    )
    _same(
        "article-internal",
        [article.get("internal") for article in articles],
        [False, True],
        "the user would see what is for advisers, or nothing",
        report,
    )
    _examine_body(str(articles[0].get("body")), text, report)
    _examine_markers([article.get("message_id") for article in articles], markers, report)


def _same(
    name: str, read: Sequence[object], written: Sequence[object], else_: str, report: Report
) -> None:
    if read == written:
        report.ok(name, quoted(" / ".join(str(value) for value in written)))
    else:
        report.missing(name, f"{quoted(written)} was written, {quoted(read)} came back: {else_}")


def _examine_body(body: str, text: str, report: Report) -> None:
    """Escaped characters have to come back escaped, line ends as `<br>`, no letter lost."""
    body = re.sub(r"<br\s*/?>", "<br>", body)
    read = to_text(body)
    is_escaped = "<" not in body.replace("<br>", "")
    if is_escaped and read == text:
        report.ok("article-body", "text, line ends and special characters are kept")
    elif is_escaped and read.split() == text.split() and "<br>" in body:
        report.ok("article-body", "the text is kept; this server writes line ends in its own way")
    else:
        remedy = [
            "Does the database take every letter (UTF-8, four bytes)?",
            "Does a proxy or an add-on rewrite articles?",
        ]
        report.missing("article-body", f"{quoted(body)} came back", remedy)


def _examine_markers(read: Sequence[object], markers: Sequence[str], report: Report) -> None:
    if read == markers:
        report.ok("message-id", "kept: a repeated article is recognised by it")
        return
    text = (
        "warning: this server drops message_id, so a repeated article is recognised by sender, "
        "subject and text; two equal messages sent at once may then be taken for one"
    )
    report.ok("message-id", text)
