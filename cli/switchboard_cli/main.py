"""`switchboard COMMAND …`: finds the command's module, and nothing more is imported.

A command is a module with `configure(parser)` and `run(arguments) -> exit status`.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from importlib import import_module

COMMANDS = {
    "dev": ("switchboard_cli.dev", "run the whole product on this machine"),
    "invoke": ("switchboard_cli.invoke", "run one function on one event file"),
    "apply": ("switchboard_cli.apply", "load manifests into the directory"),
    "diff": ("switchboard_cli.diff", "show what apply would change"),
    "test": ("switchboard_cli.test", "ask chatbots their golden questions"),
    "get": ("switchboard_cli.get", "list what the directory holds"),
    "describe": ("switchboard_cli.describe", "show one thing and what belongs to it"),
    "export": ("switchboard_cli.export", "print manifests that can be applied again"),
    "delete": ("switchboard_cli.delete", "delete what nothing else refers to"),
    "example": ("switchboard_cli.example", "print a commented manifest of a kind"),
    "domains": ("switchboard_cli.domains", "list custom hosts and verify them"),
    "doctor": ("switchboard_cli.doctor", "check a region's Zammad and say what is missing"),
    "keys": ("switchboard_cli.keys", "create, list, rotate and revoke API keys"),
    "journal": ("switchboard_cli.journal", "show what a chatbot was asked and answered"),
    "widget": ("switchboard_cli.widget", "put the chat widget where the stack hosts it"),
    "erase": ("switchboard_cli.erase", "erase every trace of a device"),
}


class CommandError(Exception):
    """A mistake of the caller's; its text is shown as it is and the exit status is 2.

    Texts begin in lower case, after `switchboard: `, and have no full stop.
    """


def main(argv: Sequence[str] | None = None) -> int:
    """Runs one command. 0: done; 1: it failed; 2: it was called wrongly."""
    words = list(sys.argv[1:] if argv is None else argv)
    try:
        try:
            return _run(words)
        except CommandError as error:
            print(f"switchboard: {error}", file=sys.stderr)
            return 2
        finally:
            sys.stdout.flush()
    except BrokenPipeError:
        # As of `| head`: nobody reads on, and the interpreter must not try to write the rest.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1


def _run(words: Sequence[str]) -> int:
    if not words or words[0] not in COMMANDS:
        _list_commands()
        if words and words[0] not in ("-h", "--help"):
            raise CommandError(f"there is no command {words[0]}; the list above has them all")
        return 0 if words else 2
    module_name, summary = COMMANDS[words[0]]
    command = import_module(module_name)
    parser = argparse.ArgumentParser(prog=f"switchboard {words[0]}", description=summary)
    command.configure(parser)
    return int(command.run(parser.parse_args(words[1:])))


def _list_commands() -> None:
    print("usage: switchboard COMMAND …\n")
    for name, (_, summary) in COMMANDS.items():
        print(f"  {name:<10} {summary}")


if __name__ == "__main__":
    # The module's own name, not `__main__`: commands raise the `CommandError` they import.
    sys.exit(import_module("switchboard_cli.main").main())
