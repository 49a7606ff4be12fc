"""The region's bot: a chatbot of this bundle, asked in this process, or an answer service."""

from __future__ import annotations

import html
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from switchboard.adapters import answer_service
from switchboard.api.turn_log import log_turn, provider_status
from switchboard.domain.articles import to_html
from switchboard.domain.directory import Region
from switchboard.domain.errors import AppError, Misconfigured, ModelFailed
from switchboard.domain.session import Answer, Source
from switchboard.ports.clock import Clock
from switchboard.ports.directory import DirectoryRepository
from switchboard.ports.log import Logger
from switchboard.usecases.take_turn import Turns
from worker.answering import BotAnswer


@dataclass(frozen=True, slots=True)
class RegionBot:
    directory: DirectoryRepository
    turns: Turns
    clock: Clock
    logger: Logger

    def answer(
        self, region: Region, texts: Sequence[str], language: str, deadline: int
    ) -> BotAnswer:
        """The answer as HTML, its sources as a list below it.

        Raises `Misconfigured` if the region names no chatbot there is, and what a turn raises;
        what nobody foresaw is logged and becomes a `ModelFailed`: the user gets an apology.
        """
        try:
            if region.answer_service is not None:
                return self._ask_service(region, region.answer_service, texts, language, deadline)
            answer = self._ask_chatbot(region, texts, language, deadline)
        except AppError as error:
            extra = {"region": region.slug, "code": error.code, **provider_status(error)}
            self.logger.info("the bot has no answer", extra=extra)
            raise
        except Exception:
            self.logger.exception("the bot failed", extra={"region": region.slug})
            raise ModelFailed from None
        if not answer.text.strip() and not answer.hands_off:
            raise ModelFailed("The chatbot's answer is empty.")
        return BotAnswer(_body(answer.text, answer.sources), answer.hands_off)

    def _ask_chatbot(
        self, region: Region, texts: Sequence[str], language: str, deadline: int
    ) -> Answer:
        chatbot = self.directory.chatbot(region.chatbot) if region.chatbot else None
        if chatbot is None:
            raise Misconfigured("The region's chatbot does not exist.")
        began_at = self.clock.now()
        answer = self.turns.answer(chatbot, texts, deadline=deadline, language=language)
        now = self.clock.now()
        log_turn(self.logger, chatbot, answer, began_at, now, region=region.slug)
        return answer

    def _ask_service(
        self, region: Region, host: str, texts: Sequence[str], language: str, deadline: int
    ) -> BotAnswer:
        seconds = (deadline - self.clock.now()) / 1000
        base = region.answer_pages
        answer = answer_service.answer(
            host, texts, language, region.slug, seconds=seconds, base=base
        )
        return BotAnswer(_body(answer.text, answer.sources), answer.hands_off)


def _body(text: str, sources: Iterable[Source]) -> str:
    return to_html(text.strip()) + _source_list(sources) if text.strip() else ""


def _source_list(sources: Iterable[Source]) -> str:
    """As contracts/userchat.md writes it; links other than http and https are left out."""
    items = [
        f"<li><a href='{html.escape(source.url)}'>{html.escape(source.title)}</a></li>"
        for source in sources
        if source.url.startswith(("https://", "http://"))
    ]
    return f"\n<ul>{''.join(items)}</ul>" if items else ""
