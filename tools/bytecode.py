"""Bytecode for the interpreter that Lambda runs, made at build time and never checked at run time.

Without it a cold start compiles every module anew, because Lambda's file system is read-only:
6931 million instructions instead of 2122 for a handler with boto3. Unchecked hashes, because the
times of files do not survive a zip.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from tools.errors import BuildError
from tools.runtime_packages import PYTHON_VERSION

TAG = "cpython-" + PYTHON_VERSION.replace(".", "")
IDENTIFY = "import sys; print(sys.implementation.cache_tag, sys.executable)"
HEADERS = """
import importlib.util, pathlib, sys
for line in sys.stdin.read().splitlines():
    source = pathlib.Path(line)
    compiled = pathlib.Path(importlib.util.cache_from_source(line))
    flags = (1).to_bytes(4, "little")
    header = importlib.util.MAGIC_NUMBER + flags + importlib.util.source_hash(source.read_bytes())
    if not compiled.is_file() or compiled.read_bytes()[:16] != header:
        print(line)
"""


def lambda_python() -> Path:
    """A CPython of Lambda's version. `PYTHON313` names one; else the usual places are searched."""
    for candidate in _candidates():
        try:
            answer = subprocess.run(
                [candidate, "-c", IDENTIFY], capture_output=True, text=True, check=True
            )
        except (OSError, subprocess.CalledProcessError):
            continue
        tag, _, executable = answer.stdout.strip().partition(" ")
        if tag == TAG:
            return Path(executable)
    raise BuildError(
        f"this needs CPython {PYTHON_VERSION}, the version Lambda runs, to make its bytecode; "
        f"none was found. Install one, or name it: PYTHON313=/path/to/python{PYTHON_VERSION}"
    )


def _candidates() -> Iterator[str]:
    if named := os.environ.get("PYTHON313"):
        yield named
        return
    yield sys.executable
    yield f"python{PYTHON_VERSION}"
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    for folder in sorted(pyenv.glob(f"versions/{PYTHON_VERSION}.*"), reverse=True):
        yield str(folder / "bin" / "python")


def compile_tree(python: Path, folder: Path, deployed: str) -> None:
    """Compiles all of `folder`. Tracebacks will show the paths below `deployed`."""
    command = [str(python), "-m", "compileall", "-q", "-j", "0", "-f"]
    command += ["--invalidation-mode", "unchecked-hash"]
    command += ["-s", str(folder), "-p", deployed, str(folder)]
    environment = {**os.environ, "PYTHONHASHSEED": "0"}
    done = subprocess.run(command, env=environment, stdin=subprocess.DEVNULL, check=False)
    if done.returncode:
        raise BuildError(f"{folder.name} does not compile: see above")


def check_bytecode(python: Path, folder: Path) -> None:
    """Raises `BuildError` unless every source below has the bytecode that this Python will take."""
    sources = sorted(str(path) for path in folder.rglob("*.py"))
    checked = subprocess.run(
        [str(python), "-c", HEADERS],
        input="\n".join(sources),
        capture_output=True,
        text=True,
        check=True,
    )
    if stale := checked.stdout.split("\n")[:-1]:
        raise BuildError(f"{len(stale)} sources have no bytecode of their own, such as {stale[0]}")
