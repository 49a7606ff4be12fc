"""botocore without the services, operations and texts that our own code never asks for.

botocore parses a service's whole model when its client is made: 139 million instructions for
SSM, of which we call one operation. What is kept is read from our own sources, so that nobody
has to keep a list: a service for which `client("…")` is called, an operation whose method name
occurs anywhere in them. A name that is something else by chance keeps an operation too many,
never one too few.
"""

from __future__ import annotations

import ast
import gzip
import json
import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from botocore import xform_name

from tools.errors import BuildError

REQUEST_MODEL = "service-2"
DROPPED = ("examples-1.json", "examples-1.json.gz", "completions-1.json.gz")


def trim_botocore(botocore: Path, sources: Iterable[Path]) -> list[str]:
    """Rewrites `botocore/data` in place. Returns what was kept, one text for each service."""
    services, names = used_names(sources)
    if not services:
        raise BuildError("no source makes an AWS client; botocore cannot be trimmed")
    data = botocore / "data"
    unknown = sorted(service for service in services if not (data / service).is_dir())
    if unknown:
        raise BuildError(f"botocore knows no service {', '.join(unknown)}")
    for folder in data.iterdir():
        if folder.is_dir() and folder.name not in services:
            shutil.rmtree(folder)
    _write(data / "endpoints.json", _trim_endpoints(_read(data / "endpoints.json"), services))
    return [_trim_service(data / service, names) for service in sorted(services)]


def used_names(sources: Iterable[Path]) -> tuple[set[str], set[str]]:
    """The services that clients are made for, and every name that could be a client's method."""
    services: set[str] = set()
    names: set[str] = set()
    for path in (path for folder in sources for path in folder.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_bytes())):
            if isinstance(node, ast.Attribute):
                names.add(node.attr)
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                names.add(node.value)
            elif isinstance(node, ast.Call):
                services.update(_client_of(node))
    return services, names


def _client_of(call: ast.Call) -> Iterable[str]:
    """`x.client("sqs")` → sqs."""
    function = call.func
    name = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
    if name in ("client", "create_client") and call.args:
        first = call.args[0]
        if isinstance(first, ast.Constant) and isinstance(first.value, str):
            yield first.value


def _trim_service(folder: Path, names: set[str]) -> str:
    versions = sorted(path for path in folder.iterdir() if path.is_dir())
    for old in versions[:-1]:
        shutil.rmtree(old)
    latest = versions[-1]
    for name in DROPPED:
        (latest / name).unlink(missing_ok=True)
    for path in list(latest.iterdir()):
        content = _read(path)
        path.unlink()
        # There is also `service-2.sdk-extras.json`: what botocore adds to the model itself.
        name = path.name.removesuffix(".gz").removesuffix(".json")
        if name == REQUEST_MODEL:
            content = trim_model(content, names)
            kept = ", ".join(sorted(content["operations"]))
        _write(latest / f"{name}.json", content)
    return f"{folder.name} ({kept})"


def trim_model(model: Mapping[str, Any], names: set[str]) -> dict[str, Any]:
    """The model with the operations called by these names, the shapes they reach, and no prose."""
    operations = {
        name: operation
        for name, operation in model["operations"].items()
        if xform_name(name) in names
    }
    shapes = model["shapes"]
    reached: dict[str, Any] = {}
    waiting = sorted(_shapes_in(operations))
    while waiting:
        name = waiting.pop()
        if name not in reached:
            reached[name] = shapes[name]
            waiting.extend(_shapes_in(shapes[name]))
    kept = {**model, "operations": operations, "shapes": dict(sorted(reached.items()))}
    trimmed: dict[str, Any] = _without_prose(kept)
    if "clientContextParams" in model:  # botocore asks for the prose of these
        trimmed["clientContextParams"] = model["clientContextParams"]
    return trimmed


def _shapes_in(part: Any) -> set[str]:
    found: set[str] = set()
    if isinstance(part, dict):
        if isinstance(part.get("shape"), str):
            found.add(part["shape"])
        for value in part.values():
            found |= _shapes_in(value)
    elif isinstance(part, list):
        for value in part:
            found |= _shapes_in(value)
    return found


def _without_prose(part: Any) -> Any:
    if isinstance(part, dict):
        return {
            key: _without_prose(value)
            for key, value in part.items()
            if not (key == "documentation" and isinstance(value, str))
        }
    return [_without_prose(value) for value in part] if isinstance(part, list) else part


def _trim_endpoints(endpoints: dict[str, Any], services: set[str]) -> dict[str, Any]:
    for partition in endpoints["partitions"]:
        partition["services"] = {
            name: endpoint for name, endpoint in partition["services"].items() if name in services
        }
    return endpoints


def _read(path: Path) -> dict[str, Any]:
    content = path.read_bytes()
    document: dict[str, Any] = json.loads(
        gzip.decompress(content) if path.suffix == ".gz" else content
    )
    return document


def _write(path: Path, document: Mapping[str, Any]) -> None:
    """Not packed: the zip is, and a cold start need not unpack twice."""
    path.write_text(json.dumps(document, separators=(",", ":"), ensure_ascii=False))
