"""`spec.tests` of a chatbot's manifest: golden questions, and what their answers must be like.

They are for `switchboard test`; nothing of them is in the records that functions read.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Annotated, Any, Self, TypeAlias

from pydantic import BeforeValidator, Field, StringConstraints, model_validator

from switchboard_cli.manifests.errors import FieldPath
from switchboard_cli.manifests.published import OneOrSeveral
from switchboard_cli.manifests.values import Flag, Name, Part

Text: TypeAlias = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]


def _as_list(value: Any) -> Any:
    """One text as a list of one."""
    return [value] if isinstance(value, str) else value


class Expectation(Part):
    """Whatever is given must be true of the answer.

    `contains`: every one of the texts, in any case. `plugin`: the question called it, by one of
    its search terms or through the model, and it did not fail. `handOff`: whether the bot hands
    over to a human.
    """

    contains: (
        Annotated[
            tuple[Text, ...],
            BeforeValidator(_as_list),
            Field(min_length=1, strict=False),
            OneOrSeveral(),
        ]
        | None
    ) = None
    plugin: Name | None = None
    hand_off: Flag | None = None

    @model_validator(mode="after")
    def something_is_expected(self) -> Self:
        if self.contains is None and self.plugin is None and self.hand_off is None:
            raise ValueError("should have contains, plugin or handOff")
        return self


class GoldenQuestion(Part):
    ask: Text
    expect: Expectation


def faults_of_tests(
    tests: Sequence[GoldenQuestion], plugins: Sequence[str]
) -> Iterator[tuple[FieldPath, str]]:
    """Each expected plugin that is none of the chatbot's `plugins`, with its field."""
    for index, test in enumerate(tests):
        if test.expect.plugin is not None and test.expect.plugin not in plugins:
            path = ("spec", "tests", index, "expect", "plugin")
            yield path, f"the chatbot has no plugin named {test.expect.plugin}"
