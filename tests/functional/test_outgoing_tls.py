"""Outgoing requests check who they talk to, although they share one prepared TLS context."""

from __future__ import annotations

import datetime
import ipaddress
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from http.server import HTTPServer
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from switchboard.adapters import outgoing
from tests.servers import serving


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """A self-signed certificate for 127.0.0.1, with its key, in one PEM file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.datetime.now(datetime.UTC)
    address = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(address, critical=False)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    path = tmp_path / "server.pem"
    path.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))
    return path


def _drip(write: Callable[[bytes], object]) -> None:
    pause = threading.Event()
    with suppress(OSError):
        for _ in range(150):
            write(b" ")
            pause.wait(0.02)


@pytest.fixture
def url(certificate: Path) -> Iterator[str]:
    class Handler(serving.Handler):
        def take(self) -> None:
            self.read()
            self.send_response(200)
            self.end_headers()
            if self.path == "/drip":
                _drip(self.wfile.write)
            self.wfile.write(b'{"ok": true}')

    server = HTTPServer(("127.0.0.1", 0), Handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    with serving.serving(server):
        yield f"https://127.0.0.1:{server.server_port}/"


@pytest.fixture
def fresh_session() -> Iterator[None]:
    made = (outgoing.session, outgoing.public_session)
    for one in made:
        one.cache_clear()
    yield
    for one in made:
        one().close()
        one.cache_clear()


@pytest.mark.usefixtures("fresh_session")
def test_a_certificate_nobody_vouches_for_is_refused(url: str) -> None:
    """A server with a self-signed certificate is not talked to."""
    with pytest.raises(outgoing.NotReached):
        outgoing.send("POST", url, {}, {}, seconds=5)


@pytest.mark.usefixtures("fresh_session")
def test_a_trusted_certificate_is_read_once(
    url: str, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A server we trust is talked to, and no connection parses the CA bundle again."""
    monkeypatch.setattr(outgoing, "DEFAULT_CA_BUNDLE_PATH", str(certificate))
    monkeypatch.setattr("requests.adapters.DEFAULT_CA_BUNDLE_PATH", str(certificate))
    for _ in range(2):
        assert outgoing.send("POST", url, {}, {}, seconds=5).document == {"ok": True}
        certificate.write_text("no certificate any more")
        outgoing.session().adapters["https://"].close()


@pytest.mark.usefixtures("fresh_session")
def test_the_name_in_the_certificate_counts(
    url: str, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A trusted certificate of another host is refused."""
    monkeypatch.setattr(outgoing, "DEFAULT_CA_BUNDLE_PATH", str(certificate))
    with pytest.raises(outgoing.NotReached):
        outgoing.send("POST", url.replace("127.0.0.1", "localhost"), {}, {}, seconds=5)


@pytest.mark.usefixtures("fresh_session")
def test_an_answer_that_drips_ends_with_its_time(
    url: str, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Bytes that keep coming hold up a request no longer than it was given, behind TLS too."""
    monkeypatch.setattr(outgoing, "DEFAULT_CA_BUNDLE_PATH", str(certificate))
    monkeypatch.setattr("requests.adapters.DEFAULT_CA_BUNDLE_PATH", str(certificate))
    began = time.monotonic()
    with pytest.raises(outgoing.TooLate):
        outgoing.send("POST", f"{url}drip", {}, {}, seconds=0.3)
    assert time.monotonic() - began < 2
    assert outgoing.send("POST", url, {}, {}, seconds=5).document == {"ok": True}


@pytest.mark.usefixtures("fresh_session")
def test_a_public_server_is_talked_to_by_its_name(
    url: str, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where only public addresses are allowed, certificates are checked just the same."""
    monkeypatch.setattr("switchboard.adapters.public_only.is_public", lambda address: True)
    with pytest.raises(outgoing.NotReached):
        outgoing.send("POST", url, {}, {}, seconds=5, public_only=True)
    monkeypatch.setattr(outgoing, "DEFAULT_CA_BUNDLE_PATH", str(certificate))
    outgoing.public_session.cache_clear()
    answer = outgoing.send("POST", url, {}, {}, seconds=5, public_only=True)
    assert answer.document == {"ok": True}
    named = url.replace("127.0.0.1", "localhost")
    with pytest.raises(outgoing.NotReached):
        outgoing.send("POST", named, {}, {}, seconds=5, public_only=True)
