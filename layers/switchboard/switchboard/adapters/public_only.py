"""Connections that reach the public internet and nothing else.

The check is of the addresses a name has at the moment of connecting, and the connection goes to
one of these very addresses: what DNS says a moment later does not matter.
"""

from __future__ import annotations

import socket

from urllib3.connection import HTTPConnection
from urllib3.exceptions import NameResolutionError, NewConnectionError
from urllib3.util.timeout import Timeout

from switchboard.domain.addresses import is_public


class PublicOnly(HTTPConnection):
    """Refuses a host if any of its addresses is not public."""

    def _new_conn(self) -> socket.socket:
        host = self.host.strip("[]").rstrip(".")
        try:
            found = socket.getaddrinfo(host, self.port, type=socket.SOCK_STREAM)
        except (socket.gaierror, UnicodeError) as error:
            reason = error if isinstance(error, socket.gaierror) else socket.gaierror(str(error))
            raise NameResolutionError(self.host, self, reason) from None
        if not all(is_public(str(place[4][0])) for place in found):
            raise NewConnectionError(self, "the host has an address that is not public")
        for family, kind, protocol, _, address in found:
            made = socket.socket(family, kind, protocol)
            try:
                made.settimeout(Timeout.resolve_default_timeout(self.timeout))
                for option in self.socket_options or ():
                    made.setsockopt(*option)
                made.connect(address)
            except OSError:
                made.close()
            else:
                return made
        raise NewConnectionError(self, "no address of the host was reached")
