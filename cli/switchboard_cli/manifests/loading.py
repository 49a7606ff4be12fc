"""From documents to manifests: each checked by itself, with every fault and its place."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from switchboard.adapters.directory_documents import Key, to_json
from switchboard.adapters.plugin_kinds import plugin_module
from switchboard_cli.manifests.errors import FieldPath, ManifestError, ManifestErrors
from switchboard_cli.manifests.models import (
    API_VERSION,
    API_VERSIONS,
    MODELS,
    OTHER_NAMES,
    SMARTER_VERSION,
    AccountManifest,
    FurtherPluginManifest,
    Model,
)
from switchboard_cli.manifests.reading import (
    Document,
    FromEnvironment,
    manifest_files,
    read_documents,
)
from switchboard_cli.manifests.smarter import translated
from switchboard_cli.manifests.wording import message

STORED = "Manifest#"


def title_of(kind: str, account: str, name: str) -> str:
    """How a manifest is called in what people read; an account is its own account."""
    return f"{kind} {name}" if kind == "Account" else f"{kind} {account}/{name}"


def stored_key(kind: str, account: str, name: str) -> Key:
    """Where the directory keeps a manifest as it was applied."""
    return Key(f"{STORED}{kind}", f"{account}/{name}")


def title_at(key: Key) -> str:
    """The title of the manifest that the directory keeps there."""
    account, _, name = key.sk.partition("/")
    return title_of(key.pk.removeprefix(STORED), account, name)


@dataclass(frozen=True, slots=True)
class Manifest:
    """One manifest. `account` is empty until it is known which account is meant."""

    kind: str
    account: str
    name: str
    model: Model
    document: Document

    @property
    def key(self) -> Key:
        return stored_key(self.kind, self.account, self.name)

    @property
    def title(self) -> str:
        return title_of(self.kind, self.account, self.name)

    def error(self, path: FieldPath, message: str) -> ManifestError:
        return self.document.error(path, message)

    def to_json(self) -> str:
        return to_json(self.document.content)


@dataclass(frozen=True, slots=True)
class Manifests:
    """What is to be applied. `account` is the one for manifests that name none.

    `warnings` say what of a manifest for another platform has no meaning here.
    """

    items: tuple[Manifest, ...]
    account: str | None = None
    warnings: tuple[ManifestError, ...] = ()


def load_manifests(
    paths: Iterable[Path], environment: Mapping[str, str], account: str | None = None
) -> Manifests:
    """The manifests in files and folders, in order. Raises `ManifestErrors` with all faults.

    `{env: NAME}` is taken from `environment`. References are checked when they are applied.
    """
    errors: list[ManifestError] = []
    warnings: list[ManifestError] = []
    items: list[Manifest] = []
    for path in manifest_files(paths):
        try:
            documents, faults = read_documents(path, environment)
        except ManifestErrors as fault:
            errors += fault.errors
            continue
        errors += faults
        for document in documents:
            try:
                items.append(parse(document, warnings))
            except ManifestErrors as fault:
                errors += fault.errors
    if errors:
        raise ManifestErrors(errors)
    return Manifests(tuple(items), account, tuple(sorted(warnings)))


def parse(document: Document, warnings: list[ManifestError] | None = None) -> Manifest:
    """The manifest in a document; adds to `warnings`. Raises `ManifestErrors`."""
    kind = kind_of(document)
    if document.content["apiVersion"] == SMARTER_VERSION:
        kind, document, lost = translated(kind, document)
        (warnings if warnings is not None else []).extend(lost)
    content = {n: value for n, value in document.content.items() if n not in ("apiVersion", "kind")}
    try:
        model = _model_of(kind, content).model_validate(content)
    except ValidationError as fault:
        raise ManifestErrors(_errors(document, fault)) from None
    document = Document(document.file, _as_checked(document.content, model), document.lines)
    name = model.metadata.name
    account = name if isinstance(model, AccountManifest) else model.metadata.account or ""
    return _in_one_form(Manifest(kind, account, name, model, document))


def kind_of(document: Document) -> str:
    """The kind under the name it has here. Raises `ManifestErrors` for an unknown one."""
    api_version, written_kind = (document.content.get(n) for n in ("apiVersion", "kind"))
    if api_version not in API_VERSIONS:
        message = f"should be {API_VERSION}" if "apiVersion" in document.content else "is missing"
        raise ManifestErrors([document.error(("apiVersion",), message)])
    kind = OTHER_NAMES.get(written_kind, written_kind) if isinstance(written_kind, str) else ""
    if kind not in MODELS:
        known = ", ".join((*MODELS, *OTHER_NAMES))
        message = f"should be one of {known}" if "kind" in document.content else "is missing"
        raise ManifestErrors([document.error(("kind",), message)])
    return kind


def _model_of(kind: str, content: Mapping[str, Any]) -> type[Model]:
    """A `Plugin` is static, or of a further class that there is a module for."""
    metadata = content.get("metadata")
    written = metadata.get("pluginClass") if isinstance(metadata, dict) else None
    own = MODELS.keys() >= {f"{written}".capitalize() + "Plugin"}
    if kind == "Plugin" and isinstance(written, str) and not own and plugin_module(written):
        return FurtherPluginManifest
    return MODELS[kind]


def in_account(manifest: Manifest, account: str) -> Manifest:
    """The same manifest, now saying which account it belongs to."""
    return _in_one_form(
        Manifest(manifest.kind, account, manifest.name, manifest.model, manifest.document)
    )


def from_store(key: Key, text: str) -> Manifest:
    """A manifest as it was applied. Raises `ManifestErrors` if this version cannot read it."""
    return parse(Document(f"stored {title_at(key)}", json.loads(text)))


def with_values(manifest: Manifest, values: Mapping[FieldPath, Any]) -> Manifest:
    """The manifest with other values in these fields, and checked again."""
    content: dict[str, Any] = json.loads(manifest.to_json())
    for path, value in values.items():
        place: Any = content
        for part in path[:-1]:
            if isinstance(place, dict):
                place.setdefault(part, {})
            place = place[part]
        place[path[-1]] = value
    document = manifest.document
    return parse(Document(document.file, content, document.lines))


def _as_checked(value: Any, checked: Any) -> Any:
    """The same values, but numbers and flags from the environment as what they were read as."""
    if isinstance(value, FromEnvironment):
        return checked if isinstance(checked, bool | int | float) else str(value)
    if isinstance(value, dict):
        if isinstance(checked, BaseModel):
            fields = type(checked).model_fields
            checked = {f.alias: getattr(checked, name) for name, f in fields.items()}
        known = checked if isinstance(checked, dict) else {}
        return {name: _as_checked(item, known.get(name)) for name, item in value.items()}
    if isinstance(value, list):
        return [_as_checked(item, None) for item in value]
    return value


def _in_one_form(manifest: Manifest) -> Manifest:
    """Version, kind, name and account in the document as they will be stored and compared."""
    content = dict(manifest.document.content)
    metadata = {**content["metadata"], "name": manifest.name}
    if manifest.account and manifest.kind != "Account":
        metadata["account"] = manifest.account
    content.update(apiVersion=API_VERSION, kind=manifest.kind, metadata=metadata)
    document = Document(manifest.document.file, content, manifest.document.lines)
    return Manifest(manifest.kind, manifest.account, manifest.name, manifest.model, document)


def _errors(document: Document, fault: ValidationError) -> list[ManifestError]:
    return [
        document.error(tuple(detail["loc"]), message(detail))
        for detail in fault.errors(include_url=False)
    ]
