"""Figures as Markdown, beside the baseline of the same run."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from statistics import median


def markdown(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """The first column is text, the others are figures."""
    lines = [head, ["---", *["---:"] * (len(head) - 1)], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def paired_ratio(values: Sequence[float], baseline: Sequence[float]) -> float:
    """The median of the ratios of one round: what slows the machine down slows both."""
    return median(value / base for value, base in zip(values, baseline, strict=True))
