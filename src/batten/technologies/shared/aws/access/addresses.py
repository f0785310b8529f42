"""Networks as spans of numbers: what they hold together, and where somebody out there has an address.

Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html, which calls networks
public that are wider than /8, or /32 of IPv6.
"""

from __future__ import annotations

import ipaddress
from bisect import bisect_right
from collections.abc import Iterator
from functools import lru_cache
from typing import TypeAlias

from batten.model.record import record

_SIX = 1 << 64  # IPv6 is counted from here up, in units of /64, and IPv4 from nought
Span: TypeAlias = tuple[int, int]
_WIDE = {False: 1 << 24, True: 1 << 32}  # how many addresses, or /64, the widest network of one owner has
# What is never a public caller's. https://www.iana.org/assignments/iana-ipv4-special-registry
_RESERVED = (
    "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24",
    "192.168.0.0/16", "198.18.0.0/15", "224.0.0.0/3", "::/3", "4000::/2", "8000::/1",
)  # fmt: skip


@record
class Ranges:
    """Spans in order, none of which touches the next."""

    spans: tuple[Span, ...]

    def covers(self, number: int) -> bool:
        place = bisect_right(self.spans, (number, _SIX * _SIX)) - 1
        return place >= 0 and self.spans[place][1] >= number

    @property
    def narrow(self) -> Ranges:
        """Those spans that are of one owner, or of a few."""
        return Ranges(tuple(s for s in self.spans if s[1] - s[0] < _WIDE[s[0] >= _SIX]))


@lru_cache(maxsize=512)
def ranges(networks: tuple[str, ...]) -> Ranges | None:
    """Networks and addresses, bits of the host ignored; None when one is neither."""
    found: list[Span] = []
    for network in networks:
        span = _span(network)
        if span is None:
            return None
        found.append(span)
    return joined(found)


@lru_cache(maxsize=4096)
def _span(network: str) -> Span | None:
    try:
        held = ipaddress.ip_network(network.strip(), strict=False)
    except ValueError:
        return None
    first, last = int(held[0]), int(held[-1])
    return (first, last) if held.version == 4 else (_SIX + (first >> 64), _SIX + (last >> 64))


def joined(spans: list[Span]) -> Ranges:
    made: list[Span] = []
    for first, last in sorted(spans):
        if made and first <= made[-1][1] + 1 and (first < _SIX) == (made[-1][0] < _SIX):
            made[-1] = made[-1][0], max(made[-1][1], last)
        else:
            made.append((first, last))
    return Ranges(tuple(made))


def places(mentioned: list[Ranges], own: list[Ranges], inner: bool = False) -> Iterator[str]:
    """One address of each stretch that the ranges make of the world, where somebody out there may have one.

    `own` are ranges whose narrow parts are taken for somebody's own. `inner`: inside private networks, which their
    owners number as they like.
    """
    kept = [] if inner else [ranges(_RESERVED), *(held.narrow for held in own)]
    spans = [span for held in (*mentioned, *kept) if held is not None for span in held.spans]
    starts = {
        1 << 24,
        _SIX + (0x2000 << 48),
        *(first for first, _ in spans),
        *(last + 1 for _, last in spans),
    }
    for number in sorted(starts):
        if 1 << 32 <= number < _SIX or number >= 2 * _SIX:
            continue
        if not any(held is not None and held.covers(number) for held in kept):
            yield _written(number)


def _written(number: int) -> str:
    if number < _SIX:
        return str(ipaddress.IPv4Address(number))
    return str(ipaddress.IPv6Address((number - _SIX) << 64))
