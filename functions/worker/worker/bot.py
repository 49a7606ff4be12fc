"""The region's bot: a chatbot of this bundle, asked in this process."""

from __future__ import annotations

import html
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from switchboard.api.router import Logger
from switchboard.domain.articles import to_html
from switchboard.domain.directory import Region
from switchboard.domain.errors import AppError, Misconfigured, ModelFailed
from switchboard.domain.session import Source
from switchboard.ports.directory import DirectoryRepository
from switchboard.usecases.take_turn import Turns


@dataclass(frozen=True, slots=True)
class RegionBot:
    directory: DirectoryRepository
    turns: Turns
    logger: Logger

    def answer(self, region: Region, texts: Sequence[str], language: str, deadline: int) -> str:
        """The answer as HTML, its sources as a list below it.

        Raises `Misconfigured` if the region names no chatbot there is, and what a turn raises;
        what nobody foresaw is logged and becomes a `ModelFailed`: the user gets an apology.
        """
        chatbot = self.directory.chatbot(region.chatbot) if region.chatbot else None
        if chatbot is None:
            raise Misconfigured("The region's chatbot does not exist.")
        try:
            answer = self.turns.answer(chatbot, texts, deadline=deadline, language=language)
        except AppError:
            raise
        except Exception:
            self.logger.exception("the bot failed", extra={"chatbot": chatbot.id})
            raise ModelFailed from None
        if not answer.text.strip():
            raise ModelFailed("The chatbot's answer is empty.")
        return to_html(answer.text.strip()) + _source_list(answer.sources)


def _source_list(sources: Iterable[Source]) -> str:
    """As contracts/userchat.md writes it; links other than http and https are left out."""
    items = [
        f"<li><a href='{html.escape(source.url)}'>{html.escape(source.title)}</a></li>"
        for source in sources
        if source.url.startswith(("https://", "http://"))
    ]
    return f"\n<ul>{''.join(items)}</ul>" if items else ""
