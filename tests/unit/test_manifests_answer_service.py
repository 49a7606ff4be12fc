"""A region's answer service in its manifest: where it is, and where its pages are."""

from __future__ import annotations

from pathlib import Path

import pytest

from switchboard_cli.manifests.models import RegionManifest
from tests.unit.manifest_folder import REGION, Folder

SPEC = REGION + "spec:\n  defaultLanguage: de\n  answerService: {hostname: 'HOST'}\n"


@pytest.mark.parametrize(
    "host",
    ["answers.example.org", "Answers.Example.org", "localhost:8080", "127.0.0.1:9"],
)
def test_a_host_name_or_a_port_of_this_machine(tmp_path: Path, host: str) -> None:
    """A host name is enough; only a loopback address may have a port."""
    (manifest,) = Folder(tmp_path).load(SPEC.replace("HOST", host))
    assert isinstance(manifest.model, RegionManifest)
    service = manifest.model.spec.answer_service
    assert service is not None
    assert service.hostname == host.lower()


@pytest.mark.parametrize(
    "host",
    [
        "answers.example.org:8080",
        "https://answers.example.org",
        "answers.example.org/x",
        "localhost:123456",
        "localhost:80/x",
        "user@localhost:80",
        "localhost:80?x",
        "169.254.169.254",
        "localhost.example.org:80",
        "",
    ],
)
def test_no_other_address(tmp_path: Path, host: str) -> None:
    """Schemes, paths, credentials and foreign ports are refused."""
    (error,) = Folder(tmp_path).errors(SPEC.replace("HOST", host))
    assert "host name" in error
