"""The user chat's limits in the expanded template."""

from __future__ import annotations

import pytest

from tests.template.expanded import deployment, properties


@pytest.mark.parametrize(
    ("variable", "parameter", "default"),
    [
        ("MESSAGES_PER_DEVICE", "MessagesPerDevice", "50"),
        ("MESSAGES_PER_ADDRESS", "MessagesPerAddress", "100"),
        ("READS_PER_ADDRESS", "ReadsPerAddress", "600"),
        ("LIMIT_WINDOW_SECONDS", "LimitWindowSeconds", "600"),
    ],
)
def test_limits_are_parameters_of_the_stack(variable: str, parameter: str, default: str) -> None:
    """An operator changes a limit without a new build; the defaults are the contract's."""
    variables = properties("UserchatFunction")["Environment"]["Variables"]
    assert variables[variable] == {"Ref": parameter}
    assert deployment().parameters[parameter] == default
