"""Plugins of the class `sql` and TLS, with real database servers where they are."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.functional.test_sql_plugin import SERVERS, ask, refusal
from tests.servers import databases
from tests.servers.certificates import Authority, authority

ENCRYPTED = {
    "postgresql": "SELECT ssl AS yes FROM pg_stat_ssl WHERE pid = pg_backend_pid()",
    "mysql": "SELECT variable_value <> '' AS yes FROM information_schema.session_status "
    "WHERE variable_name = 'ssl_cipher'",
}
NOT_REACHED = "The database could not be reached"


@pytest.fixture(scope="module")
def trusted() -> Authority:
    return authority("trusted")


@pytest.fixture(scope="module", params=["postgresql", "mysql"])
def connection(request: pytest.FixtureRequest, trusted: Authority) -> Iterator[dict[str, Any]]:
    """The settings of a server that offers TLS, with nothing said of it."""
    try:
        server = SERVERS[request.param](tls=trusted.for_address("127.0.0.1"))
        settings = server.__enter__()
    except databases.NotInstalled as missing:
        pytest.skip(str(missing))
    del settings["useSsl"]
    yield settings
    server.__exit__(None, None, None)


@pytest.fixture(scope="module", params=["postgresql", "mysql"])
def plain(request: pytest.FixtureRequest) -> Iterator[dict[str, Any]]:
    """The settings of a server without a certificate."""
    try:
        server = SERVERS[request.param]()
        settings = server.__enter__()
    except databases.NotInstalled as missing:
        pytest.skip(str(missing))
    yield settings
    server.__exit__(None, None, None)


def test_a_server_of_the_manifest_s_authority_is_asked_over_tls(
    connection: dict[str, Any], trusted: Authority
) -> None:
    """`sslCa` is trusted, and the server itself says that the connection is encrypted."""
    told = ask({**connection, "sslCa": trusted.certificate}, ENCRYPTED[connection["dbEngine"]])
    assert json.loads(told)[0]["yes"] in (True, 1)


def test_a_server_of_another_authority_is_refused(connection: dict[str, Any]) -> None:
    """Neither another `sslCa` nor the machine's own authorities will do; nothing is asked."""
    for settings in (
        {**connection, "sslCa": authority("wrong").certificate},
        connection,
        {**connection, "sslCa": ""},
    ):
        assert refusal(settings, "SELECT 1").startswith(NOT_REACHED)


def test_a_certificate_of_another_host_is_refused(
    connection: dict[str, Any], trusted: Authority
) -> None:
    """The right authority, but not for the name that was asked for."""
    settings = {**connection, "hostname": "localhost", "sslCa": trusted.certificate}
    assert refusal(settings, "SELECT 1").startswith(NOT_REACHED)
    assert ask({**settings, "useSsl": False}, "SELECT 1 AS one") == '[{"one": 1}]'


def test_a_server_without_tls_is_not_asked(plain: dict[str, Any], trusted: Authority) -> None:
    """TLS is what a connection has unless its manifest says otherwise, and no server decides."""
    for settings in ({"sslCa": trusted.certificate}, {"useSsl": True}):
        told = refusal({**plain, "useSsl": True, **settings}, "SELECT 1")
        assert told.startswith(NOT_REACHED)
    assert ask(plain, "SELECT 1 AS one") == '[{"one": 1}]'
