"""S3 in the bundle: what is left of its data does what the whole did."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import botocore
import pytest
from botocore.loaders import Loader
from botocore.session import Session
from moto import mock_aws

from switchboard.adapters.s3_files import S3_OPTIONS, S3Files
from switchboard.runtime import Aws
from tools.botocore_data import trim_botocore, used_names

ROOT = Path(__file__).parents[2]


def test_files_work_with_trimmed_data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every call of the file store, an address to lend included, with the data that is deployed."""
    whole = Path(botocore.__file__).parent / "data"
    data = tmp_path / "botocore" / "data"
    sources = [ROOT / "layers", ROOT / "functions"]
    for name in used_names(sources)[0]:
        shutil.copytree(whole / name, data / name)
    for path in whole.glob("*.json"):
        shutil.copy(path, data)
    kept = trim_botocore(tmp_path / "botocore", sources)
    assert "s3 (DeleteObject, GetObject, ListObjectsV2, PutObject)" in kept

    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    with mock_aws():
        place = {"LocationConstraint": "eu-central-1"}
        maker: Any = Session().create_client("s3")
        maker.create_bucket(Bucket="files", CreateBucketConfiguration=place)
        aws = Aws()
        trimmed = Loader([str(data)], include_default_search_paths=False)
        aws._session.register_component("data_loader", trimmed)
        files = S3Files(lambda: aws.client("s3", **S3_OPTIONS), "files")
        assert files.load("k") is None
        files.put("k", b"x", "text/plain", "attachment")
        assert files.load("k") == b"x"
        files.delete_below("other")
        assert files.load("k") == b"x"
        assert files.address("k").startswith("https://files.s3.eu-central-1.amazonaws.com/k?X-Amz-")
        files.delete(["k", "other"])
        assert files.load("k") is None
        files.delete_below("k")
        assert files.load("k") is None
