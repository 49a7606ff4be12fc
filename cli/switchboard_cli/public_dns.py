"""`PublicDns` over HTTPS, as Cloudflare and Google answer it in JSON.

Asked of a public resolver and not of this machine's: what the machine's own network says of a
name, or still remembers of it, proves nothing about who has it in public DNS.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import requests

from switchboard_cli.manifests.domains import DnsFailed

RESOLVER = "https://cloudflare-dns.com/dns-query"
TXT = 16
NO_ERROR, NO_SUCH_NAME = 0, 3
SECONDS = 10
_STRING = re.compile(r'"((?:[^"\\]|\\.)*)"')


@dataclass(frozen=True, slots=True)
class DnsOverHttps:
    """`resolver` is the address that takes `?name=…&type=TXT`."""

    resolver: str = RESOLVER

    def txt(self, name: str) -> Sequence[str]:
        answer = self._asked(name)
        status = answer.get("Status")
        if status == NO_SUCH_NAME:
            return ()
        if status != NO_ERROR:
            raise DnsFailed(f"the resolver answered with the code {status}")
        records = answer.get("Answer")
        return [
            _joined(str(record.get("data", "")))
            for record in (records if isinstance(records, list) else ())
            if isinstance(record, dict) and record.get("type") == TXT
        ]

    def _asked(self, name: str) -> dict[str, Any]:
        try:
            response = requests.get(
                self.resolver,
                params={"name": name, "type": "TXT"},
                headers={"Accept": "application/dns-json"},
                timeout=SECONDS,
                allow_redirects=False,
            )
            answer = response.json() if response.status_code == 200 else None
        except requests.RequestException as error:
            raise DnsFailed(f"the resolver was not reached: {type(error).__name__}") from None
        if not isinstance(answer, dict):
            raise DnsFailed(f"the resolver answered with status {response.status_code} and no JSON")
        return answer


def _joined(data: str) -> str:
    """A TXT record is one text in pieces of 255 characters, each in quotes (RFC 1035, 3.3.14)."""
    pieces = _STRING.findall(data)
    return "".join(re.sub(r"\\(.)", r"\1", piece) for piece in pieces) if pieces else data
