"""The handlers that the functions' cold starts are compared with, built like a bundle."""

from __future__ import annotations

import shutil
from pathlib import Path

from bench.measuring.interpreter import add_packages
from tools.build import HOST, ROOT
from tools.bytecode import compile_tree, lambda_python

FOLDER = ROOT / ".build" / "baselines"
EMPTY = "def handle(event, context):\n    return {}\n"
ONLY_BOTO3 = f"import boto3\n\nclient = boto3.client('dynamodb')\n\n\n{EMPTY}"


def make_baselines() -> dict[str, list[Path]]:
    """Import paths by name. `stock` is boto3 as PyPI has it, `trimmed` the one of the bundle."""
    shutil.rmtree(FOLDER, ignore_errors=True)
    code = {"empty": EMPTY, "only_boto3": ONLY_BOTO3}
    for name, source in code.items():
        (FOLDER / name).mkdir(parents=True)
        (FOLDER / name / f"{name}.py").write_text(source)
        compile_tree(lambda_python(), FOLDER / name, "/var/task")
    add_packages(FOLDER / "packages", ["boto3"])
    return {
        "empty": [FOLDER / "empty"],
        "stock": [FOLDER / "only_boto3", FOLDER / "packages"],
        "trimmed": [FOLDER / "only_boto3", HOST / "layers" / "switchboard" / "python"],
    }
