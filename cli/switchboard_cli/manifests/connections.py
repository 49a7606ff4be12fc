"""Where databases and services are, and the secrets for them, as manifests say it.

Fields are named as on the Smarter platform where they mean the same.
"""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal, Self, TypeAlias
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, PlainValidator, model_validator

from switchboard_cli.manifests.published import Published
from switchboard_cli.manifests.reading import FromEnvironment
from switchboard_cli.manifests.values import (
    STORED_SECRET,
    Count,
    Flag,
    GivenSecret,
    Number,
    Part,
    Secret,
    StoredSecret,
    WebAddress,
    read_secret,
)

ENGINES = {"mariadb": "mysql", "sqlite3": "sqlite", "postgres": "postgresql"}
LONGEST_TIMEOUT = 25
"""Seconds; a whole turn has no more."""


def _reference(value: Any) -> GivenSecret | StoredSecret:
    """A secret, but never as text in the file."""
    if isinstance(value, str) and not isinstance(value, FromEnvironment):
        raise ValueError("should be {secret: NAME} or {env: NAME}")
    return read_secret(value)


def _engine(value: Any) -> Any:
    """Also as Django names it."""
    if not isinstance(value, str):
        return value
    engine = value.removeprefix("django.db.backends.")
    return ENGINES.get(engine, engine)


def _server_host(written: str) -> str:
    """A host name, also one of a network without dots, or an address."""
    if not re.fullmatch(r"[-A-Za-z0-9._:]{0,253}", written):
        raise ValueError("should be a host name or an address, without scheme or path")
    return written


ServerHost: TypeAlias = Annotated[str, AfterValidator(_server_host)]
SecretReference: TypeAlias = Annotated[
    GivenSecret | StoredSecret, PlainValidator(_reference), Published(STORED_SECRET)
]
Timeout: TypeAlias = Annotated[Number, Field(gt=0, le=LONGEST_TIMEOUT)]


class SecretSpec(Part):
    value: Secret


class SqlConnection(Part):
    db_engine: Annotated[Literal["postgresql", "mysql", "sqlite"], BeforeValidator(_engine)]
    hostname: ServerHost = ""
    port: Count | None = Field(default=None, ge=1, le=65535)
    database: str = Field(min_length=1)
    username: str = ""
    password: SecretReference | None = None
    use_ssl: Flag = True
    ssl_ca: str = ""
    timeout: Timeout = 10.0

    @model_validator(mode="after")
    def servers_have_a_host(self) -> Self:
        if self.db_engine != "sqlite" and not (self.hostname and self.username):
            raise ValueError("hostname and username are missing")
        if self.db_engine == "sqlite" and (self.hostname or self.password):
            raise ValueError("SQLite is a file: it has neither hostname nor password")
        return self


class SqlConnectionSpec(Part):
    connection: SqlConnection


class ApiConnection(Part):
    base_url: WebAddress = Field(min_length=1)
    auth_method: Literal["none", "bearer", "token", "basic", "apiKey"] = "none"
    api_key: SecretReference | None = None
    username: str = ""
    header_name: Annotated[str, Field(pattern=r"^[-A-Za-z0-9_]+$")] = "X-API-Key"
    allow_private_addresses: Flag = False
    timeout: Timeout = 10.0

    @model_validator(mode="after")
    def only_https(self) -> Self:
        parts = urlsplit(self.base_url)
        if parts.query:
            raise ValueError("baseUrl has a query; that belongs to urlParams")
        if parts.scheme != "https" and not self.allow_private_addresses:
            raise ValueError("baseUrl should be an https address")
        return self

    @model_validator(mode="after")
    def keys_and_methods_belong_together(self) -> Self:
        if (self.auth_method == "none") != (self.api_key is None):
            raise ValueError("apiKey and an authMethod other than none belong together")
        if self.auth_method == "basic" and not self.username:
            raise ValueError("authMethod basic needs username")
        return self


class ApiConnectionSpec(Part):
    connection: ApiConnection
