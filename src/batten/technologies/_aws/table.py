"""The facts that the table of rows makes of resources."""

from __future__ import annotations

from collections.abc import Iterator

from batten.facts import AuditLog, DataService, Fact, Machine
from batten.model import ABSENT, UNKNOWN, Absent, Setting, Unknown
from batten.technologies._aws.resource import Resource, Resources, Value
from batten.technologies._aws.rows import ROWS, Row
from batten.technologies._aws.settings import of, path, written


def facts(resources: Resources) -> Iterator[Fact]:
    for row in ROWS:
        for resource in resources.of(*filter(None, row.types)):
            within = of(resource, *row.within)
            for holder in resource.each(*path(within)) if within else (resource,):
                yield from _fact(row, resource, _state(row, holder, resources))


def _fact(row: Row, resource: Resource, state: Setting[bool]) -> Iterator[Fact]:
    at, name = resource.block(), resource.name
    match row.aspect:
        case "at-rest":
            yield DataService(at, service=row.service, name=name, at_rest=state, weakly=row.weakly)
        case "in-transit":
            yield DataService(at, service=row.service, name=name, in_transit=state)
        case "public":
            yield DataService(at, service=row.service, name=name, public=state)
        case "authenticated":
            yield DataService(at, service=row.service, name=name, authenticated=state)
        case "tokens":
            yield Machine(at, name, state)
        case "audit":
            yield AuditLog(at, row.service, state)


def _state(row: Row, holder: Resource, resources: Resources) -> Setting[bool]:
    """Whether the aspect is on, by what is written or else by AWS's default."""
    key = of(holder, *row.keys)
    held = holder.value(*path(key))
    if written(holder, *row.beside):
        return Setting(UNKNOWN, held.at)
    if held.value is not ABSENT:
        return Setting(_on(row, held.value), held.at)
    if _open(row, holder, key) or any(True for _ in resources.of(row.settled) if row.settled):
        return Setting(UNKNOWN, held.at)
    return Setting(ABSENT, held.at, row.default)


def _open(row: Row, holder: Resource, key: str) -> bool:
    """Whether something other than the default decides where the key is not written."""
    if written(holder, *row.unless) or ("/" in key and not holder.whole(*path(key)[:1])):
        return True
    given = of(holder, *row.given[:2])
    deciding = holder.value(*path(given)).value if given else ABSENT
    return deciding is not ABSENT and _plain(deciding) not in row.given[2]


def _on(row: Row, value: Value | Absent) -> bool | Unknown:
    plain = _plain(value)
    if isinstance(plain, Unknown) or plain == "":
        return UNKNOWN
    return not row.on or plain in [_plain(word) for word in row.on]


def _plain(value: Value | Absent) -> str | Unknown:
    """A value as it is compared: in small letters, and `true` no other than "true"."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return value.lower() if isinstance(value, str) else UNKNOWN
