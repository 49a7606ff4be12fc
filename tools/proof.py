"""The build's proof of its own result, by the interpreter that Lambda runs."""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
from pathlib import Path

from tools.errors import BuildError
from tools.runtime_packages import Target
from tools.template import Function, Template

ELF_MACHINES = {"x86_64": 62, "aarch64": 183}
"""The `e_machine` of an ELF header, two bytes at offset 18."""
IMPORT = """
import importlib, importlib.machinery, json, sys
bundle, module, name = sys.argv[1:]
compiled = []
original = importlib.machinery.SourceFileLoader.source_to_code
def watched(self, data, path, **options):
    if str(path).startswith(bundle):
        compiled.append(str(path))
    return original(self, data, path, **options)
importlib.machinery.SourceFileLoader.source_to_code = watched
handler = getattr(importlib.import_module(module), name)
json.dump({"compiled": compiled, "callable": callable(handler)}, sys.stdout)
"""


def runs_here(target: Target) -> bool:
    return sys.platform == "linux" and platform.machine() == target.machine


def check_native_code(folder: Path, target: Target) -> None:
    """Raises `BuildError` on a compiled module for another machine."""
    expected = ELF_MACHINES.get(target.machine)
    for path in folder.rglob("*.so*"):
        machine = int.from_bytes(path.read_bytes()[18:20], "little")
        if expected is not None and machine != expected:
            raise BuildError(f"{path.name} is not built for {target.machine}")


def import_handlers(python: Path, bundle: Path, template: Template) -> None:
    """Imports every handler from the bundle and the standard library alone, writing no bytecode.

    Raises `BuildError` if one cannot be imported, or compiles a source of the bundle.
    """
    for function in template.functions:
        _import(python, bundle, function, bundle / template.layer / "python")


def _import(python: Path, bundle: Path, function: Function, packages: Path) -> None:
    module, _, name = function.handler.rpartition(".")
    environment = {
        **{key: value for key, value in os.environ.items() if not key.startswith("AWS_")},
        **lambda_environment(function),
        "PYTHONPATH": os.pathsep.join([str(bundle / function.folder), str(packages)]),
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    done = subprocess.run(
        [str(python), "-S", "-s", "-c", IMPORT, str(bundle), module, name],
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise BuildError(f"{function.handler} cannot be imported:\n{done.stderr}")
    seen = json.loads(done.stdout)
    if not seen["callable"]:
        raise BuildError(f"{function.handler} is not a function")
    if seen["compiled"]:
        raise BuildError(
            f"{function.name} compiled {seen['compiled'][0]}: its bytecode is not used"
        )


def lambda_environment(function: Function) -> dict[str, str]:
    """The function's variables as Lambda would set them; no call is made with these credentials."""
    return {
        **function.environment,
        "AWS_ACCESS_KEY_ID": "-",
        "AWS_SECRET_ACCESS_KEY": "-",
        "AWS_REGION": "eu-central-1",
        "AWS_DEFAULT_REGION": "eu-central-1",
        "AWS_LAMBDA_FUNCTION_NAME": function.name,
    }
