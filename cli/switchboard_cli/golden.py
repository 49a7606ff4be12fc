"""Golden questions: chatbots as their manifests make them, asked in this process.

A question is a turn as the functions take it, with the same model and the same plugins, but it
needs no stack: it is not stored, not counted against the chatbot's limits and not journaled.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from switchboard.adapters.directory_documents import Key, chatbot_key, encode
from switchboard.adapters.functions import LoadedFunctions
from switchboard.adapters.models import Models
from switchboard.adapters.plugin_kinds import LoadedKinds, Resources
from switchboard.adapters.system import SystemClock
from switchboard.domain.directory import Chatbot
from switchboard.domain.errors import AppError, Misconfigured
from switchboard.domain.ids import SecretName
from switchboard.domain.session import Answer
from switchboard.usecases.take_turn import Turns
from switchboard_cli.manifests import Manifests
from switchboard_cli.manifests.applying import Configuration, check_manifests
from switchboard_cli.manifests.golden_questions import Expectation, GoldenQuestion
from switchboard_cli.manifests.models import ChatbotManifest
from switchboard_cli.manifests.records import look_up_records
from switchboard_cli.manifests.store import StoredValue

TURN_MS = 25_000
"""As long as a turn of the deployed chatbot may take."""


@dataclass(frozen=True, slots=True)
class _Nothing:
    api_domain: str = ""

    def read_all(self) -> dict[Key, str]:
        return {}

    def secrets(self, names: Iterable[str]) -> dict[str, StoredValue]:
        return {}


NOTHING_APPLIED: Configuration = _Nothing()


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one question: `faults` say what the answer should have been, none: passed.

    `plugins` were called by a term or by the model, `tools` is every tool that ran.
    """

    ask: str
    said: str = ""
    faults: tuple[str, ...] = ()
    plugins: tuple[str, ...] = ()
    tools: tuple[str, ...] = ()
    hands_off: bool = False
    tokens: int = 0
    ms: int = 0


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """A chatbot with its golden questions; `account/name` is its title."""

    title: str
    chatbot: Chatbot
    questions: tuple[GoldenQuestion, ...]
    turns: Turns = field(repr=False)

    def outcomes(self) -> Iterator[Outcome]:
        """Asks one question after the other; what fails is an outcome, never an exception."""
        now = self.turns.clock.now
        for question in self.questions:
            started = now()
            try:
                answer = self.turns.answer(self.chatbot, [question.ask], deadline=started + TURN_MS)
            except AppError as error:
                why = error.data.get("reason", error.detail)
                faults = (f"there was no answer: {error.code}: {why}",)
                yield Outcome(question.ask, faults=faults, ms=now() - started)
            else:
                yield _outcome(question, answer, now() - started)


def rehearsals(manifests: Manifests, applied: Configuration) -> list[Rehearsal]:
    """Every chatbot that these manifests name, or change through a plugin or a connection of it.

    Nothing is written. Raises `ManifestErrors` as `apply_manifests` does.
    """
    before = applied.read_all()
    resolution, catalogue = check_manifests(manifests, applied, before)
    named = {manifest.key for manifest in resolution.manifests}
    given = {f"{name}:{put.version}": put.value for name, put in resolution.puts.items()}
    secrets = _Secrets(given, applied)
    clock = SystemClock()
    resources = Resources(secrets, clock)
    turns = Turns(Models(secrets, clock), clock, LoadedKinds(resources), LoadedFunctions(resources))
    bots = {
        (record.account, record.name): record
        for record in look_up_records(catalogue)
        if isinstance(record, Chatbot)
    }
    found = []
    for manifest, model in catalogue.of(ChatbotManifest):
        chatbot = bots[manifest.account, manifest.name]
        if manifest.key in named or before.get(chatbot_key(chatbot.id)) != encode(chatbot):
            title = f"{manifest.account}/{manifest.name}"
            found.append(Rehearsal(title, chatbot, model.spec.tests, turns))
    return found


@dataclass(frozen=True, slots=True)
class _Secrets:
    """`SecretStore` over what the manifests bring along, and what is stored."""

    given: Mapping[str, str] = field(repr=False)
    applied: Configuration

    def get(self, name: SecretName) -> str:
        if name in self.given:
            return self.given[name]
        stored = self.applied.secrets([name]).get(name)
        if stored is None:
            raise Misconfigured(f"There is no secret named {name}.")
        return stored.value


def _outcome(question: GoldenQuestion, answer: Answer, ms: int) -> Outcome:
    worked = [use.plugin for use in answer.tool_calls if use.plugin and not use.error]
    plugins = tuple(dict.fromkeys((*answer.terms_matched, *worked)))
    return Outcome(
        ask=question.ask,
        said=answer.text,
        faults=tuple(_faults(question.expect, answer, plugins)),
        plugins=plugins,
        tools=tuple(use.function for use in answer.tool_calls),
        hands_off=answer.hands_off,
        tokens=answer.usage.total_tokens,
        ms=ms,
    )


def _faults(expect: Expectation, answer: Answer, plugins: Iterable[str]) -> Iterator[str]:
    said = answer.text.casefold()
    for text in expect.contains or ():
        if text.casefold() not in said:
            yield f"should contain: {text}"
    if expect.plugin is not None and expect.plugin not in plugins:
        yield f"should call the plugin {expect.plugin}"
    if expect.hand_off is not None and expect.hand_off != answer.hands_off:
        yield "should hand over to a human" if expect.hand_off else "should not hand over"
