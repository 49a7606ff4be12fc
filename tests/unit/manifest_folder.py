"""What the tests of manifests share: short manifests, and a folder to load them from."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from switchboard_cli.manifests import Manifest, ManifestErrors, load_manifests
from switchboard_cli.manifests.models import (
    ChatbotManifest,
    RegionManifest,
)

ACCOUNT = "apiVersion: switchboard/v1\nkind: Account\nmetadata: {name: city}\n"
CHATBOT = "apiVersion: switchboard/v1\nkind: Chatbot\nmetadata: {name: helper}\n"
PLUGIN = (
    "apiVersion: switchboard/v1\nkind: Plugin\nmetadata: {name: topic, pluginClass: static}\n"
    "spec:\n  selector: {directive: always}\n  data: {staticData: {hours: nine to five}}\n"
)
REGION = "apiVersion: switchboard/v1\nkind: Region\nmetadata: {name: r1}\n"
KEY = "apiVersion: switchboard/v1\nkind: ApiKey\nmetadata: {name: k1}\n"
ZAMMAD = REGION + "spec:\n  defaultLanguage: de\n  zammad:\n    url: https://desk.example.org\n"


class Folder:
    """Manifests in a folder of their own."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def load(self, text: str, environment: Mapping[str, str] | None = None) -> list[Manifest]:
        (self.path / "all.yaml").write_text(text, encoding="utf-8")
        return list(load_manifests([self.path], environment or {}).items)

    def errors(self, text: str, environment: Mapping[str, str] | None = None) -> list[str]:
        """What is reported, without the folder's name."""
        with pytest.raises(ManifestErrors) as caught:
            self.load(text, environment)
        return str(caught.value).replace(f"{self.path}/", "").splitlines()


def chatbot(manifest: Manifest) -> ChatbotManifest:
    assert isinstance(manifest.model, ChatbotManifest)
    return manifest.model


def region(manifest: Manifest) -> RegionManifest:
    assert isinstance(manifest.model, RegionManifest)
    return manifest.model
