"""What a host name says about a request. Always the whole name, never a part of it."""

from __future__ import annotations

from enum import StrEnum

from switchboard.domain.directory import Chatbot


class HostMode(StrEnum):
    """Under what kind of address a chatbot was called."""

    DEFAULT = "default"
    CUSTOM = "custom"
    SANDBOX = "sandbox"
    """The platform host: by id, or in the workbench."""
    UNKNOWN = "unknown"


def bare_host(domain: str) -> str:
    """A domain as requests carry it: lower-case, without port and without the final dot."""
    return domain.strip().lower().partition(":")[0].rstrip(".")


def is_web_platform(host: str, platform_domain: str) -> bool:
    return bool(host) and host == bare_host(platform_domain)


def host_mode(
    host: str, chatbot: Chatbot | None, *, api_domain: str, platform_domain: str
) -> HostMode:
    """`chatbot` is the one found at this host, if any."""
    if is_web_platform(host, platform_domain):
        return HostMode.SANDBOX
    if chatbot is None or host not in chatbot.hostnames:
        return HostMode.UNKNOWN
    suffix = "." + bare_host(api_domain)
    return HostMode.DEFAULT if host.endswith(suffix) else HostMode.CUSTOM
