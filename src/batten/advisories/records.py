"""OSV's records as they are published, and what is kept of them.

Databases add fields and leave others out, so all but the name is optional, and what a record says in a form that is not
OSV's costs that record only.

Source: https://ossf.github.io/osv-schema/ (1.7).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec

LARGEST = 16 << 20  # bytes of one record; those of kernels list every version
MOST_ALIASES = 256
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,99}")


class BadRecord(ValueError):
    """What is not an OSV record; the sentence says why."""


class Event(msgspec.Struct):
    introduced: str | None = None
    fixed: str | None = None
    last_affected: str | None = None
    limit: str | None = None


class PublishedRange(msgspec.Struct):
    type: str = ""
    events: list[Event] | None = None


class Rating(msgspec.Struct):
    type: str = ""
    score: str = ""


class Named(msgspec.Struct):
    ecosystem: str = ""
    name: str = ""


class Affected(msgspec.Struct):
    package: Named | None = None
    ranges: list[PublishedRange] | None = None
    versions: list[str] | None = None
    severity: list[Rating] | None = None
    ecosystem_specific: msgspec.Raw = msgspec.Raw(b"null")
    database_specific: msgspec.Raw = msgspec.Raw(b"null")


class Published(msgspec.Struct):
    """One record, as its database publishes it."""

    id: str
    modified: str = ""
    published: str | None = None
    withdrawn: str | None = None
    aliases: list[str] | None = None
    upstream: list[str] | None = None
    severity: list[Rating] | None = None
    affected: list[Affected] | None = None
    database_specific: msgspec.Raw = msgspec.Raw(b"null")


class Range(msgspec.Struct, frozen=True, array_like=True):
    """Versions in their order: `events` are pairs of what happens (introduced, fixed, last_affected, limit) and a version."""

    semver: bool
    events: tuple[tuple[str, str], ...]


class Entry(msgspec.Struct, frozen=True, array_like=True, kw_only=True):
    """What one advisory says of one package. `aliases` are the ids of the same vulnerability, `sums` those of others that a
    distribution's bulletin tells of together. `severity` is -1 where the advisory rates none; `notice` is one that names
    no vulnerability: the package is no longer maintained."""

    id: str
    aliases: tuple[str, ...]
    sums: tuple[str, ...] = ()
    severity: int
    notice: bool
    ranges: tuple[Range, ...]
    versions: tuple[str, ...]


class _Specific(msgspec.Struct):
    """What databases say in fields of their own, as far as it is read."""

    severity: str | None = None  # GitHub's: LOW, MODERATE, HIGH, CRITICAL
    urgency: str | None = None  # of Debian's tracker
    informational: str | None = None  # of RustSec's: unmaintained, unsound, notice


_PUBLISHED = msgspec.json.Decoder(Published, strict=True)
_SPECIFIC = msgspec.json.Decoder(_Specific)


def published(data: bytes) -> Published:
    """A record. Raises BadRecord."""
    if len(data) > LARGEST:
        raise BadRecord(f"it has more than {LARGEST >> 20} MiB")
    try:
        record = _PUBLISHED.decode(data)
    except RecursionError:
        raise BadRecord("it is nested too deeply") from None
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise BadRecord(str(error)[:200]) from None
    if not _ID.fullmatch(record.id):
        raise BadRecord("its id is not a valid id")
    return record


def named(record: Published) -> Iterator[tuple[Named, Affected]]:
    """The packages that a record is about, each with what is said of it; of one that is withdrawn there are none."""
    for affected in (record.affected or ()) if record.withdrawn is None else ():
        if affected.package is not None and affected.package.ecosystem and affected.package.name:
            yield affected.package, affected


def entry_of(record: Published, affected: Affected, severity: int) -> Entry:
    """What is kept of a record about one package, with its severity as `ratings` tells it."""
    upstream = _ids(record.upstream)
    return Entry(
        id=record.id,
        aliases=(*_ids(record.aliases), *(upstream if len(upstream) == 1 else ())),
        sums=upstream if len(upstream) > 1 else (),
        severity=severity,
        notice=specific(affected.database_specific).informational in ("unmaintained", "notice"),
        ranges=tuple(r for r in map(_range, affected.ranges or ()) if r is not None),
        versions=tuple(affected.versions or ()),
    )


def _ids(names: list[str] | None) -> tuple[str, ...]:
    return tuple(name for name in (names or ())[:MOST_ALIASES] if _ID.fullmatch(name))


def specific(raw: msgspec.Raw) -> _Specific:
    """A database's own fields; none where they have another form."""
    try:
        return _SPECIFIC.decode(raw)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError):
        return _Specific()


def _range(one: PublishedRange) -> Range | None:
    """A range of versions; None for one of commits, which cannot be compared without the repository."""
    if one.type not in ("SEMVER", "ECOSYSTEM"):
        return None
    events = [pair for event in one.events or () for pair in _pairs(event)]
    return Range(one.type == "SEMVER", tuple(events))


def _pairs(event: Event) -> Iterator[tuple[str, str]]:
    told = (
        ("introduced", event.introduced),
        ("fixed", event.fixed),
        ("last_affected", event.last_affected),
        ("limit", event.limit),
    )
    yield from ((what, version) for what, version in told if version is not None)
