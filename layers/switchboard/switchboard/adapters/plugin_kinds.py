"""Which plugin classes there are. A new kind is one new file beside this one.

The class `sql` is the module `sql_plugin` with a function `tool(plugin, name, resources)` that
returns a `Tool`, or None if the plugin has nothing to offer, and a function `faults(data)` that
says what is wrong with a manifest's data (docs/plugins.md). Modules are imported when a plugin
of their class first takes part in a turn, and import what they call with when they are called.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from typing import Any, Protocol, cast

from switchboard.domain.directory import Plugin
from switchboard.domain.plugins import STATIC_KINDS, PluginKind, Tool
from switchboard.ports.clock import Clock
from switchboard.ports.secrets import SecretStore


@dataclass(frozen=True, slots=True)
class Resources:
    """What plugin kinds share."""

    secrets: SecretStore
    clock: Clock

    def seconds_left(self, until: int) -> float:
        """Until a tool call has to be done; zero if it is too late."""
        return max(until - self.clock.now(), 0) / 1000


class PluginModule(Protocol):
    """The module of a plugin class."""

    def tool(self, plugin: Plugin, name: str, resources: Resources) -> Tool | None: ...

    def faults(self, data: Mapping[str, Any]) -> Iterable[tuple[tuple[str | int, ...], str]]:
        """Each fault with the field it is in, below the plugin's data."""
        ...


@dataclass(frozen=True, slots=True)
class LoadedKinds:
    """`PluginKinds` over every class that there is a module for, and the static one."""

    resources: Resources

    def get(self, plugin_class: str, /) -> PluginKind | None:
        if plugin_class in STATIC_KINDS:
            return STATIC_KINDS[plugin_class]
        module = plugin_module(plugin_class)
        if module is None:
            return None
        return lambda plugin, name: module.tool(plugin, name, self.resources)


@cache
def plugin_module(plugin_class: str) -> PluginModule | None:
    """The module of the class, or None if there is none."""
    name = f"switchboard.adapters.{plugin_class}_plugin"
    if not re.fullmatch(r"[a-z][a-z0-9_]*", plugin_class) or find_spec(name) is None:
        return None
    return cast(PluginModule, import_module(name))
