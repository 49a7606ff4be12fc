"""What the bundle holds for models at Amazon Bedrock, and that it is little."""

from __future__ import annotations

import shutil
from pathlib import Path

import botocore

from tools.botocore_data import trim_botocore, used_names

OWN = Path(__file__).parents[2] / "layers" / "switchboard" / "switchboard"


def test_bedrock_is_in_the_bundle_with_the_one_operation_we_call(tmp_path: Path) -> None:
    """Converse only, in less than 50 kB; the file of all endpoints does not grow by it."""
    services, _ = used_names([OWN])
    assert "bedrock-runtime" in services
    data = Path(botocore.__file__).parent / "data"
    for name in services:
        shutil.copytree(data / name, tmp_path / "data" / name)
    for path in data.glob("*.json"):
        shutil.copy(path, tmp_path / "data")
    kept = trim_botocore(tmp_path, [OWN])
    assert "bedrock-runtime (Converse)" in kept
    files = [path for path in (tmp_path / "data" / "bedrock-runtime").rglob("*") if path.is_file()]
    assert sum(path.stat().st_size for path in files) < 50_000
    assert "bedrock-runtime" not in (tmp_path / "data" / "endpoints.json").read_text()
