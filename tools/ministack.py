"""`make ministack`: the repositories' tests once more, on an emulator other than moto.

What a repository relies on is true of DynamoDB and SSM, not of one imitation of them, if two that
share no code agree. ministack runs as a process of its own, on this machine only, and holds nothing
when it ends.
"""

from __future__ import annotations

import argparse
import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TESTS = (
    *(f"tests/contract/test_{name}_repository.py" for name in ("chat", "device", "directory")),
    "tests/contract/test_session_repository.py",
    "tests/contract/test_directory_reads.py",
    "tests/contract/test_secret_store.py",
)
START_SECONDS = 60


@contextmanager
def ministack(program: Path) -> Iterator[str]:
    """Its address, for the time of the block. Raises `RuntimeError` with its log if it is ill."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    address = f"http://127.0.0.1:{port}"
    with tempfile.TemporaryDirectory() as state, tempfile.TemporaryFile() as log:
        environment = {
            **os.environ,
            "BIND_HOST": "127.0.0.1",
            "GATEWAY_PORT": str(port),
            "IOT_MTLS_ENABLED": "0",
            "MINISTACK_REGION": "eu-central-1",
            "SERVICES": "dynamodb,ssm",
            "STATE_DIR": state,
            "TMPDIR": state,
        }
        process = subprocess.Popen([program], env=environment, stdout=log, stderr=log, cwd=state)
        try:
            if not _is_ready(process, address):
                log.seek(0)
                raise RuntimeError(f"ministack does not start:\n{log.read().decode()[-4000:]}")
            yield address
        finally:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _is_ready(process: subprocess.Popen[bytes], address: str) -> bool:
    until = time.monotonic() + START_SECONDS
    while process.poll() is None and time.monotonic() < until:
        try:
            urllib.request.urlopen(f"{address}/_ministack/health", timeout=5).close()
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
        else:
            return True
    return False


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Run the repositories' tests on ministack.")
    parser.add_argument("program", type=Path)
    options, more = parser.parse_known_args(arguments)
    with ministack(options.program.absolute()) as address:
        command = [sys.executable, "-m", "pytest", *TESTS, *more]
        environment = {**os.environ, "MINISTACK_URL": address}
        return subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
