"""The kinds of values that fields of manifests have, and their rules (contracts/chatbot.md).

Messages say what is wanted; they never repeat a value that may be a secret.
"""

from __future__ import annotations

import datetime
import ipaddress
import re
from dataclasses import dataclass, field
from typing import Annotated, Any, TypeAlias
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, PlainValidator
from pydantic.alias_generators import to_camel
from pydantic_core.core_schema import no_info_after_validator_function

from switchboard.domain.ids import SecretName, chatbot_name, host_label
from switchboard_cli.manifests.published import Published, exact_object
from switchboard_cli.manifests.reading import FromEnvironment

LONGEST_NAME = 50
LONGEST_SECRET = 4096
"""Characters in an SSM parameter of the standard tier."""
SECRET_PATH = re.compile(r"[A-Za-z0-9_.-]+(/[A-Za-z0-9_.-]+)*(:[0-9]+)?", re.ASCII)
HEX_DIGEST = re.compile(r"[0-9a-f]{64}", re.ASCII)
HOST_NAME = re.compile(
    r"(?=.{1,253}$)([a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?\.)+[a-z]([-a-z0-9]*[a-z0-9])?"
)


class Part(BaseModel):
    """A part of a manifest: fields in camelCase, none that is unknown, no silent conversions."""

    model_config = ConfigDict(
        extra="forbid",
        strict=True,
        frozen=True,
        alias_generator=to_camel,
        hide_input_in_errors=True,
    )


@dataclass(frozen=True, slots=True)
class GivenSecret:
    """A secret whose value stands in the manifest or came from the environment."""

    value: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class StoredSecret:
    """A secret that is already stored; only its name is known here."""

    name: SecretName


@dataclass(frozen=True, slots=True)
class Digest:
    """All that is kept of a token or key. `id` is a key's public part."""

    digest: str
    id: str = ""


def _number(value: Any) -> Any:
    if isinstance(value, FromEnvironment):
        for kind in (int, float):
            try:
                return kind(value)
            except ValueError:
                continue
    return value


def _flag(value: Any) -> Any:
    if isinstance(value, FromEnvironment):
        return {"true": True, "false": False}.get(value.lower(), value)
    return value


def read_secret(value: Any) -> GivenSecret | StoredSecret:
    """A secret in any of its forms. Raises `ValueError`."""
    match value:
        case str() if 0 < len(value) <= LONGEST_SECRET:
            return GivenSecret(str(value))
        case {"secret": str(name)} if len(value) == 1 and SECRET_PATH.fullmatch(name):
            return StoredSecret(SecretName(name))
        case {"secret": _} if len(value) == 1:
            raise ValueError("the name of a secret is made of letters, digits and _ . - /")
    raise ValueError("should be text, {env: NAME} or {secret: NAME}")


def _secret_or_digest(value: Any) -> GivenSecret | StoredSecret | Digest:
    match value:
        case {"digest": str(digest)} if len(value) == 1 and HEX_DIGEST.fullmatch(digest):
            return Digest(digest)
        case {"id": str(key_id), "digest": str(digest)} if HEX_DIGEST.fullmatch(digest):
            return Digest(digest, key_id)
    return read_secret(value)


def _name(written: str) -> str:
    name = chatbot_name(written)
    if not name:
        raise ValueError("should contain a letter a-z or a digit 0-9")
    if len(name) > LONGEST_NAME:
        raise ValueError(f"should have at most {LONGEST_NAME} characters")
    return name


@dataclass(frozen=True, slots=True)
class _Matching:
    """Text of which the whole matches `pattern`; `wanted` says that in words."""

    pattern: str
    wanted: str

    def __get_pydantic_core_schema__(self, source: Any, handler: Any) -> Any:
        return no_info_after_validator_function(self.check, handler(source))

    def __get_pydantic_json_schema__(self, core: Any, handler: Any) -> dict[str, Any]:
        return {**handler(core), "pattern": f"^({self.pattern})$"}

    def check(self, value: str) -> str:
        if not re.fullmatch(self.pattern, value, re.ASCII):
            raise ValueError(f"should be {self.wanted}")
        return value


def _label(written: str) -> str:
    label = host_label(written)
    if not label:
        raise ValueError("should contain a letter a-z or a digit 0-9, for it stands in a host name")
    return label


def _host_name(written: str) -> str:
    host = written.lower().rstrip(".")
    if not HOST_NAME.fullmatch(host):
        raise ValueError("should be a host name, without scheme, port or path")
    return host


def _service_host(written: str) -> str:
    """A host name; a port only at a loopback address, which is the local stack's."""
    address = written.lower()
    host, _, port = address.partition(":")
    if _is_loopback(host) and (address == host or re.fullmatch(r"[0-9]{1,5}", port, re.ASCII)):
        return address
    return _host_name(written)


def _web_address(written: str) -> str:
    if written and not _host_of(written):
        raise ValueError("should be an http or https address")
    return written


def _origin(written: str) -> str:
    if written == "*":
        return written
    parts = urlsplit(written.lower())
    if not _host_of(written) or written.lower() != f"{parts.scheme}://{parts.netloc}":
        raise ValueError("should be * or scheme and host such as https://app.example.org")
    return written.lower()


def _help_desk_address(written: str) -> str:
    """Cut from `/api/v1` on, no trailing slash, one spelling per server (contracts/zammad.md)."""
    host = _host_of(written)
    if not host:
        raise ValueError("should be an https address")
    parts = urlsplit(written)
    if parts.scheme.lower() != "https" and not _is_loopback(host):
        raise ValueError("should be an https address; http is for a loopback address only")
    path = re.split(r"/api/v1(?:/|$)", parts.path, maxsplit=1)[0].rstrip("/")
    return f"{parts.scheme.lower()}://{parts.netloc.lower()}{path}"


def _host_of(address: str) -> str:
    """The host of an absolute http(s) address without credentials, query or fragment; else ''."""
    try:
        parts = urlsplit(address)
        port_is_valid = parts.port is None or parts.port > 0
    except ValueError:
        return ""
    plain = not (parts.username or parts.password or parts.fragment or re.search(r"\s", address))
    if parts.scheme.lower() not in ("http", "https") or not plain or not port_is_valid:
        return ""
    return parts.hostname or ""


def _is_loopback(host: str) -> bool:
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _moment(written: Any) -> int:
    """Seconds since the epoch. A date alone means the end of that day; without zone, it is UTC."""
    try:
        moment = datetime.datetime.fromisoformat(written)
    except (TypeError, ValueError):
        raise ValueError("should be a date such as 2027-12-31") from None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=datetime.UTC)
    if len(written) == len("2027-12-31"):
        moment += datetime.timedelta(days=1)
    return int(moment.timestamp())


def _annotations(value: Any) -> Any:
    if isinstance(value, dict) or (
        isinstance(value, list) and all(isinstance(item, dict) for item in value)
    ):
        return value
    raise ValueError("should be a mapping, or a list of mappings")


Flag: TypeAlias = Annotated[bool, BeforeValidator(_flag)]
Count: TypeAlias = Annotated[int, BeforeValidator(_number)]
Number: TypeAlias = Annotated[float, BeforeValidator(_number)]
Name: TypeAlias = Annotated[str, AfterValidator(_name), Published({"pattern": "[A-Za-z0-9]"})]
"""A chatbot's or plugin's name or a reference to one, in its one spelling."""
PlainName: TypeAlias = Annotated[
    str, _Matching(r"[-A-Za-z0-9_]{1,50}", "1 to 50 letters a-z, digits, - and _")
]
Slug: TypeAlias = Annotated[
    str,
    _Matching(
        r"(?!(webhook|regions)$)[a-z0-9][-_a-z0-9]{0,49}",
        "1 to 50 lower-case letters a-z, digits, - and _, and neither 'webhook' nor 'regions'",
    ),
]
"""A region's name stands in a path beside `/api/v3/regions/` and `/api/v3/webhook/`."""
Language: TypeAlias = Annotated[
    str, _Matching(r"[a-z]{2,3}(-[a-z0-9]{1,8})*", "a language such as de or zh-hans")
]
AccountNumber: TypeAlias = Annotated[
    str, _Matching(r"[0-9]{4}-[0-9]{4}-[0-9]{4}", "digits in the form 1234-5678-9012")
]
Provider: TypeAlias = Annotated[
    str, _Matching(r"[a-z0-9][-_a-z0-9]{0,49}", "lower-case letters a-z, digits, - and _")
]
HostLabel: TypeAlias = Annotated[str, AfterValidator(_label)]
HostName: TypeAlias = Annotated[str, AfterValidator(_host_name)]
ServiceHost: TypeAlias = Annotated[str, AfterValidator(_service_host)]
WebAddress: TypeAlias = Annotated[str, AfterValidator(_web_address)]
Origin: TypeAlias = Annotated[str, AfterValidator(_origin)]
HelpDeskAddress: TypeAlias = Annotated[str, AfterValidator(_help_desk_address)]
Moment: TypeAlias = Annotated[
    int,
    PlainValidator(_moment),
    Published({"type": "string", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}"}),
]
STORED_SECRET = exact_object(secret={"type": "string", "pattern": f"^{SECRET_PATH.pattern}$"})
SECRET_TEXT = {"type": "string", "minLength": 1, "maxLength": LONGEST_SECRET}
_DIGEST = {"type": "string", "pattern": f"^{HEX_DIGEST.pattern}$"}
_DIGESTS = [exact_object(digest=_DIGEST), exact_object(id={"type": "string"}, digest=_DIGEST)]
Secret: TypeAlias = Annotated[
    GivenSecret | StoredSecret,
    PlainValidator(read_secret),
    Published({"anyOf": [SECRET_TEXT, STORED_SECRET]}),
]
SecretOrDigest: TypeAlias = Annotated[
    GivenSecret | StoredSecret | Digest,
    PlainValidator(_secret_or_digest),
    Published({"anyOf": [SECRET_TEXT, STORED_SECRET, *_DIGESTS]}),
]
Annotations: TypeAlias = Annotated[
    Any,
    AfterValidator(_annotations),
    Published({"anyOf": [{"type": "object"}, {"type": "array", "items": {"type": "object"}}]}),
]
