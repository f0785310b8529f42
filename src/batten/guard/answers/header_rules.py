"""What is done about each header of an answer, by its name, made ready before there is one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import field
from enum import IntEnum

from batten.guard.options import Rule
from batten.guard.remembered import Remembered
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


NO_STORE = (b"cache-control", b"no-store")
VARY = (b"vary", b"Origin")
DEPENDS = b"\0"  # no header line: what is to be done depends on more than the line itself


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


class Lines(Remembered[tuple[bytes, bytes], bytes]):
    """Headers as lines on the wire, empty for those that do not get out."""

    __slots__ = ("_acts",)

    def __init__(self, acts: Mapping[bytes, Act | Protection]) -> None:
        self._acts = acts

    def __missing__(self, pair: tuple[bytes, bytes]) -> bytes:
        act = self._acts.get(pair[0])
        if act is not None:
            return b"" if act is Act.DROP else DEPENDS
        line = b"%b: %b\r\n" % pair
        self.keep(pair, line, pair[0], len(line))
        return line


@record
class HeaderRules:
    acts: Mapping[bytes, Act | Protection]
    added: Headers  # the protections, each of which must be there
    written: bytes  # the same on the wire
    keeps_from_caches: bool
    grants: bool
    tail: bytes  # on the wire, what follows an answer's own headers where none of them depends on another
    lines: Lines


def header_rules(
    observed: frozenset[Rule], protections: tuple[Protection, ...], asks: bool, grants: bool
) -> HeaderRules:
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
    caches = bool(protections and asks)
    tail = (NO_STORE,) * caches + (VARY,) * grants
    return HeaderRules(acts, added, _written(added), caches, grants, _written(tail), Lines(acts))


def _written(headers: Headers) -> bytes:
    return b"".join([b"%b: %b\r\n" % pair for pair in headers])
