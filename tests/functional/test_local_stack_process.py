"""`switchboard dev` and `switchboard invoke` as a person runs them: processes, output, signals."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from tests.functional.echo_stack import eventually

ROOT = Path(__file__).parents[2]
SWITCHBOARD = [
    sys.executable,
    "-c",
    "import sys; from switchboard_cli.main import main; sys.exit(main())",
]
ACCOUNT = """\
apiVersion: switchboard/v1
kind: Account
metadata: {name: example}
spec: {accountNumber: 1111-2222-3333}
"""


class Dev:
    """A running `switchboard dev` of the product's template, on free ports."""

    def __init__(self, folder: Path, *options: str) -> None:
        self.manifests = folder / "manifests"
        self.manifests.mkdir()
        (self.manifests / "account.yaml").write_text(ACCOUNT)
        self.output = folder / "output.txt"
        with self.output.open("w") as output:
            self.process = subprocess.Popen(
                [
                    *(*SWITCHBOARD, "dev", "--zammad-port", "0"),
                    *("--port", "0", "--aws-port", "0", "--manifests", str(self.manifests)),
                    *options,
                ],
                cwd=ROOT,
                env={**os.environ, "AWS_PROFILE": "none-of-this-name"},
                stdout=output,
                stderr=subprocess.STDOUT,
            )

    @property
    def lines(self) -> list[str]:
        return self.output.read_text().splitlines()

    def ready_line(self) -> str:
        return eventually(
            lambda: next((line for line in self.lines if line.startswith("Ready:")), None), 60
        )

    def address(self, name: str) -> str:
        return self.ready_line().partition(f"{name} ")[2].partition(" ")[0].rstrip("/")

    def children(self) -> list[int]:
        listed = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        return [int(word) for word in listed.read_text().split()]

    def end(self, number: int = signal.SIGINT) -> int:
        self.process.send_signal(number)
        return self.process.wait(15)


@pytest.fixture(scope="module")
def dev(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dev]:
    running = Dev(tmp_path_factory.mktemp("dev"))
    running.ready_line()
    yield running
    running.end()


def test_one_line_tells_the_addresses(dev: Dev) -> None:
    """When everything answers, exactly one line says where."""
    assert len([line for line in dev.lines if line.startswith("Ready:")]) == 1
    page = requests.get(dev.address("chat"), timeout=10)
    assert page.status_code == 200
    health = requests.get(f"{dev.address('AWS')}/moto-api/", timeout=10)
    assert health.status_code == 200


def test_the_manifests_are_applied_again_when_they_change(dev: Dev) -> None:
    """A manifest that is written while the stack runs is in the directory a moment later."""
    more = ACCOUNT.replace("name: example", "name: other").replace("1111", "4444")
    (dev.manifests / "more.yaml").write_text(more)
    eventually(lambda: any("created Account other" in line for line in dev.lines))
    (dev.manifests / "more.yaml").write_text("kind: Nonsense\n")
    eventually(lambda: any("manifests were not applied" in line for line in dev.lines))


def test_requests_are_logged_in_one_readable_line(dev: Dev) -> None:
    """A request is told with time, function, method, route without ids, status and duration."""
    requests.get(f"{dev.address('chat')}/api/v3/nowhere/de/chat/secret-device/", timeout=10)
    found = eventually(lambda: next((text for text in dev.lines if "userchat" in text), None))
    assert " userchat  GET /api/v3/{region}/" in found
    assert "404" in found
    assert found.split(" ms")[0][-1].isdigit()
    assert "secret-device" not in "".join(dev.lines)


def test_invoke_runs_a_handler_on_an_event_file(dev: Dev, tmp_path: Path) -> None:
    """The answer is JSON on standard output; the environment is that of the running stack."""
    event = {
        "version": "2.0",
        "rawPath": "/api/v3/nowhere/de/chat/device/",
        "rawQueryString": "",
        "headers": {},
        "requestContext": {
            "domainName": "localhost",
            "http": {"method": "GET", "path": "/", "sourceIp": "127.0.0.1"},
            "requestId": "id",
            "stage": "$default",
        },
        "isBase64Encoded": False,
    }
    (tmp_path / "event.json").write_text(json.dumps(event))
    ran = invoke(dev, "userchat", str(tmp_path / "event.json"))
    assert ran.returncode == 0, ran.stderr
    assert json.loads(ran.stdout)["statusCode"] == 404


def test_invoke_says_what_is_wrong(dev: Dev, tmp_path: Path) -> None:
    """An unknown function, a missing event and a failing handler are told as what they are."""
    (tmp_path / "event.json").write_text("{}")
    unknown = invoke(dev, "nothing", str(tmp_path / "event.json"))
    missing = invoke(dev, "userchat", str(tmp_path / "none.json"))
    failing = invoke(dev, "worker", str(tmp_path / "event.json"))
    assert (unknown.returncode, missing.returncode, failing.returncode) == (2, 2, 1)
    assert "it has chatbot, userchat, webhook, worker" in unknown.stderr
    assert "cannot be read" in missing.stderr
    assert "errorType" in json.loads(failing.stdout)


def invoke(dev: Dev, function: str, event: str) -> subprocess.CompletedProcess[str]:
    port = dev.address("AWS").rpartition(":")[2]
    command = [*SWITCHBOARD, "invoke", function, event]
    return subprocess.run(
        [*command, "--aws-port", port], cwd=ROOT, capture_output=True, text=True, check=False
    )


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="looks at /proc")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_everything_quietly(tmp_path: Path, number: int) -> None:
    """Ctrl-C and SIGTERM: exit status 0, no trace, no child left."""
    running = Dev(tmp_path)
    running.ready_line()
    children = running.children()
    assert len(children) >= 5
    assert running.end(number) == 0
    assert not [child for child in children if Path(f"/proc/{child}").exists()]
    assert "Traceback" not in running.output.read_text()


def test_a_taken_port_is_told_by_its_number(tmp_path: Path) -> None:
    """Another program on the port: one sentence with the option that helps, and exit status 2."""
    for option in ("--port", "--aws-port", "--zammad-port"):
        with socket.socket() as other:
            other.bind(("127.0.0.1", 0))
            other.listen()
            port = other.getsockname()[1]
            (tmp_path / option).mkdir()
            running = Dev(tmp_path / option, option, str(port))
            assert running.process.wait(30) == 2
        expected = f"port {port} is taken by another program; choose another one with {option}"
        assert running.lines == [f"switchboard: {expected}"]


def test_mistakes_in_options_are_told(tmp_path: Path) -> None:
    """An unknown template parameter or a manifest with a fault ends the start with its reason."""
    (tmp_path / "a").mkdir()
    unknown = Dev(tmp_path / "a", "--set", "Colour=red")
    assert unknown.process.wait(30) == 2
    assert "no parameter 'Colour'" in unknown.output.read_text()
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "bad").mkdir()
    (tmp_path / "b" / "bad" / "bad.yaml").write_text("kind: Nonsense\n")
    faulty = Dev(tmp_path / "b", "--manifests", str(tmp_path / "b" / "bad"))
    assert faulty.process.wait(30) == 2
    assert "bad.yaml" in faulty.output.read_text()
    assert "Traceback" not in faulty.output.read_text()


def test_the_real_environment_wins_over_the_local_defaults() -> None:
    """A person with a Zammad of their own names it in the environment."""
    code = "from switchboard_cli.local.names import variables as v; print(v('')['ZAMMAD_URL'])"
    given = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "ZAMMAD_URL": "https://zammad.example"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert given.stdout.strip() == "https://zammad.example"
