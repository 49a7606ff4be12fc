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
from types import ModuleType
from typing import Any, Protocol, cast

from switchboard.domain.directory import Plugin
from switchboard.domain.errors import Misconfigured
from switchboard.domain.ids import SecretName
from switchboard.domain.plugins import STATIC_KINDS, PluginKind, Tool, ToolFailed
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

    def secret(self, name: str | None, of: str) -> str:
        """The secret of this name; empty without one. Raises `ToolFailed` if it is not there."""
        try:
            return self.secrets.get(SecretName(name)) if name else ""
        except Misconfigured:
            raise ToolFailed(f"The {of} is not configured.") from None


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


def plugin_module(plugin_class: str) -> PluginModule | None:
    """The module of the class, or None if there is none."""
    return cast(PluginModule | None, module_beside(plugin_class, "plugin"))


@cache
def module_beside(name: str, suffix: str) -> ModuleType | None:
    """The module `{name}_{suffix}` beside this one, or None if there is none."""
    module = f"switchboard.adapters.{name}_{suffix}"
    if not re.fullmatch(r"[a-z][a-z0-9_]*", name) or find_spec(module) is None:
        return None
    return import_module(module)
