"""What of an address is one client's: all of IPv4's, the first 64 bits of IPv6's (RFC 6177: a site has at least as many)."""

from __future__ import annotations

from ipaddress import IPv6Address, ip_address, ip_network


def network(address: str) -> str:
    """The network that an address is counted as; what is no address as it is."""
    try:
        given = ip_address(address.partition("%")[0])
    except ValueError:
        return address[:100]
    if isinstance(given, IPv6Address):
        if given.ipv4_mapped is not None:
            return str(given.ipv4_mapped)
        return str(ip_network((int(given) >> 64 << 64, 64)))
    return str(given)
