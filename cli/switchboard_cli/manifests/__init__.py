"""Manifests: the product's configuration as YAML, and how it gets into the directory.

Reading (`reading`, `values`, `models`, `loading`) needs no stack; `applying` checks everything
against what is stored, and only then writes.
"""

from switchboard_cli.manifests.applying import Change, apply_manifests
from switchboard_cli.manifests.errors import DirectoryBusy, ManifestError, ManifestErrors
from switchboard_cli.manifests.loading import Manifest, Manifests, load_manifests
from switchboard_cli.manifests.store import DirectoryStore

__all__ = [
    "Change",
    "DirectoryBusy",
    "DirectoryStore",
    "Manifest",
    "ManifestError",
    "ManifestErrors",
    "Manifests",
    "apply_manifests",
    "load_manifests",
]
