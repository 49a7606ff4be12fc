"""The region's translator: its answer service, or the model of its chatbot."""

from __future__ import annotations

from dataclasses import dataclass

from switchboard.adapters import answer_service
from switchboard.adapters.html_safety import sanitise
from switchboard.adapters.models import LOCAL, provider_of, without_local_fallback
from switchboard.domain.directory import Chatbot, Region
from switchboard.domain.errors import Misconfigured
from switchboard.ports.clock import Clock
from switchboard.ports.directory import DirectoryRepository
from switchboard.ports.models import ModelConnector
from switchboard.usecases.translate import Translation


@dataclass(frozen=True, slots=True)
class RegionTranslator:
    directory: DirectoryRepository
    models: ModelConnector
    clock: Clock

    def is_available(self, region: Region) -> bool:
        """The provider `local` is no model and translates nothing."""
        if region.answer_service is not None:
            return True
        chatbot = self._chatbot(region)
        return chatbot is not None and provider_of(chatbot) != LOCAL

    def translate(
        self,
        region: Region,
        text: str,
        *,
        source: str,
        target: str,
        deadline: int,
        is_html: bool = False,
    ) -> str:
        """Raises `Misconfigured` without a translator, else what a model or the service raises."""
        if region.answer_service is not None:
            seconds = (deadline - self.clock.now()) / 1000
            translated = answer_service.translate(
                region.answer_service, text, source, target, seconds=seconds
            )
        else:
            translated = self._ask_model(region, text, source, target, deadline, is_html)
        return sanitise(translated) if is_html else translated

    def _ask_model(
        self, region: Region, text: str, source: str, target: str, deadline: int, is_html: bool
    ) -> str:
        chatbot = self._chatbot(region)
        if chatbot is None:
            raise Misconfigured("The region has nothing that translates.")
        completion = Translation(self.models).translate(
            without_local_fallback(chatbot),
            text,
            source=source,
            target=target,
            deadline=deadline,
            is_html=is_html,
        )
        return completion.text

    def _chatbot(self, region: Region) -> Chatbot | None:
        return self.directory.chatbot(region.chatbot) if region.chatbot else None
