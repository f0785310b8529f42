"""Which hosts and ports are looked at: names, addresses, CIDR blocks and ranges, as they are written on a command line or in
a list."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from batten.model.record import record

MOST_ADDRESSES = 65_536  # in one run
MOST_PAIRS = 8_388_608  # of addresses and ports in one run: two hours at a thousand a second

Address = IPv4Address | IPv6Address
_NAME = re.compile(
    r"(?=.{1,253}$)[A-Za-z0-9_](?:[A-Za-z0-9_-]*[A-Za-z0-9_])?(?:\.[A-Za-z0-9_](?:[A-Za-z0-9_-]*[A-Za-z0-9_])?)*\.?"
)
_SHAPE = "write a host, host:port, 10.0.0.0/28, 10.0.0.1-10.0.0.20 or [2001:db8::1]:443"


class NoHosts(ValueError):
    """An entry that names no hosts; the sentence says what to write."""


@record
class Hosts:
    """One entry: a name, or all addresses from `first` to `last`; `port` 0 where it names none."""

    text: str
    name: str = ""
    first: Address | None = None
    last: Address | None = None
    port: int = 0

    @property
    def count(self) -> int:
        return 1 if self.first is None or self.last is None else int(self.last) - int(self.first) + 1

    @property
    def ranged(self) -> bool:
        """Whether it stands for more than it names."""
        return self.count > 1

    def __iter__(self) -> Iterator[str]:
        if self.first is None:
            yield self.name
            return
        if self.count == 1:
            yield str(self.first)  # an IPv6 zone stays
            return
        for number in range(self.count):
            yield str(self.first + number)


def hosts(text: str) -> Hosts:
    """Raises NoHosts."""
    entry = text.strip()
    if "/" in entry:
        try:
            network = ip_network(entry, strict=False)
        except ValueError as error:
            raise NoHosts(f"'{entry[:80]}' is not a block of addresses: {error}; {_SHAPE}") from error
        return _named(Hosts(entry, "", network.network_address, network.broadcast_address))
    # Host and port; 0 where there is none. An IPv6 address with a port is in brackets.
    match = re.fullmatch(r"\[([^\[\]]+)\](?::(\d{1,5}))?|([^:]+):(\d{1,5})", entry)
    if match is None:
        bare, port = entry, 0
    else:
        written = match[2] or match[4]
        if written and not 1 <= int(written) <= 65_535:
            raise NoHosts(f"'{entry[:80]}' has a port that does not exist; ports are 1 to 65535")
        bare, port = match[1] or match[3], int(written or 0)
    address = _address(bare)
    if address is not None:
        return _named(Hosts(entry, "", address, address, port))
    if "-" in bare and (found := _range(bare)) is not None:
        return _named(replace(found, text=entry, port=port))
    if not _NAME.fullmatch(bare) or re.fullmatch(r"[\d.]+", bare):
        raise NoHosts(f"'{entry[:80]}' is not a host or a range of addresses; {_SHAPE}")
    return Hosts(entry, bare.rstrip(".").lower(), port=port)


def _address(text: str) -> Address | None:
    """None for what is not an address. An IPv4 address that is written as IPv6 is that IPv4 address."""
    try:
        found = ip_address(text)
    except ValueError:
        return None
    return (found.ipv4_mapped or found) if isinstance(found, IPv6Address) else found


def _range(entry: str) -> Hosts | None:
    """`10.0.0.1-10.0.0.20` or `10.0.0.1-20`; None for what is not a range, such as a name with a hyphen."""
    one, _, two = entry.partition("-")
    first = _address(one)
    if first is None:
        return None
    short = two.isdigit() and isinstance(first, IPv4Address)
    last = _address(f"{one.rpartition('.')[0]}.{two}" if short else two)
    if last is None or last.version != first.version or int(last) < int(first):
        raise NoHosts(f"'{entry[:80]}' is not a range of addresses; {_SHAPE}")
    return Hosts(entry, "", first, last)


def _named(found: Hosts) -> Hosts:
    """What can be connected to, and is not more than one run takes."""
    assert found.first is not None and found.last is not None
    if found.count > MOST_ADDRESSES:
        raise NoHosts(f"'{found.text}' has {found.count:,} addresses; one run takes {MOST_ADDRESSES:,}")
    for address in (found.first, found.last):
        if address.is_multicast or address.is_unspecified or address == IPv4Address("255.255.255.255"):
            raise NoHosts(f"'{found.text}' holds {address}, which is not an address of one host")
    return found


@dataclass(slots=True)
class Excluded:
    """Names and addresses that are never connected to, whatever else names them."""

    names: set[str] = field(default_factory=set)
    spans: list[tuple[int, int, int]] = field(default_factory=list)  # version, first, last
    ports: set[tuple[str, int]] = field(default_factory=set)

    def add(self, address: str) -> None:
        """Exclude an address, too: one that an excluded name has."""
        found = _address(address)
        if found is not None:
            span = (found.version, int(found), int(found))
            self.spans = list(_joined(sorted((*self.spans, span))))

    def covers(self, host: str, port: int = 0) -> bool:
        if host in self.names or (host, port) in self.ports:
            return True
        address = _address(host)
        if address is None:
            return False
        at = bisect_right(self.spans, (address.version, int(address), 1 << 130)) - 1
        return at >= 0 and self.spans[at][0] == address.version and int(address) <= self.spans[at][2]


def excluded(entries: Iterable[Hosts]) -> Excluded:
    """Everything that these name; an entry with a port excludes only that."""
    found = Excluded()
    for entry in entries:
        if entry.port:
            found.ports |= {(host, entry.port) for host in entry}
        elif entry.first is None or entry.last is None:
            found.names.add(entry.name)
        else:
            found.spans.append((entry.first.version, int(entry.first), int(entry.last)))
    found.spans = list(_joined(sorted(found.spans)))
    return found


def _joined(spans: Iterable[tuple[int, int, int]]) -> Iterator[tuple[int, int, int]]:
    """Spans in their order, those that overlap as one."""
    held: tuple[int, int, int] | None = None
    for version, first, last in spans:
        if held is not None and held[0] == version and first <= held[2] + 1:
            held = (version, held[1], max(last, held[2]))
            continue
        if held is not None:
            yield held
        held = (version, first, last)
    if held is not None:
        yield held


def spread(entries: Iterable[Hosts], ports: tuple[int, ...], without: Excluded) -> dict[str, tuple[int, ...]]:
    """The ports of each host, each once. Those of entries that name a port are added to what other entries say of the
    same host. Raises NoHosts where there are more than one run takes."""
    found: dict[str, tuple[int, ...]] = {}
    for entry in entries:
        wanted = (entry.port,) if entry.port else ports
        for host in entry:
            if without.covers(host):
                continue
            known = found.get(host)
            found[host] = (
                wanted if known in (None, wanted) else tuple(dict.fromkeys((*(known or ()), *wanted)))
            )
            if len(found) > MOST_ADDRESSES:
                raise NoHosts(
                    f"the targets are more than {MOST_ADDRESSES:,} addresses; split them into several runs"
                )
    if without.ports:
        found = {
            host: tuple(port for port in some if (host, port) not in without.ports)
            for host, some in found.items()
        }
    pairs = sum(map(len, found.values()))
    if pairs > MOST_PAIRS:
        raise NoHosts(
            f"{pairs:,} combinations of address and port are more than {MOST_PAIRS:,}; name fewer --ports"
        )
    return {host: some for host, some in found.items() if some}
