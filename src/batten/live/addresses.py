"""Which addresses may be connected to, judged on the address itself, however it is spelt.

A name is never judged: what it resolves to is, and the connection goes to the address that was judged. Some addresses are closed
wherever they would be reached from outside this machine's own network alone: loopback, the machine itself, link-local addresses,
the metadata services of clouds. A network opens them only where it names nothing else, so that 0.0.0.0/0 opens no metadata service.

Sources: the IANA special-purpose address registries (RFC 6890); RFC 4291, 2.5.5 (IPv4-mapped and -compatible), RFC 6052 and RFC 8215
(NAT64), RFC 3056 (6to4), RFC 4380, 4 (Teredo), RFC 5214, 6.1 (ISATAP), RFC 2765, 2.1 (IPv4-translated), RFC 3879 (site-local);
https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instancedata-data-retrieval.html,
https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-iam-roles.html,
https://docs.aws.amazon.com/eks/latest/userguide/pod-id-how-it-works.html,
https://learn.microsoft.com/en-us/azure/virtual-network/what-is-ip-address-168-63-129-16,
https://www.alibabacloud.com/help/en/ecs/user-guide/view-instance-metadata,
https://docs.oracle.com/en-us/iaas/Content/Compute/Tasks/gettingmetadata.htm,
https://cloud.google.com/compute/docs/metadata/querying-metadata
"""

from __future__ import annotations

import socket
import sys
import threading
from collections.abc import Iterable, Iterator
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from batten.model.record import record

Network = IPv4Network | IPv6Network
Address = IPv4Address | IPv6Address
_ASKED = ("socket.connect", "socket.sendto", "socket.sendmsg")  # events of sys.addaudithook

# Each is opened by a network within its row alone; the first row that holds an address counts.
_CLOSED = tuple(
    map(
        ip_network,
        (
            # Metadata services, each by itself.
            "169.254.169.254/32", "169.254.170.2/32", "169.254.170.23/32", "100.100.100.200/32", "168.63.129.16/32",
            "192.0.0.192/32", "fd00:ec2::254/128", "fd00:ec2::23/128", "fd20:ce::254/128",
            # This machine, this network, everyone in it.
            "0.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "192.0.0.0/24", "224.0.0.0/4", "240.0.0.0/4",
            "::/128", "::1/128", "fe80::/10", "fec0::/10", "ff00::/8",
        ),
    )
)  # fmt: skip


class NetworkProblem(ValueError):
    """A network that cannot be read; the sentence says which."""


def networks(texts: Iterable[str]) -> tuple[Network, ...]:
    """Networks as they are written ("10.0.0.0/8", "127.0.0.1"). Raises NetworkProblem with the one that is not valid."""
    made = []
    for text in texts:
        try:
            made.append(ip_network(text))
        except ValueError as error:
            raise NetworkProblem(f"{error}; write 10.0.0.0/8 or an address") from None
    return tuple(made)


@record(kw_only=True)
class Addresses:
    """What may be connected to: with `allowed` only what is in them; else everything, or where it is `public` what is globally
    routable. What is in `barred` is not reached, whatever else is said. With `public`, `allowed` adds to it."""

    allowed: tuple[Network, ...] = ()
    barred: tuple[Network, ...] = ()
    public: bool = False

    def permits(self, text: str) -> bool:
        """Whether an address may be connected to; False for what is not one."""
        try:
            address = ip_address(text.partition("%")[0])
        except ValueError:
            return False
        every = (address, *inner(address))
        if isinstance(address, IPv6Address) and (address.ipv4_mapped or address in _COMPATIBLE):
            every = (
                every[1:] or every
            )  # they are ways to write the other address, and no address of their own
        if any(_within(one, self.barred) for one in every):
            return False
        if not all(self._opened(one) for one in every):
            return False
        named = any(_within(one, self.allowed) for one in every)
        if self.public:
            return named or all(one.is_global and not one.is_multicast for one in every)
        return named or not self.allowed

    def excludes(self, text: str) -> bool:
        """Whether it is an address that may not be connected to; a name is none."""
        try:
            ip_address(text.partition("%")[0])
        except ValueError:
            return False
        return not self.permits(text)

    def __call__(self, text: str) -> bool:
        """As `live.scope.Covers` asks."""
        return self.excludes(text)

    def _opened(self, address: Address) -> bool:
        """Whether an address is not closed, or a network opens it that names nothing else."""
        closed = next((row for row in _CLOSED if row.version == address.version and address in row), None)
        if closed is None:
            if not is_own(str(address)):
                return True
            closed = ip_network(str(address))
        return any(
            one.version == closed.version and address in one and one.subnet_of(closed)  # type: ignore[arg-type]
            for one in self.allowed
        )


_COMPATIBLE = IPv6Network("::/96")


def inner(address: Address) -> Iterator[IPv4Address]:
    """The IPv4 addresses that an IPv6 address stands for or goes through."""
    if not isinstance(address, IPv6Address):
        return
    number = int(address)
    low = IPv4Address(number & 0xFFFFFFFF)
    high = number >> 32
    if high in (0xFFFF, 0xFFFF0000) or (high == 0 and number > 1):  # mapped, translated, compatible
        yield low
    if high >> 64 == 0x0064FF9B and high & (2**64 - 1) == 0:  # NAT64, the well-known prefix
        yield low
    if number >> 80 == 0x0064FF9B0001:  # NAT64 within a site: the prefix may have 48, 56, 64 or 96 bits
        ways = (low, *(_spread(number, length) for length in (48, 56, 64)))
        yield from [one for one in ways if int(one) >> 24] or [low]
    if number >> 112 == 0x2002:
        yield IPv4Address(number >> 80 & 0xFFFFFFFF)
    if number >> 96 == 0x20010000:
        yield IPv4Address(number >> 64 & 0xFFFFFFFF)
        yield IPv4Address(number & 0xFFFFFFFF ^ 0xFFFFFFFF)
    if high & 0xFDFFFFFF == 0x5EFE:  # ISATAP; the bit says whether the address is a global one
        yield low


def _spread(number: int, length: int) -> IPv4Address:
    """The IPv4 address behind a prefix of so many bits, around the eight bits that stay empty (RFC 6052, 2.2)."""
    digits = f"{number:0128b}"
    told = (digits[length:64] + digits[72:])[:32]
    return IPv4Address(int(told, 2))


def is_own(text: str) -> bool:
    """Whether an address is one of this machine's: packets to it would come from itself. Nothing is sent."""
    family = socket.AF_INET6 if ":" in text else socket.AF_INET
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as asked, _unasked:
            asked.connect((text, 9))
            return bool(ip_address(asked.getsockname()[0].partition("%")[0]) == ip_address(text))
    except OSError:  # there is no way to it
        return False


class _Unasked(threading.local):
    """The thread connects a socket that sends nothing, to ask the system for its way."""

    now = False

    def __enter__(self) -> None:
        self.now = True

    def __exit__(self, *_: object) -> None:
        self.now = False


_unasked = _Unasked()


def enforce(addresses: Addresses) -> None:
    """From now on this process connects to nothing else, whatever its code asks for: the interpreter judges each address that a
    socket is connected to. It cannot be undone, and says nothing of programs that the process starts."""

    def judged(event: str, given: tuple[object, ...]) -> None:
        if event not in _ASKED or _unasked.now:
            return
        place = given[1]
        if place is None and event == "socket.sendmsg":
            return  # to what the socket is connected to
        host = place[0] if isinstance(place, tuple) and place else ""
        if not isinstance(host, str) or not addresses.permits(host):
            raise PermissionError("it is at an address that may not be connected to")

    sys.addaudithook(judged)


def _within(address: Address, several: Iterable[Network]) -> bool:
    return any(address.version == one.version and address in one for one in several)
