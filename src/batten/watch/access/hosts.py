"""Which `Host` is served. A page of a stranger's can let its own name lead to this service's address (DNS rebinding), and would then
read answers as its own; so a name is served only when it is one of loopback's or the service's own."""

from __future__ import annotations

from ipaddress import ip_address
from urllib.parse import urlsplit

_LONGEST = 262  # characters of a name and a port


def served(host: str, address: str, url: str) -> bool:
    """Whether requests for a host are answered: loopback, the address itself that the connection came to, the host of the
    service's URL. An address in digits cannot be rebound."""
    name = host_name(host)
    return bool(name) and (is_loopback(host) or name in (address, host_name(urlsplit(url).netloc)))


def is_loopback(host: str) -> bool:
    """Whether a `Host` names this machine alone."""
    name = host_name(host)
    try:
        return name == "localhost" or ip_address(name).is_loopback
    except ValueError:
        return False


def host_name(host: str) -> str:
    """The name or address of a `Host`, in small letters, without port and brackets; "" where it is not valid."""
    if not 0 < len(host) <= _LONGEST or any(c in host for c in "/\\?#@") or host.split() != [host]:
        return ""
    try:
        parts = urlsplit(f"//{host}")
        return parts.hostname or "" if parts.port is None or parts.port else ""
    except ValueError:
        return ""
