"""Zips that depend on nothing but their content: the same files give the same bytes."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import NamedTuple

EARLIEST = (1980, 1, 1, 0, 0, 0)
"""The earliest time a zip can hold."""
READABLE = 0o100644 << 16


class Size(NamedTuple):
    """In bytes."""

    zipped: int
    unzipped: int
    files: int


def write_zip(folder: Path, archive: Path) -> Size:
    """Packs the files of `folder`, sorted, without times, owners or permissions of this machine."""
    archive.parent.mkdir(parents=True, exist_ok=True)
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    unzipped = 0
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as packed:
        for path in paths:
            entry = zipfile.ZipInfo(path.relative_to(folder).as_posix(), EARLIEST)
            entry.external_attr = READABLE
            entry.create_system = 3
            entry.compress_type = zipfile.ZIP_DEFLATED
            content = path.read_bytes()
            unzipped += len(content)
            packed.writestr(entry, content, compresslevel=9)
    return Size(archive.stat().st_size, unzipped, len(paths))
