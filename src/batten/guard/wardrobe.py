"""What is done about each header of an answer, by its name, made ready before there is one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import field
from enum import IntEnum

from batten.guard.options import Rule
from batten.guard.verdicts import Headers
from batten.model.record import record

BANNERS = frozenset((
    b"server", b"x-powered-by", b"x-aspnet-version", b"x-aspnetmvc-version", b"x-generator", b"x-runtime",
    b"x-version", b"x-debug-token", b"x-debug-token-link", b"x-php-version", b"x-application-context",
))  # fmt: skip
GRANTS = frozenset((
    b"access-control-allow-origin", b"access-control-allow-credentials", b"access-control-allow-methods",
    b"access-control-allow-headers", b"access-control-allow-private-network",
    b"access-control-expose-headers", b"access-control-max-age",
))  # fmt: skip


class Act(IntEnum):
    DROP = 1
    HARDEN = 2  # a cookie
    LENGTH = 3
    CACHE = 4
    VARY = 5


@record
class Protection:
    """A header with its value, as bytes, and whether another value will do."""

    name: bytes
    value: bytes
    good: Callable[[str], bool] = field(repr=False)


@record
class Wardrobe:
    acts: Mapping[bytes, Act | Protection]
    added: Headers  # the protections, each of which must be there
    written: bytes  # the same on the wire
    keeps_from_caches: bool
    grants: bool


def wardrobe(
    observed: frozenset[Rule], protections: tuple[Protection, ...], asks: bool, grants: bool
) -> Wardrobe:
    acts: dict[bytes, Act | Protection] = {b"content-length": Act.LENGTH}
    if Rule.COOKIES not in observed:
        acts[b"set-cookie"] = Act.HARDEN
    if grants:
        acts[b"vary"] = Act.VARY
    if protections and asks:
        acts[b"cache-control"] = Act.CACHE
    if Rule.BANNERS not in observed:
        acts.update(dict.fromkeys(BANNERS, Act.DROP))
    if Rule.ORIGIN not in observed:
        acts.update(dict.fromkeys(GRANTS, Act.DROP))
    acts.update({protection.name: protection for protection in protections})
    added = tuple((protection.name, protection.value) for protection in protections)
    return Wardrobe(
        acts, added, b"".join([b"%b: %b\r\n" % pair for pair in added]), bool(protections and asks), grants
    )
