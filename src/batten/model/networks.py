"""Networks as configurations write them, and whether some of them together are the internet."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Network, collapse_addresses, ip_network

Network = IPv4Network | IPv6Network

# Where clients of the internet have their addresses: IPv4 below multicast, and what IANA gives out of IPv6. Sources:
# https://www.iana.org/assignments/ipv4-address-space/, https://www.iana.org/assignments/ipv6-unicast-address-assignments/
_PUBLIC = {4: ip_network("0.0.0.0/0").num_addresses // 8 * 7, 6: ip_network("2000::/3").num_addresses}
_UNICAST_6 = ip_network("2000::/3")
_MULTICAST_4 = ip_network("224.0.0.0/3")
_MAPPED = IPv6Network("::ffff:0:0/96")
_WRITTEN = re.compile(r"[\dA-Fa-f:.]{1,45}(?:/[\d.]{1,15})?")
_SHORT = {"0/0": "0.0.0.0/0"}


@lru_cache(maxsize=4096)
def network(text: str) -> Network | None:
    """The network of a text, whatever bits are set beyond its prefix; None for what is none."""
    text = text.strip()
    if _WRITTEN.fullmatch(text) is None:
        return None
    try:
        found = ip_network(_SHORT.get(text, text), strict=False)
    except ValueError:
        return None
    if isinstance(found, IPv6Network) and found.subnet_of(_MAPPED):  # the form that IPv4 has in IPv6
        return IPv4Network((int(found.network_address) & 0xFFFFFFFF, found.prefixlen - 96))
    return found


def everybody(texts: Iterable[str]) -> str:
    """The largest of these networks, as it is written, where together they hold more than half of the addresses of IPv4 or of IPv6.

    `10.0.0.1/0` does as `0.0.0.0/0`, and as `0.0.0.0/1` with `128.0.0.0/1`. "" where they do not; what is no network is nobody.
    """
    named = {text: found for text in texts if (found := network(text)) is not None}
    for version in (4, 6):
        own = {text: found for text, found in named.items() if found.version == version}
        if own and _share(own.values(), version) > 0.5:
            return min(own, key=lambda text: own[text].prefixlen)
    return ""


def _share(networks: Iterable[Network], version: int) -> float:
    """The part of the version's public addresses that these hold."""
    held = 0
    for one in collapse_addresses(networks):  # type: ignore[type-var]
        if version == 4:
            whole, outside = one.num_addresses, _MULTICAST_4
            held += whole - (min(whole, outside.num_addresses) if one.overlaps(outside) else 0)
        elif one.overlaps(_UNICAST_6):
            held += min(one.num_addresses, _UNICAST_6.num_addresses)
    return held / _PUBLIC[version]
