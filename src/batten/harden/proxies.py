"""Networks of proxies in front of an edge, whose word about a client's address is believed."""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import IPv4Network, IPv6Network, ip_network

from batten.harden.options import HardenProblem

MOST = 64  # networks; engines compare each address with every one
WIDEST = {4: 8, 6: 16}  # bits of the prefix
_UNIQUE_LOCAL = IPv6Network("fc00::/7")
# Addresses of IPv6 that stand for those of IPv4, all of them.
_STANDING = (IPv6Network("::ffff:0:0/96"), IPv6Network("64:ff9b::/96"))


def networks(texts: Iterable[str]) -> tuple[str, ...]:
    """Each once, as engines take them. Raises HardenProblem for what is no network, or so wide that clients are in it."""
    found = tuple(dict.fromkeys(str(_network(text)) for text in texts))
    if len(found) > MOST:
        raise HardenProblem(
            f"{len(found)} networks of proxies are given, and an edge takes {MOST}; pass wider ones"
        )
    return found


def _network(text: str) -> IPv4Network | IPv6Network:
    try:
        found = ip_network(text.replace("%", " "))  # the name of an interface, which is of one machine
    except ValueError:
        # The network that an address with a prefix is in.
        try:
            meant = f" (its address has bits beyond the prefix; {ip_network(text, strict=False)} has none)"
        except ValueError:
            meant = ""
        raise HardenProblem(f"'{text}' is not a network{meant}; write one like 10.244.0.0/16") from None
    if _is_wide(found):
        raise HardenProblem(
            f"'{text}' is too wide: clients within it could claim any address; name the network of the proxies alone"
        )
    return found


def _is_wide(found: IPv4Network | IPv6Network) -> bool:
    if isinstance(found, IPv6Network):
        if any(found.overlaps(standing) for standing in _STANDING):
            return True
        if found.subnet_of(_UNIQUE_LOCAL):
            return False
    return found.prefixlen < WIDEST[found.version]
