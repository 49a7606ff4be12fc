"""Runs as a process of its own: a model server that always says the same.

Says `ready URL`; ends when its standard input does.
"""

from __future__ import annotations

import sys

from tests.servers.openai_server import openai_server, text_reply

ANSWER = "Deutschkurse gibt es in der Volkshochschule. Bringen Sie bitte Ihren Ausweis mit."


def main() -> None:
    with openai_server() as server:
        server.script(text_reply(ANSWER, prompt_tokens=400, completion_tokens=20, total_tokens=420))
        print(f"ready {server.url}", flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    main()
