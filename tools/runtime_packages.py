"""The layer's third-party packages: exactly what requirements.lock pins, as wheels of the target.

Only wheels with a recorded hash are installed. Nothing is compiled and no package's code is run.
"""

from __future__ import annotations

import platform
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from importlib import metadata
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tools.errors import BuildError

PYTHON_VERSION = "3.13"
GLIBC = ("manylinux_2_34", "manylinux_2_28", "manylinux_2_17", "manylinux2014")
"""What runs on Amazon Linux 2023, which has glibc 2.34; best first."""
UNUSED_FOLDERS = ("tests", "test", "testing", "examples", "example")
KEPT_METADATA = ("METADATA", "licenses", "LICENSE*", "LICENCE*", "NOTICE*", "COPYING*", "AUTHORS*")


class Target(NamedTuple):
    """A machine as wheels name it: `aarch64` is Lambda's arm64."""

    machine: str


ARM64 = Target("aarch64")


def host_target() -> Target:
    if sys.platform != "linux":
        raise BuildError("the bundle runs on Linux only; `make build` itself works anywhere")
    return Target({"arm64": "aarch64"}.get(platform.machine(), platform.machine()))


def install(project: Path, lock: Path, folder: Path, target: Target) -> None:
    """Fills `folder` with what the project's `dependencies` need on Lambda, and nothing else."""
    declared = tomllib.loads(project.read_text())["project"]["dependencies"]
    install_pinned(closure(declared, target), lock, folder, target)
    remove_unused(folder)


def install_extra(project: Path, lock: Path, folder: Path, target: Target) -> None:
    """Fills `folder` with what the project's extra of that name needs beyond `dependencies`."""
    document = tomllib.loads(project.read_text())["project"]
    extra = document["optional-dependencies"][folder.parent.name]
    names = closure(extra, target) - closure(document["dependencies"], target)
    install_pinned(names, lock, folder, target)
    remove_unused(folder)


def install_pinned(names: Iterable[str], lock: Path, folder: Path, target: Target) -> None:
    """Installs these packages at the lock's versions, checked against the lock's hashes."""
    pins = dict(locked(lock))
    missing = sorted(set(names) - set(pins))
    if missing:
        raise BuildError(f"not in {lock.name}: {', '.join(missing)}; run `make lock`")
    with TemporaryDirectory() as scratch:
        wanted = Path(scratch) / "requirements.txt"
        wanted.write_text("\n".join(pins[name] for name in sorted(set(names))) + "\n")
        command = [sys.executable, "-m", "pip", "install", "-qq", "--no-input"]
        command += ["--disable-pip-version-check", "--no-compile", "--no-deps", "--require-hashes"]
        command += ["--only-binary=:all:", "--implementation", "cp"]
        command += ["--python-version", PYTHON_VERSION, "--target", str(folder)]
        for glibc in GLIBC:
            command += ["--platform", f"{glibc}_{target.machine}"]
        done = subprocess.run([*command, "-r", str(wanted)], stdin=subprocess.DEVNULL, check=False)
    if done.returncode:
        raise BuildError(f"no wheels of the locked packages for {target.machine}: see above")


def locked(lock: Path) -> Iterator[tuple[str, str]]:
    """Each package of the lock file with its requirement and hashes, without its marker."""
    for entry in re.split(r"\n(?=[a-z0-9])", lock.read_text()):
        if match := re.match(r"([a-z0-9._-]+)==([^ ;\\]+)", entry):
            hashes = re.findall(r"--hash=\S+", entry)
            yield match[1], " ".join([match[0], *hashes])


def closure(declared: Iterable[str], target: Target) -> set[str]:
    """These packages and all they need on Lambda, by the metadata of the environment we run in."""
    environment = {
        "implementation_name": "cpython",
        "platform_machine": target.machine,
        "platform_python_implementation": "CPython",
        "platform_system": "Linux",
        "python_full_version": f"{PYTHON_VERSION}.0",
        "python_version": PYTHON_VERSION,
        "sys_platform": "linux",
    }
    found: set[str] = set()
    waiting = [Requirement(text) for text in declared]
    while waiting:
        requirement = waiting.pop()
        name = canonicalize_name(requirement.name)
        if not _applies(requirement, environment) or name in found:
            continue
        found.add(name)
        try:
            waiting += [Requirement(text) for text in metadata.requires(name) or ()]
        except metadata.PackageNotFoundError:
            raise BuildError(f"{name} is not installed: is it in the lock? `make lock`") from None
    return found


def _applies(requirement: Requirement, environment: Mapping[str, str]) -> bool:
    marker = requirement.marker
    return marker is None or marker.evaluate({**environment, "extra": ""})


def remove_unused(folder: Path) -> None:
    """Drops scripts, tests, type information, and metadata but each package's name and licence."""
    shutil.rmtree(folder / "bin", ignore_errors=True)
    for path in sorted(folder.glob("*/**/*"), reverse=True):
        if path.is_dir() and path.name in UNUSED_FOLDERS:
            shutil.rmtree(path)
        elif path.suffix == ".pyi" or path.name == "py.typed":
            path.unlink()
    for information in folder.glob("*.dist-info"):
        for path in information.iterdir():
            if not any(path.match(kept) for kept in KEPT_METADATA):
                shutil.rmtree(path) if path.is_dir() else path.unlink()
