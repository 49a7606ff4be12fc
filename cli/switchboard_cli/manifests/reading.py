"""YAML files to plain values, with the line of every field and the environment filled in.

Knows nothing of kinds. `{env: NAME}` is replaced everywhere except inside `staticData`, which
is the author's own data and taken as it is.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.constructor import DuplicateKeyError
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.scalarbool import ScalarBoolean

from switchboard_cli.manifests.composing import ManifestComposer, ManifestConstructor
from switchboard_cli.manifests.errors import FieldPath, ManifestError, ManifestErrors, field_name

SUFFIXES = (".yaml", ".yml")
AS_WRITTEN = ("spec", "data", "staticData")


class FromEnvironment(str):
    """Text that came from a variable; where a number is wanted, it is read as one."""

    __slots__ = ()


class AnyVariable(dict[str, str]):
    """An environment in which every variable is set, for what only looks at names."""

    def get(self, key: str, default: Any = None) -> str:
        return "set"


@dataclass(frozen=True, slots=True)
class Document:
    """One YAML document. `lines` knows the line of every field, counted from 1.

    `content` may hold secrets, so it is never shown.
    """

    file: str
    content: Mapping[str, Any] = field(repr=False)
    lines: Mapping[FieldPath, int] = field(default_factory=dict, repr=False)

    def error(self, path: FieldPath, message: str) -> ManifestError:
        """A fault at this field, or, if it is not there, at the nearest one around it."""
        around = path
        while around and around not in self.lines:
            around = around[:-1]
        return ManifestError(self.file, self.lines.get(around, 0), field_name(path), message)


def manifest_files(paths: Iterable[Path]) -> list[Path]:
    """The files themselves, and of folders their *.yaml and *.yml, sorted by name."""
    files: list[Path] = []
    for path in paths:
        if path.is_dir():
            files += sorted(p for p in path.iterdir() if p.suffix in SUFFIXES and p.is_file())
        else:
            files.append(path)
    return list(dict.fromkeys(files))


def read_documents(
    path: Path, environment: Mapping[str, str]
) -> tuple[list[Document], list[ManifestError]]:
    """The file's documents, without the empty and the faulty ones, and what is wrong with these.

    Raises `ManifestErrors` for a file that is no YAML at all.
    """
    try:
        yaml = YAML(typ="rt")
        yaml.Composer, yaml.Constructor = ManifestComposer, ManifestConstructor
        trees = list(yaml.load_all(path.read_text(encoding="utf-8")))
    except OSError as error:
        fault = ManifestError(str(path), 0, "", f"cannot be read: {error.strerror}")
        raise ManifestErrors([fault]) from None
    except UnicodeDecodeError:
        raise ManifestErrors([ManifestError(str(path), 0, "", "is not UTF-8 text")]) from None
    except MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 0
        problem = (error.problem or "is not valid YAML").splitlines()[0]
        if isinstance(error, DuplicateKeyError):
            problem = "this field is written twice"  # the parser's text repeats both values
        raise ManifestErrors([ManifestError(str(path), line, "", problem)]) from None
    except YAMLError:
        raise ManifestErrors([ManifestError(str(path), 0, "", "is not valid YAML")]) from None
    reader = _Reader(str(path), environment)
    documents = [reader.document(tree) for tree in trees if tree is not None]
    return [document for document in documents if document is not None], reader.errors


class _Reader:
    """Makes plain values of what the YAML parser made, and collects what cannot be one."""

    def __init__(self, file: str, environment: Mapping[str, str]) -> None:
        self.errors: list[ManifestError] = []
        self._file = file
        self._environment = environment
        self._lines: dict[FieldPath, int] = {}

    def document(self, tree: Any) -> Document | None:
        """None if anything is wrong with it."""
        self._lines = {}
        faults = len(self.errors)
        if not isinstance(tree, CommentedMap):
            line = tree.lc.line + 1 if isinstance(tree, CommentedSeq) else 1
            self.errors.append(ManifestError(self._file, line, "", "a manifest is a mapping"))
            return None
        self._lines[()] = tree.lc.line + 1
        document = Document(self._file, self._plain(tree, ()), self._lines)
        return document if len(self.errors) == faults else None

    def _plain(self, value: Any, path: FieldPath) -> Any:
        if isinstance(value, CommentedMap):
            variable = value.get("env") if len(value) == 1 else None
            if isinstance(variable, str) and path[: len(AS_WRITTEN)] != AS_WRITTEN:
                return self._from_environment(variable, path)
            return dict(self._fields(value, path))
        if isinstance(value, CommentedSeq):
            return list(self._items(value, path))
        return self._scalar(value, path)

    def _fields(self, mapping: CommentedMap, path: FieldPath) -> Iterator[tuple[str, Any]]:
        for key, value in mapping.items():
            place = (*path, str(key) if isinstance(key, str | int) else "?")
            # Keys that came in through an anchor have no line of their own.
            line = (mapping.lc.data or {}).get(key, (self._lines[path] - 1,))[0]
            self._lines[place] = line + 1
            if isinstance(key, str):
                yield str(key), self._plain(value, place)
            else:
                self._fault(place, "a field's name is text; put it in quotes")

    def _items(self, sequence: CommentedSeq, path: FieldPath) -> Iterator[Any]:
        for index, value in enumerate(sequence):
            place = (*path, index)
            self._lines[place] = sequence.lc.item(index)[0] + 1
            yield self._plain(value, place)

    def _from_environment(self, variable: str, path: FieldPath) -> str:
        value = self._environment.get(variable, "")
        if not value:
            self._fault(path, f"the environment variable {variable} is not set")
        return FromEnvironment(value)

    def _scalar(self, value: Any, path: FieldPath) -> Any:
        match value:
            case None | bool():
                return value
            case ScalarBoolean():
                return bool(value)
            case int():
                return int(value)
            case float() if math.isfinite(value):
                return float(value)
            case str():
                return str(value)
        self._fault(path, "is neither text, number, true, false nor null")
        return None

    def _fault(self, path: FieldPath, message: str) -> None:
        self.errors.append(Document(self._file, {}, self._lines).error(path, message))
