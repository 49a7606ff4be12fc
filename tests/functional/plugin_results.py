"""What a plugin's tool tells the model, called as a turn calls it."""

from __future__ import annotations

from typing import Any

from switchboard.adapters.plugin_kinds import LoadedKinds, Resources
from switchboard.adapters.system import SystemClock
from switchboard.domain.directory import Plugin
from switchboard.ports.secrets import SecretStore


def result(plugin: Plugin, arguments: dict[str, Any], secrets: SecretStore, seconds: float) -> str:
    """The tool has this long. Raises `ToolFailed`."""
    clock = SystemClock()
    kind = LoadedKinds(Resources(secrets, clock)).get(plugin.plugin_class)
    assert kind is not None
    tool = kind(plugin, plugin.name)
    assert tool is not None
    return tool.run(arguments, clock.now() + int(seconds * 1000))
