"""Real database servers for tests, from programs of this machine; each ends with its block."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

USER = "bot"
PASSWORD = "pa'ss:w@rd/%"
START_SECONDS = 60
Tls = tuple[bytes, bytes]


class NotInstalled(Exception):
    """The programs of this server are not on this machine; the text names the one missing."""


@contextmanager
def postgresql(*statements: str, tls: Tls | None = None) -> Iterator[dict[str, Any]]:
    """A connection's settings; the statements were run by the one user there is.

    With `tls`, a certificate and its key in PEM, the server offers it.
    """
    initdb, server = _program("initdb"), _program("postgres")
    owner = "postgres" if os.geteuid() == 0 else None
    with TemporaryDirectory(prefix="pg") as name:
        folder = Path(name)
        (folder / "password").write_text(PASSWORD)
        if owner:
            folder.chmod(0o755)
            shutil.chown(folder, owner)
        made = [initdb, "-D", f"{name}/data", "-U", USER, "-A", "scram-sha-256", "-E", "UTF8"]
        made += ["--locale=C.UTF-8", "--no-sync", f"--pwfile={name}/password"]
        _run(made, user=owner, cwd=name)
        port = _free_port()
        command = [server, "-D", f"{name}/data", "-p", str(port), "-F"]
        command += ["-c", "listen_addresses=127.0.0.1", "-c", f"unix_socket_directories={name}"]
        if tls:
            certificate, key = _written(folder, tls, owner)
            command += ["-c", "ssl=on", "-c", f"ssl_cert_file={certificate}"]
            command += ["-c", f"ssl_key_file={key}"]
        with _serving(command, signal.SIGINT, owner, name):
            import pg8000.dbapi  # type: ignore[import-untyped]

            settings = _settings("postgresql", port, "postgres")
            place = {"host": "127.0.0.1", "port": port, "database": "postgres"}
            _fill(lambda: pg8000.dbapi.connect(user=USER, password=PASSWORD, **place), statements)
            yield settings


@contextmanager
def mariadb(*statements: str, tls: Tls | None = None) -> Iterator[dict[str, Any]]:
    """As `postgresql`."""
    install, server = _program("mariadb-install-db"), _program("mariadbd")
    with TemporaryDirectory(prefix="my") as name:
        made = [install, "--no-defaults", f"--datadir={name}/data", "--skip-test-db"]
        made += ["--auth-root-authentication-method=normal", *_as_root()]
        _run(made, cwd=name)
        port = _free_port()
        command = [server, "--no-defaults", f"--datadir={name}/data", f"--port={port}"]
        command += ["--bind-address=127.0.0.1", f"--socket={name}/socket", *_as_root()]
        if tls:
            certificate, key = _written(Path(name), tls, None)
            command += [f"--ssl-cert={certificate}", f"--ssl-key={key}"]
        with _serving(command, signal.SIGTERM, None, name):
            import pymysql  # type: ignore[import-untyped]

            place: Any = {"host": "127.0.0.1", "port": port}
            quoted = PASSWORD.replace("'", "''")
            grants = (
                "CREATE DATABASE library CHARACTER SET utf8mb4",
                f"CREATE USER {USER}@'%' IDENTIFIED BY '{quoted}'",
                f"GRANT ALL ON library.* TO {USER}@'%'",
            )
            _fill(lambda: pymysql.connect(user="root", **place), grants)
            place["database"] = "library"
            _fill(lambda: pymysql.connect(user=USER, password=PASSWORD, **place), statements)
            yield _settings("mysql", port, "library")


def _written(folder: Path, tls: Tls, owner: str | None) -> list[Path]:
    """The files of certificate and key, the key for the server's eyes only."""
    files = [folder / "server.crt", folder / "server.key"]
    for file, text in zip(files, tls, strict=True):
        file.write_bytes(text)
        file.chmod(0o600)
        if owner:
            shutil.chown(file, owner)
    return files


def _settings(engine: str, port: int, database: str) -> dict[str, Any]:
    return {
        "dbEngine": engine,
        "hostname": "127.0.0.1",
        "port": port,
        "database": database,
        "username": USER,
        "password": "database/password",
        "useSsl": False,
    }


def _as_root() -> list[str]:
    return ["--user=root"] if os.geteuid() == 0 else []


def _program(name: str) -> str:
    places = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    found = shutil.which(name) or shutil.which(name, path=os.pathsep.join(map(str, places)))
    if found is None:
        raise NotInstalled(f"there is no {name} on this machine")
    return str(Path(found))


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return int(taken.getsockname()[1])


def _run(command: Sequence[str], **options: Any) -> None:
    done = subprocess.run(
        command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, **options
    )
    if done.returncode:
        raise RuntimeError(f"{command[0]} failed:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")


@contextmanager
def _serving(
    command: Sequence[str], end: signal.Signals, user: str | None, folder: str
) -> Iterator[None]:
    """`end` is the signal at which the server ends without waiting for its clients."""
    with Path(folder, "log").open("wb") as log:
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, user=user, cwd=folder
        )
    try:
        yield
    finally:
        process.send_signal(end)
        process.wait()


def _fill(connect: Any, statements: Sequence[str]) -> None:
    """Runs the statements as soon as the server lets somebody in."""
    until = time.monotonic() + START_SECONDS
    while True:
        try:
            connection = connect()
            break
        except Exception:
            if time.monotonic() > until:
                raise
            time.sleep(0.05)
    cursor = connection.cursor()
    for statement in statements:
        cursor.execute(statement)
    connection.commit()
    connection.close()
