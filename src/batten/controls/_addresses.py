"""What a URL in a contract says about who is at its other end."""

from __future__ import annotations

from ipaddress import ip_address
from urllib.parse import urlsplit

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


def protocol_of(url: str) -> str:
    scheme = urlsplit(url).scheme
    return NAMES.get(scheme, scheme.upper())


def host_of(url: str) -> str:
    """The host of a URL: what stands before an @ is nobody's business."""
    return urlsplit(url).hostname or ""
