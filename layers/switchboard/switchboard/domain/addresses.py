"""Which network addresses belong to the public internet, and which are somebody's inside."""

from __future__ import annotations

import ipaddress

GLOBAL_UNICAST = ipaddress.ip_network("2000::/3")


def is_public(address: str) -> bool:
    """False for private, loopback, link-local (metadata), carrier, multicast and reserved ones.

    An IPv6 address counts only if it is global unicast and holds no IPv4 address in disguise
    (mapped, 6to4, Teredo, NAT64): what such a one reaches is up to the network around us.
    """
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv4Address):
        return ip.is_global and not ip.is_multicast and not ip.is_reserved
    hidden = ip.sixtofour is not None or ip.teredo is not None
    return ip in GLOBAL_UNICAST and ip.is_global and not hidden
