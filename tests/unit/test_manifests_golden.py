"""`spec.tests` of a chatbot: golden questions, and what may be expected of their answers."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.manifest_folder import CHATBOT, Folder, chatbot


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path)


def test_expectations_may_be_combined(folder: Folder) -> None:
    """`contains` is a text or several; plugin and handOff may stand beside it."""
    (bot,) = folder.load(
        CHATBOT + "spec:\n  tests:\n"
        "    - {ask: When?, expect: {contains: Nine, plugin: OpeningHours, handOff: false}}\n"
        "    - {ask: Where?, expect: {contains: [here, there]}}\n"
    )
    first, second = chatbot(bot).spec.tests
    assert (first.ask, first.expect.contains) == ("When?", ("Nine",))
    assert (first.expect.plugin, first.expect.hand_off) == ("opening_hours", False)
    assert second.expect.contains == ("here", "there")


@pytest.mark.parametrize(
    ("test", "error"),
    [
        ("{ask: a}", "spec.tests[0].expect: is missing"),
        ("{expect: {plugin: a}}", "spec.tests[0].ask: is missing"),
        ("{ask: '  ', expect: {plugin: a}}", "spec.tests[0].ask: should not be empty"),
        ("{ask: a, expect: {}}", "spec.tests[0].expect: should have contains, plugin or handOff"),
        ("{ask: a, expect: {contains: []}}", "spec.tests[0].expect.contains: "),
        ("{ask: a, expect: {contains: [b, '']}}", "spec.tests[0].expect.contains[1]: "),
        ("{ask: a, expect: {contains: 7}}", "spec.tests[0].expect.contains: "),
        ("{ask: a, expect: {plugin: 'ä'}}", "spec.tests[0].expect.plugin: "),
        ("{ask: a, expect: {handOff: maybe}}", "spec.tests[0].expect.handOff: "),
        ("{ask: a, expect: {says: b}}", "spec.tests[0].expect.says: is not a field of this kind"),
    ],
)
def test_what_cannot_be_tested_is_an_error(folder: Folder, test: str, error: str) -> None:
    """Each mistake names the file, the line of the test and the field."""
    (found,) = folder.errors(f"{CHATBOT}spec:\n  tests:\n    - {test}\n")
    assert found.startswith(f"all.yaml:6: {error}")
