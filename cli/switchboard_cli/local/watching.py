"""Tells when files change: many changes at once, as an editor or a checkout makes them, are one."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from pathlib import Path

from watchdog.events import FileSystemEvent, FileSystemEventHandler
from watchdog.observers import Observer

_QUIET_SECONDS = 0.2
_CHANGES = ("created", "modified", "moved", "deleted", "closed")


class Watcher(FileSystemEventHandler):
    """Calls `changed(paths)` in a thread of its own once files with these endings were quiet."""

    def __init__(
        self,
        folders: Iterable[Path],
        endings: tuple[str, ...],
        changed: Callable[[frozenset[Path]], None],
        *,
        recursive: bool = True,
    ) -> None:
        self._endings = endings
        self._changed = changed
        self._paths: set[Path] = set()
        self._condition = threading.Condition()
        self._stopping = False
        self._observer = Observer()
        for folder in folders:
            self._observer.schedule(  # type: ignore[no-untyped-call]
                self, str(folder), recursive=recursive
            )
        self._thread = threading.Thread(target=self._run, name="watcher", daemon=True)

    def start(self) -> None:
        self._observer.start()  # type: ignore[no-untyped-call]
        self._thread.start()

    def stop(self) -> None:
        with self._condition:
            self._stopping = True
            self._condition.notify()
        self._thread.join()
        self._observer.stop()  # type: ignore[no-untyped-call]
        self._observer.join()

    def on_any_event(self, event: FileSystemEvent) -> None:
        if event.is_directory or event.event_type not in _CHANGES:
            return
        names = {str(event.src_path), str(event.dest_path)}
        found = {Path(name) for name in names if name.endswith(self._endings)}
        if found:
            with self._condition:
                self._paths |= found
                self._condition.notify()

    def _run(self) -> None:
        while True:
            with self._condition:
                self._condition.wait_for(lambda: self._paths or self._stopping)
                while not self._stopping and self._condition.wait(_QUIET_SECONDS):
                    pass
                if self._stopping:
                    return
                paths, self._paths = frozenset(self._paths), set()
            self._changed(paths)
