"""What a URL in a contract says about who is at its other end."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, ip_address
from urllib.parse import urlsplit

from batten.model import Severity

PLAIN = ("http", "ws", "mqtt", "amqp", "kafka", "stomp", "redis")  # protocols without TLS
NAMES = {"kafka": "Kafka", "redis": "Redis", "ws": "WebSocket"}
PRIVATE_NAMES = (".internal", ".local", ".localhost", ".localdomain", ".test", ".svc")


def is_plain(url: str) -> bool:
    """Whether an absolute URL is in clear text, to a host that others than this network reach."""
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError:
        return False
    return parts.scheme.lower() in PLAIN and not is_private(host)


def is_private(host: str) -> bool:
    """Whether a host is this machine or a name of a private network; a single word is one."""
    try:
        address = ip_address(host)
    except ValueError:
        return "." not in host or host.endswith(PRIVATE_NAMES)
    return address.is_private or address.is_unspecified


def on_the_path(address: str, host: str) -> Severity | None:
    """The most that it costs when what passes between a client and this address can be read: clients of loopback are on the
    same machine, and those of a private network are known to somebody. None: as much as anywhere."""
    known = _address(address) or _address(host)
    if known is None:
        return Severity.INFO if host == "localhost" or host.endswith(".localhost") else None
    if known.is_loopback:
        return Severity.INFO
    return None if known.is_global else Severity.MEDIUM


def _address(text: str) -> IPv4Address | IPv6Address | None:
    try:
        known = ip_address(text.strip("[]"))
    except ValueError:
        return None
    return getattr(known, "ipv4_mapped", None) or known


def protocol_of(url: str) -> str:
    scheme = urlsplit(url).scheme
    return NAMES.get(scheme, scheme.upper())


def host_of(url: str) -> str:
    """The host of a URL: what stands before an @ is nobody's business."""
    return urlsplit(url).hostname or ""
