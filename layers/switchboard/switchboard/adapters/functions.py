"""Which built-in functions there are. A new one is one new file beside this one.

The function `calculator` is the module `calculator_function` with a function `tool(resources)`
that returns a `Tool`. Modules are imported when a chatbot that has the function takes a turn.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, cast

from switchboard.adapters.plugin_kinds import Resources, module_beside
from switchboard.domain.plugins import Tool


class FunctionModule(Protocol):
    """The module of a built-in function."""

    def tool(self, resources: Resources) -> Tool: ...


@dataclass(frozen=True, slots=True)
class LoadedFunctions:
    """`Functions` over every function that there is a module for."""

    resources: Resources

    def get(self, name: str, /) -> Tool | None:
        module = function_module(name)
        return module.tool(self.resources) if module else None


def function_module(name: str) -> FunctionModule | None:
    """The module of the function, or None if there is none."""
    return cast(FunctionModule | None, module_beside(name, "function"))
