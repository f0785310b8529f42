"""What a store's answer shows, as facts."""

from __future__ import annotations

import re

from batten.facts import Component, Fact, Store
from batten.live.stores.closing import closing
from batten.live.stores.door import Door
from batten.model import UNKNOWN, Exchange, Kind, Location, Setting
from batten.model.record import record

# Revisions that distributions write into the versions of what they build; vendors' own packages (pgdg, maria~) differ.
_DISTRIBUTED = re.compile(
    r"\+deb\d+u|\+(?:dfsg|ds)\d|-\d+ubuntu\d|-\d+\+b\d|\.(?:el|fc|amzn)\d|-r\d+$|\bSUSE\b"
)
_NUMBER = re.compile(r"\d+(?:\.\d+)+|\d+")


@record
class Sighting:
    """One store as it answered. `opened` None: it could not be told whether it asks for a login."""

    product: str
    opened: bool | None
    asked: str  # evidence: what was said, in words
    told: str  # and what that was answered with; never what the store holds
    version: str = ""
    address: str = ""  # IP address
    tls: bool | None = None
    plain: bool | None = None
    default_credentials: bool | None = None
    protected: bool | None = None
    backported: bool = False  # a distribution's own build, as far as can be seen


def at_door(door: Door, pointer: str, asked: str, told: str) -> Location:
    return Location(door.source, pointer, kind=Kind.WIRE, exchange=Exchange(asked, told))


def facts(door: Door, seen: Sighting) -> list[Fact]:
    at = at_door(door, f"store {seen.product}", seen.asked, seen.told)

    def maybe(value: bool | None) -> Setting[bool] | None:
        return None if value is None else Setting(value, at)

    known = closing(seen.product)
    made: list[Fact] = [
        Store(
            at,
            product=seen.product,
            authentication=Setting(UNKNOWN if seen.opened is None else not seen.opened, at),
            addresses=Setting((seen.address or door.host,), at),
            port=Setting(door.port, at),
            version=seen.version,
            default_credentials=maybe(seen.default_credentials),
            protected=maybe(seen.protected),
            tls=maybe(seen.tls),
            plain=maybe(seen.plain),
            answers=bool(seen.opened),
            gains=known.gains,
            close=known.close,
            source=known.source,
        )
    ]
    if seen.version:
        made.append(component(door, seen.product, seen.version, at, seen.backported))
    return made


def component(door: Door, product: str, version: str, at: Location, backported: bool = False) -> Component:
    """The product with its version. A distribution that backports fixes keeps the number: then it proves little."""
    own = backported or bool(_DISTRIBUTED.search(version))
    number = _NUMBER.search(version)
    told = f"{door.source} reports {version[:80]}"
    if own:
        told += "; its distribution backports fixes without changing the version"
    return Component(
        at,
        product=product,
        version=Setting(number[0] if number else UNKNOWN, at),
        backported=own,
        evidence=told,
    )
