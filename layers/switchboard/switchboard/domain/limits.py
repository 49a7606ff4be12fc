"""How often a device or an address may ask (contracts/userchat.md, "Limits"): pure arithmetic.

Times are milliseconds since the epoch, windows in milliseconds, `Retry-After` in whole seconds.
"""

from __future__ import annotations

from switchboard.domain.errors import RateLimited
from switchboard.domain.ids import hex_digest

TOO_OFTEN = "You're doing that too often."


def recent(times: tuple[int, ...], now: int, window: int) -> tuple[int, ...]:
    """Those of `times`, oldest first, that are less than a window ago."""
    return tuple(time for time in times if now - time < window)


def check_times(times: tuple[int, ...], most: int, now: int, window: int) -> None:
    """Raises `RateLimited` if there are `most` in the window that ends now; 0: no limit."""
    counted = recent(times, now, window)
    if most and len(counted) >= most:
        raise RateLimited(TOO_OFTEN, retry_after=_seconds(counted[-most] + window - now))


def window_number(now: int, window: int) -> int:
    """Windows of all addresses begin and end together, so that nothing need be stored of them."""
    return now // window


def until_next_window(now: int, window: int) -> int:
    """Seconds, at least one."""
    return _seconds((window_number(now, window) + 1) * window - now)


def address_digest(address: str) -> str:
    """What a client's address is counted under; an IPv6 client owns a whole /64."""
    if ":" in address:
        from ipaddress import IPv6Address

        try:
            parsed = IPv6Address(address.partition("%")[0])
        except ValueError:
            return hex_digest(address)
        mapped = parsed.ipv4_mapped
        return hex_digest(str(mapped) if mapped else f"{int(parsed) >> 64:016x}::/64")
    return hex_digest(address)


def _seconds(milliseconds: int) -> int:
    return max(1, -(-milliseconds // 1000))
