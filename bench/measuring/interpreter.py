"""A clean CPython of Lambda's version with nothing but the genuine runtime interface client."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from tools.build import ROOT
from tools.bytecode import compile_tree, lambda_python
from tools.runtime_packages import PYTHON_VERSION, closure, host_target, install_pinned

LOCK = ROOT / "requirements.lock"
FOLDER = ROOT / ".build" / "interpreter"


def interpreter_with_runtime_client() -> Path:
    """Made once for each lock file. As on Lambda the client is a site package, with bytecode."""
    python = FOLDER / "bin" / "python"
    made_for = FOLDER / "requirements.lock"
    if made_for.is_file() and made_for.read_bytes() == LOCK.read_bytes():
        return python
    shutil.rmtree(FOLDER, ignore_errors=True)
    subprocess.run([lambda_python(), "-m", "venv", "--without-pip", FOLDER], check=True)
    add_packages(FOLDER / "lib" / f"python{PYTHON_VERSION}" / "site-packages", ["awslambdaric"])
    shutil.copy(LOCK, made_for)
    return python


def add_packages(folder: Path, names: list[str]) -> None:
    """Puts these locked packages with all they need into `folder`, untrimmed, with bytecode."""
    target = host_target()
    install_pinned(closure(names, target), LOCK, folder, target)
    compile_tree(lambda_python(), folder, str(folder))
