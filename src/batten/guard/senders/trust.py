"""The peers whose word about a client counts."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import field
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from batten.guard.options import GuardProblem
from batten.model.record import record

UNIX, PEER = "unix", "peer"
MOST_KEPT = 10_000  # addresses that are not looked up again


@record
class Trusted:
    """`unix` are peers at a unix socket, which have no address. `peer` is every direct peer, and none behind it."""

    networks: tuple[IPv4Network | IPv6Network, ...] = ()
    unix: bool = False
    peer: bool = False
    _seen: dict[str, bool] = field(default_factory=dict, compare=False, repr=False)

    def takes(self, address: str) -> bool:
        """Whether a direct peer is believed. `address` is "" at a unix socket."""
        if self.peer:
            return True
        return self.knows(address) if address else self.unix

    def knows(self, address: str) -> bool:
        """Whether an address is in one of the networks."""
        found = self._seen.get(address)
        if found is None:
            read = plain_address(address)
            found = read is not None and any(read.version == n.version and read in n for n in self.networks)
            if len(self._seen) >= MOST_KEPT:
                self._seen.clear()
            self._seen[address] = found
        return found


def trusted(listed: Iterable[str]) -> Trusted | None:
    """Networks in CIDR notation, addresses, `unix` and `peer`; None where there are none. Raises GuardProblem."""
    words = tuple(listed)
    networks = tuple(_network(word) for word in words if word not in (UNIX, PEER))
    return Trusted(networks, UNIX in words, PEER in words) if words else None


def _network(word: str) -> IPv4Network | IPv6Network:
    try:
        return ip_network(word)
    except ValueError as error:
        hint = "write a network such as 10.0.0.0/8 or 2001:db8::/32, an address, or unix"
        if "host bits" in str(error):
            hint = f"write {ip_network(word, strict=False)}"
        raise GuardProblem(f"'{word}' is not a network; {hint}") from None


@lru_cache(maxsize=4_096)
def spelled(address: str) -> str:
    """An address in one spelling; "" for what is none."""
    read = plain_address(address)
    return str(read) if read is not None else ""


def plain_address(text: str) -> IPv4Address | IPv6Address | None:
    """Without a zone; an IPv4 address in IPv6's clothes is one of IPv4 (RFC 4291, 2.5.5.2)."""
    try:
        read = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    mapped = read.ipv4_mapped if isinstance(read, IPv6Address) else None
    return mapped or read
